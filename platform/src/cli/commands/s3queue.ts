import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { parseBytes, parseDuration, parseRate, parseTime } from '../../operations/amounts.ts';
import { createPacer } from '../../operations/pacer.ts';
import { type Checkpoint, readCheckpoint } from '../../operations/s3queue/checkpoint.ts';
import { createObjectFilter } from '../../operations/s3queue/object-filter.ts';
import { parseS3Path } from '../../operations/s3queue/s3-path.ts';
import { type SendResult, sendObjects } from '../../operations/s3queue/send-objects.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import { type Arguments, type CommandIo, defineCommand, EXIT } from '../command.ts';
import { AWS_OPTIONS, awsAccess, type CheckpointFile, type ObjectsOptions, type OpenObjects } from '../operations.ts';
import { duration, megabytes } from '../quantities.ts';

const options = {
  s3path: { value: 'URL', description: 's3://BUCKET/PREFIX, the objects to send' },
  path: { value: 'PATH', description: 'a file or folder to send instead; needs --data-dir' },
  queue: { value: 'QUEUE', default: INPUT_QUEUE as string, description: 'queue of the log processor' },
  account: { value: 'ID', description: 'AWS account that the messages name (without it the one that calls)' },
  'data-dir': {
    value: 'DIR',
    description: 'send to the Panther in this data folder, running or not; the objects are copied into it',
  },
  source: {
    value: 'SOURCE',
    description: 'source of Panther that the objects belong to: with --data-dir its name or id, otherwise its id',
  },
  ...AWS_OPTIONS,
  filter: {
    value: 'PATTERN',
    repeatable: true,
    description: 'only keys that match: *.json.gz (of the name), a/**/*.gz (of the key), /REGEX/; one of them',
  },
  'modified-since': { value: 'TIME', description: 'only objects modified since then: 2026-01-02T03:04:05Z, 2d (ago)' },
  'modified-before': { value: 'TIME', description: 'only objects modified before then' },
  'key-since': { value: 'TIME', description: 'only objects whose key names this hour or a later one' },
  'key-before': { value: 'TIME', description: 'only objects whose key names an earlier time' },
  'min-size': { value: 'SIZE', description: 'only objects of this size or more, such as 1MB' },
  'max-size': { value: 'SIZE', description: 'only objects of this size or less' },
  'skip-processed': {
    description: 'leave out what Panther has processed, which --state knows; with --data-dir it is always left out',
  },
  state: { value: 'URL', description: 'state of the Panther: postgres://… or a file state.db; for --skip-processed' },
  'files-per-second': { value: 'N', default: '0', description: 'send so many a second at most; 0: as fast as it goes' },
  duration: { value: 'TIME', default: '0', description: 'stop after this time, such as 30m; 0: never' },
  limit: { value: 'N', kind: 'integer', min: 0, default: 0, description: 'send so many at most; 0: all' },
  loop: { description: 'begin again at the end of the list, until stopped' },
  concurrency: { value: 'N', kind: 'integer', min: 1, max: 1_000, default: 50, description: 'requests at once' },
  checkpoint: { value: 'FILE', description: 'keep in this file how far it is, and go on from there the next time' },
  'dry-run': { description: 'send nothing; tell how many, how much, and how long it would take' },
  json: { description: 'one JSON document' },
  debug: { aliases: ['verbose'], description: 'tell of every batch' },
} as const;

type Options = Arguments<typeof options>['options'];

/** What a queue takes in a second when nothing slows it down; for the estimate only. */
const TYPICAL_PER_SECOND = 1_000;

export const s3queue = defineCommand({
  name: 's3queue',
  summary: 'Back-fill: send the objects of an S3 path or a folder to the log processor',
  usage: '[options] --s3path URL | --path PATH',
  details:
    'Each object becomes one message, in the form in which S3 tells of a new object. Empty objects are left out. With ' +
    '--checkpoint an interrupted run goes on where it was: nothing is left out, and after a kill some 2,000 objects ' +
    'at most are sent twice, which Panther notices. Ctrl+C ends it in order, with status 130.',
  operands: { max: 0 },
  options,
  examples: [
    {
      line: 'panther s3queue --s3path s3://example-logs/AWSLogs/ --dry-run --key-since 2026-01-01',
      does: "Count the objects of this year's logs, and their bytes.",
    },
    {
      line: 'panther s3queue --s3path s3://example-logs/AWSLogs/ --files-per-second 20 --checkpoint back-fill.json',
      does: 'Send twenty a second; the same line goes on after an interruption.',
    },
    {
      line: "panther s3queue --path /var/log/old --filter '*.gz' --data-dir /var/lib/panther --source trail",
      does: 'Send the files of a folder to the Panther on this machine.',
    },
  ],
  async run({ options }, io) {
    const field = checkOptions(options);
    const file = options.checkpoint === undefined ? undefined : resolve(io.cwd, options.checkpoint);
    const saved = file === undefined ? undefined : await openCheckpoint(file, options, field, io);
    if (saved?.start.isComplete) {
      await io.stderr.write(`${file}: this run was complete, with ${saved.start.sent} files; there is nothing to do\n`);
      return EXIT.done;
    }
    const objects = await io.services.openObjects(objectsOptions(options, io));
    try {
      if (options['dry-run']) return await dryRun(options, objects, saved, io);
      return await send(options, objects, saved, io);
    } finally {
      await objects.close();
    }
  },
});

