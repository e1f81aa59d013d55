import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { tableName } from '../../core/ids.ts';
import type { Selection } from '../../lake/compact/find-partitions.ts';
import { parseBytes, parseDuration, parseTime } from '../../operations/amounts.ts';
import { parseS3Path } from '../../operations/s3queue/s3-path.ts';
import { type Arguments, type CommandIo, defineCommand, EXIT } from '../command.ts';
import { compactJson, compactText, problemsText } from '../compact-report.ts';
import { readSchemas } from '../log-types.ts';
import { AWS_OPTIONS, awsAccess, type CompactOptions } from '../operations.ts';
import type { Progress } from '../progress.ts';
import { duration } from '../quantities.ts';

const options = {
  'data-dir': { value: 'DIR', description: 'the lake of the Panther in this data folder, running or not' },
  config: { value: 'FILE', description: 'the lake of the Panther with this configuration file (YAML)' },
  table: { value: 'NAME', repeatable: true, description: 'only this table, such as aws_cloudtrail' },
  'log-type': { value: 'NAME', repeatable: true, description: 'only the tables of this log type' },
  from: { value: 'TIME', description: 'only hours since then: 2026-01-02, 2026-01-02T03, 7d (ago)' },
  to: { value: 'TIME', description: 'only hours that begin before then' },
  'dry-run': { description: 'change nothing; tell what there is to do' },
  verify: { description: 'compare rows and a checksum of every column, before the old files go' },
  keep: { description: 'put the old files aside, under _compact/originals/, instead of deleting them' },
  schema: { value: 'FILE', repeatable: true, description: 'schema of a log type of yours, for the types of its table' },
  'min-age': {
    value: 'TIME',
    description: 'leave files that are younger, which may still be written (without it 1m, in buckets 0)',
  },
  memory: {
    value: 'SIZE',
    default: '1GB',
    description: 'memory of the engine, which takes a processor for each 250MB; what needs more goes to disk',
  },
  concurrency: {
    value: 'N',
    kind: 'integer',
    min: 1,
    max: 64,
    description: 'partitions at a time (without it 2, with less than 1GB of memory 1)',
  },
  tmp: { value: 'DIR', description: 'folder for scratch files, some 4 GB' },
  ...AWS_OPTIONS,
  region: { value: 'REGION', description: 'region of the bucket ($AWS_REGION, else that of the profile)' },
  json: { description: 'one JSON document' },
} as const;

type Options = Arguments<typeof options>['options'];

/** One partition is fetched while another one is sorted: more than two at a time gain nothing, and need more memory. */
const PARTITION_BYTES = 500e6;

export const compact = defineCommand({
  name: 'compact',
  summary: 'Turn JSON logs into Parquet and merge small files, in a folder, a bucket or a lake',
  usage: '[options] s3://BUCKET/PREFIX | DIR, or --data-dir DIR',
  details:
    'Each hour of a table becomes one Parquet file, or a few: sorted by time, compressed, with statistics by which ' +
    'searches skip what they do not need. In a folder or bucket it reads what an older Panther wrote, ' +
    'logs/TABLE/year=…/month=…/day=…/hour=…/*.json.gz, and Parquet; in the lake of a Panther it merges small files. ' +
    'Old files go when the new ones are durable. An interrupted run, or a killed one, is taken up by the next; ' +
    'several may run at a time, and others may write. Rows that cannot be read are kept in _compact/unfit/, and then ' +
    'the status is 1.',
  operands: { max: 1 },
  options,
  examples: [
    {
      line: 'panther compact s3://example-processed-data/ --from 2026-01-01 --dry-run',
      does: 'Tell what there is to do since the year began.',
    },
    {
      line: 'panther compact /srv/panther-data --log-type AWS.CloudTrail --verify',
      does: 'Convert CloudTrail logs, compare, then delete the old files.',
    },
    { line: 'panther compact --data-dir /var/lib/panther', does: 'Merge the small files of a lake now.' },
  ],
  async run({ options, operands: [place] }, io) {
    const from = sourceOf(options, place, io);
    const startedAt = performance.now();
    let progress: Progress | undefined;
    const report = await io.services
      .compact({
        ...(await settings(options, from, io)),
        onStart(total) {
          progress = io.progress({ label: 'compact', total });
        },
        onProgress: (bytes) => progress?.add(bytes),
      })
      .finally(() => progress?.end());
    const seconds = (performance.now() - startedAt) / 1_000;
    const isDryRun = options['dry-run'];
    await io.stderr.write(problemsText(report));
    if (options.json) await io.stdout.write(compactJson(report, { isDryRun, seconds }));
    else await io.stdout.write(compactText(report, { isDryRun, seconds }));
    if (report.isInterrupted) {
      await io.stderr.write('interrupted: what is done stays; run it again for the rest\n');
      return EXIT.interrupted;
    }
    if (!options.json) await io.stderr.write(`took ${duration(seconds * 1_000)}\n`);
    return report.tables.some(({ problems }) => problems.length > 0) ? EXIT.failures : EXIT.done;
  },
});