interface Saved {
  readonly file: CheckpointFile;
  readonly run: Checkpoint['run'];
  readonly start: Checkpoint;
}

/** The option that names where the objects are. */
function checkOptions(options: Options): 's3path' | 'path' {
  const { s3path, path, loop, source, state, 'data-dir': dataDir, 'skip-processed': skipsProcessed } = options;
  if (s3path === undefined && path === undefined)
    throw new UserError('say where the objects are', { field: '--s3path' });
  if (s3path !== undefined && path !== undefined)
    throw new UserError('takes the place of --s3path', { field: '--path' });
  if (path !== undefined && dataDir === undefined) throw new UserError('needs --data-dir', { field: '--path' });
  if (dataDir !== undefined && source === undefined) throw new UserError('needs --source', { field: '--data-dir' });
  if (loop && options.checkpoint !== undefined)
    throw new UserError('a loop has no end to go on to', { field: '--loop' });
  if (loop && options['dry-run']) throw new UserError('a loop cannot be estimated', { field: '--loop' });
  if (skipsProcessed && dataDir === undefined && state === undefined) {
    throw new UserError('needs --state or --data-dir', { field: '--skip-processed' });
  }
  return s3path === undefined ? 'path' : 's3path';
}

function objectsOptions(options: Options, io: CommandIo): ObjectsOptions {
  const { s3path, path, queue, account, source, state, 'data-dir': dataDir } = options;
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new UserError(`"${account}" is not an AWS account id of 12 digits`, { field: '--account' });
  }
  return {
    from: path === undefined ? parseS3Path(s3path ?? '') : { path: resolve(io.cwd, path) },
    to:
      dataDir === undefined
        ? { queue, account, sourceId: source }
        : { dataDir: resolve(io.cwd, dataDir), source: source ?? '' },
    aws: awsAccess(options),
    processedIn: options['skip-processed'] ? state : undefined,
  };
}

/** What decides which objects are sent, and where: another run with other answers must not go on. */
const RUN = [
  'queue',
  'account',
  'data-dir',
  'source',
  'endpoint',
  'filter',
  'modified-since',
  'modified-before',
  'key-since',
  'key-before',
  'min-size',
  'max-size',
] as const satisfies readonly (keyof Options)[];

async function openCheckpoint(path: string, options: Options, from: 's3path' | 'path', io: CommandIo): Promise<Saved> {
  const file = await io.services.openCheckpoint(path);
  const run = Object.fromEntries(
    [from, ...RUN].flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  const text = await file.read();
  if (text !== undefined) {
    const start = readCheckpoint(text, run, path);
    if (start.after !== undefined && !start.isComplete) {
      await io.stderr.write(`going on behind ${JSON.stringify(start.after)}; ${start.sent} files were sent before\n`);
    }
    return { file, run, start };
  }
  const startedAt = io.clock.now().toISOString();
  return { file, run, start: { version: 1, run, startedAt, sent: 0, bytes: 0, isComplete: false } };
}

/** `2d` means the same after an interruption: times are counted from the start of the whole run. */
function wantedObjects(options: Options, saved: Saved | undefined, io: CommandIo) {
  const now = saved === undefined ? io.clock.now() : new Date(saved.start.startedAt);
  const time = (name: 'modified-since' | 'modified-before' | 'key-since' | 'key-before') => {
    const text = options[name];
    return text === undefined ? undefined : parseTime(text, now, `--${name}`);
  };
  const size = (name: 'min-size' | 'max-size') => {
    const text = options[name];
    return text === undefined ? undefined : parseBytes(text, `--${name}`);
  };
  return createObjectFilter({
    patterns: options.filter,
    modifiedSince: time('modified-since'),
    modifiedBefore: time('modified-before'),
    keyTimeSince: time('key-since'),
    keyTimeBefore: time('key-before'),
    minBytes: size('min-size'),
    maxBytes: size('max-size'),
  });
}

async function send(options: Options, objects: OpenObjects, saved: Saved | undefined, io: CommandIo) {
  const startedAt = performance.now();
  const progress = io.progress({ label: 's3queue', unit: 'files' });
  const start = saved?.start ?? { sent: 0, bytes: 0 };
  let soFar = { sent: 0, bytes: 0 };
  const tell = async ({ sent, bytes }: { sent: number; bytes: number }, verb = 'sent') => {
    const took = duration(performance.now() - startedAt);
    await io.stderr.write(`${verb} ${sent} files (${megabytes(bytes)}) to ${objects.destination} in ${took}\n`);
  };
  try {
    const result = await sendObjects({
      list: objects.list,
      isWanted: wantedObjects(options, saved, io),
      ...(objects.processed === undefined ? {} : { processed: objects.processed }),
      send: objects.send,
      pacer: createPacer(parseRate(options['files-per-second'], '--files-per-second')),
      concurrency: Math.min(options.concurrency, objects.maxConcurrency),
      limit: options.limit,
      durationMs: parseDuration(options.duration, '--duration'),
      isLoop: options.loop,
      start,
      ...(saved === undefined ? {} : { save: (position, isComplete) => save(saved, position, isComplete) }),
      onSent(batch) {
        soFar = {
          sent: soFar.sent + batch.length,
          bytes: batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, soFar.bytes),
        };
        progress.add(batch.length);
        if (options.debug) void io.stderr.write(batch.map(({ key }) => `sent ${JSON.stringify(key)}\n`).join(''));
      },
      now: () => performance.now(),
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
      signal: io.signal,
    });
    progress.end();
    if (options.json) await io.stdout.write(`${JSON.stringify({ ...result, destination: objects.destination })}\n`);
    await tell(result, result.stoppedBy === 'signal' ? 'interrupted: sent' : 'sent');
    if (!options.json) await io.stderr.write(restText(result));
    return result.stoppedBy === 'signal' ? EXIT.interrupted : EXIT.done;
  } catch (error) {
    progress.end();
    await tell(soFar, 'failed: sent');
    throw error;
  }
}

function save({ file, run, start }: Saved, position: object, isComplete: boolean): Promise<void> {
  const { startedAt } = start;
  return file.write(`${JSON.stringify({ version: 1, run, startedAt, ...position, isComplete }, undefined, 2)}\n`);
}

function restText({ listed, unwanted, processed, stoppedBy }: SendResult): string {
  const parts = [`listed ${listed}, left out ${unwanted}`];
  if (processed > 0) parts.push(`${processed} were processed before`);
  if (stoppedBy === 'limit') parts.push('stopped at the limit');
  if (stoppedBy === 'duration') parts.push('stopped after the given time');
  return `${parts.join(', ')}\n`;
}

async function dryRun(options: Options, objects: OpenObjects, saved: Saved | undefined, io: CommandIo) {
  const progress = io.progress({ label: 's3queue', unit: 'files' });
  const perSecond = parseRate(options['files-per-second'], '--files-per-second');
  const result = await sendObjects({
    list: objects.list,
    isWanted: wantedObjects(options, saved, io),
    ...(objects.processed === undefined ? {} : { processed: objects.processed }),
    async send() {},
    pacer: createPacer(0),
    concurrency: 1,
    limit: options.limit,
    durationMs: 0,
    isLoop: false,
    start: saved?.start ?? { sent: 0, bytes: 0 },
    onSent: (batch) => progress.add(batch.length),
    now: () => performance.now(),
    sleep: async () => {},
    signal: io.signal,
  });
  progress.end();
  const { sent, bytes, listed, unwanted, processed } = result;
  const seconds = sent / (perSecond || TYPICAL_PER_SECOND);
  if (options.json) {
    const document = {
      dryRun: true,
      files: sent,
      bytes,
      listed,
      unwanted,
      processed,
      estimatedSeconds: Math.ceil(seconds),
    };
    await io.stdout.write(`${JSON.stringify({ ...document, destination: objects.destination })}\n`);
  } else {
    const pace = perSecond === 0 ? `about ${TYPICAL_PER_SECOND}` : `${perSecond}`;
    const estimate = `about ${duration(seconds * 1_000)} at ${pace} files a second`;
    await io.stdout.write(`would send ${sent} files (${megabytes(bytes)}) to ${objects.destination}: ${estimate}\n`);
    await io.stdout.write(restText(result));
  }
  return result.stoppedBy === 'signal' ? EXIT.interrupted : EXIT.done;
}