function sourceOf(options: Options, place: string | undefined, io: CommandIo): CompactOptions['from'] {
  const { 'data-dir': dataDir, config } = options;
  const isLake = dataDir !== undefined || config !== undefined;
  if (place !== undefined && isLake) throw new UserError(`takes the place of ${place}`, { field: '--data-dir' });
  if (place?.startsWith('s3://')) return parseS3Path(place);
  if (place !== undefined) return { folder: resolve(io.cwd, place) };
  if (isLake) return { dataDir: dataDir && resolve(io.cwd, dataDir), config: config && resolve(io.cwd, config) };
  throw new UserError('say what to compact: s3://BUCKET/PREFIX, a folder, or --data-dir DIR');
}

type Settings = Omit<CompactOptions, 'onStart' | 'onProgress'>;

async function settings(options: Options, from: CompactOptions['from'], io: CommandIo): Promise<Settings> {
  const { contentDir } = io.services;
  const minAge = options['min-age'] ?? ('bucket' in from ? '0' : '1m');
  const memoryBytes = parseBytes(options.memory, '--memory');
  if (memoryBytes < MIN_MEMORY) throw new UserError('the engine needs 256MB or more', { field: '--memory' });
  return {
    from,
    aws: awsAccess(options),
    selection: selectionOf(options, io.clock.now()),
    contentDir,
    schemas: await readSchemas(options.schema, io),
    isDryRun: options['dry-run'],
    isVerifying: options.verify,
    keepsInputs: options.keep,
    minAgeMs: parseDuration(minAge, '--min-age'),
    memoryBytes,
    concurrency: options.concurrency ?? (memoryBytes < 2 * PARTITION_BYTES ? 1 : 2),
    tmp: options.tmp && resolve(io.cwd, options.tmp),
    env: io.env,
    signal: io.signal,
  };
}

const MIN_MEMORY = 256e6;

function selectionOf({ table, 'log-type': logTypes, from, to }: Options, now: Date): Selection {
  const tables = new Set([...table, ...logTypes.map(tableName)]);
  const [fromTime, toTime] = [from && parseTime(from, now, '--from'), to && parseTime(to, now, '--to')];
  if (fromTime && toTime && fromTime >= toTime) throw new UserError('must be after --from', { field: '--to' });
  return {
    ...(tables.size > 0 ? { tables } : {}),
    ...(fromTime ? { fromHour: hourOf(fromTime) } : {}),
    ...(toTime ? { beforeHour: hourOf(new Date(toTime.getTime() + HOUR_MS - 1)) } : {}),
  };
}

const HOUR_MS = 3_600_000;

function hourOf(time: Date): string {
  return time.toISOString().slice(0, 13);
}
