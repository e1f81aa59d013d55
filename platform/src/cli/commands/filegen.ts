/** This file is long because the options are many: those of today, and those that older scripts use. */
import { performance } from 'node:perf_hooks';
import { UserError } from '../../core/errors.ts';
import { HOUR_MS, hoursOf, type PlanOptions, planFiles } from '../../log-generator/file-plan.ts';
import { type Generated, generateFiles, type Pace, unhurried } from '../../log-generator/generate-files.ts';
import { GENERATORS } from '../../log-generator/index.ts';
import { liveFiles } from '../../log-generator/live-plan.ts';
import type { RowWriter } from '../../log-generator/row-writer.ts';
import { parseBytes, parseDuration, parseRate, parseTime } from '../../operations/amounts.ts';
import { createPacer } from '../../operations/pacer.ts';
import { type Arguments, type CommandIo, defineCommand, EXIT } from '../command.ts';
import { logWriters, writableLogTypes } from '../log-writers.ts';
import { AWS_OPTIONS, awsAccess } from '../operations.ts';

const OLD_TYPES = ['AWS.CloudTrail', 'AWS.S3ServerAccess'] as const;
const OLD_FILES = 100;
const OLD_ROWS = 1_000;
/** Log types that come as `{"Records":[…]}` as well. */
const DOCUMENTS = ['AWS.CloudTrail'];
const FILE_BYTES = 32e6;
const BODY_BYTES = 1e6;
/** A rate without a start: a file after each of these spans. */
const ROLL_MS = { files: 10_000, http: 1_000, lines: 200 } as const;

const OPTIONS = {
  'log-type': { value: 'T', repeatable: true, aliases: ['type'], description: 'a log type to write' },
  schema: { value: 'FILE', repeatable: true, description: 'a log schema (YAML) to write logs of' },
  list: { description: 'say which log types can be written' },
  to: {
    value: 'TARGET',
    description: 'a folder, s3://BUCKET/PREFIX, the http(s) address of a source, syslog+tcp|udp|tls://HOST:PORT, or -',
  },
  seed: { value: 'TEXT', default: '1', description: 'the same seed and options give the same bytes' },
  start: { value: 'TIME', description: 'first hour of the events (YYYY-MM-DDThh; default: the last full hour)' },
  end: { value: 'TIME', description: 'last hour, included (default: the last full hour)' },
  rows: { value: 'N', kind: 'integer', min: 1, description: `rows in a file (default ${OLD_ROWS}, or by --file-size)` },
  files: { value: 'N', kind: 'integer', min: 1, description: 'files for each hour and log type (default: 1)' },
  total: { value: 'SIZE', description: 'write so much before compression, over all hours and log types: 5GB' },
  'tb-per-day': { value: 'N', aliases: ['tbPerDay'], description: 'the same as terabytes for each day of the span' },
  'file-size': {
    value: 'SIZE',
    description: 'with --total: size of a file before compression (default 32MB; http 1MB)',
  },
  rate: { value: 'N', description: 'events a second; without --start they happen now' },
  'bytes-per-second': { value: 'SIZE', description: 'the same in bytes before compression' },
  duration: { value: 'TIME', description: 'with a rate and no --start: end after 90s, 15m …' },
  roll: { value: 'TIME', description: 'with a rate and no --start: a new file after this (10s; http 1s)' },
  attacks: { value: 'RATE', description: 'how often an event is followed by an attack that a rule detects: 0.001' },
  records: { description: 'CloudTrail as it is delivered: files with one {"Records":[…]} document' },
  gzip: { value: 'LEVEL', kind: 'integer', min: 0, max: 9, default: 1, description: '0: not compressed' },
  concurrency: { value: 'N', kind: 'integer', min: 1, max: 256, default: 4, description: 'files written at a time' },
  token: { value: 'TOKEN', description: 'for http: token of the source ($PANTHER_SOURCE_TOKEN)' },
  'tls-ca': { value: 'FILE', description: 'for syslog+tls: authorities to trust, PEM (default: those of the system)' },
  ...AWS_OPTIONS,
  region: { value: 'REGION', description: 'for s3: region of the bucket ($AWS_REGION, else that of the profile)' },
  bucket: { value: 'BUCKET', description: 'the same as --to s3://BUCKET' },
  prefix: { value: 'PREFIX', description: 'what keys begin with, before /LogType/YYYY-MM-DDThh/FILE.gz' },
  verbose: { aliases: ['debug'], description: 'tell every file on stderr' },
  json: { description: 'the summary as one JSON document' },
  'AWS.CloudTrail': { description: 'older form of --log-type AWS.CloudTrail --records --files 100' },
  'AWS.CloudTrail.numfiles': { value: 'N', kind: 'integer', min: 1, description: 'its files for each hour' },
  'AWS.CloudTrail.file.numrows': { value: 'N', kind: 'integer', min: 1, description: 'its rows in a file' },
  'AWS.S3ServerAccess': { description: 'older form of --log-type AWS.S3ServerAccess --files 100' },
  'AWS.S3ServerAccess.numfiles': { value: 'N', kind: 'integer', min: 1, description: 'its files for each hour' },
  'AWS.S3ServerAccess.file.numrows': { value: 'N', kind: 'integer', min: 1, description: 'its rows in a file' },
} as const;

type Given = Arguments<typeof OPTIONS>['options'];

export const filegen = defineCommand({
  name: 'filegen',
  summary: 'Write made-up logs of any log type, for benchmarks and demos',
  usage: '[options] --log-type T --to TARGET',
  details:
    'Writes files of past hours, or with --rate a stream of what happens now. Log types without a generator of their ' +
    'own are written from their schema. Files are <prefix>/<LogType>/<YYYY-MM-DDThh>/<name>.gz. Over http a file is ' +
    'one request, sent again when the source is busy. Use it with addresses and accounts that you own.',
  operands: { max: 0 },
  options: OPTIONS,
  examples: [
    { line: 'panther filegen --log-type AWS.CloudTrail --total 5GB --to logs/', does: 'Five gigabytes of one hour.' },
    {
      line: 'panther filegen --schema orders.yml --rate 50 --to http://127.0.0.1:8765/api/v1/ingest/orders',
      does: 'A stream.',
    },
    { line: 'panther filegen --log-type Nginx.Access --rows 20 --gzip 0 --to -', does: 'Look at some lines.' },
  ],
  async run({ options }, io) {
    if (options.list) return tellLogTypes(options, io);
    const to = targetOf(options);
    if (to === '-' && options.json) throw new UserError('--json and --to - both write to stdout: use one', {});
    const writers = await logWriters(typeNames(options), options.schema, options.seed, io);
    const run = planRun(options, to, [...writers.keys()], (logType) => writerIn(writers, logType), io);
    const target = await io.services.openLogTarget(
      {
        to,
        prefix: options.prefix ?? '',
        gzipLevel: options.gzip,
        token: options.token ?? io.env.PANTHER_SOURCE_TOKEN,
        tlsCaFile: options['tls-ca'],
        aws: awsAccess(options),
      },
      io,
    );
    const progress = io.progress({ label: 'filegen', ...(run.totalBytes !== undefined && { total: run.totalBytes }) });
    const startMs = performance.now();
    let isClosed = false;
    try {
      const generated = await generateFiles({
        ...run,
        writerOf: (logType) => writerIn(writers, logType),
        target,
        concurrency: options.concurrency,
        attackRate: attackRate(options),
        onChunk: (bytes) => progress.add(bytes),
        onFile({ logType, name, hour }, sizeBytes) {
          if (options.verbose) void io.stderr.write(`${logType} ${hour} ${name}: ${sizeBytes} bytes\n`);
        },
        signal: io.signal,
      });
      isClosed = true;
      await target.close();
      progress.end();
      await tell(generated, (performance.now() - startMs) / 1_000, to === '-', options, io);
      return generated.isInterrupted && !run.isEndless ? EXIT.interrupted : EXIT.done;
    } finally {
      progress.end();
      if (!isClosed) await target.close().catch(() => {});
    }
  },
});

function targetOf(options: Given): string {
  if (options.to !== undefined && options.bucket !== undefined) throw new UserError('use --to or --bucket', {});
  const to = options.bucket === undefined ? options.to : `s3://${options.bucket}`;
  if (to === undefined) throw new UserError('say where the logs go, e.g. --to logs/', { field: '--to' });
  return to;
}

function typeNames(options: Given): readonly string[] {
  return [...options['log-type'], ...OLD_TYPES.filter((name) => options[name])];
}

function writerIn(writers: ReadonlyMap<string, RowWriter>, logType: string): RowWriter {
  const writer = writers.get(logType);
  if (writer === undefined) throw new Error(`no writer for ${logType}`);
  return writer;
}

interface Run {
  readonly files: Parameters<typeof generateFiles>[0]['files'];
  readonly pace: Pace;
  readonly totalBytes: number | undefined;
  /** It ends when the user says so. */
  readonly isEndless: boolean;
}

type WriterOf = (logType: string) => RowWriter;

function planRun(options: Given, to: string, logTypes: readonly string[], writerOf: WriterOf, io: CommandIo): Run {
  const hasRate = options.rate !== undefined || options['bytes-per-second'] !== undefined;
  const documents = new Set(DOCUMENTS.filter((name) => options.records || isOld(options, name)));
  return hasRate && options.start === undefined
    ? liveRun(options, to, logTypes, documents, io)
    : pastRun(options, to, logTypes, documents, writerOf, io);
}

function liveRun(
  options: Given,
  to: string,
  logTypes: readonly string[],
  documents: ReadonlySet<string>,
  io: CommandIo,
): Run {
  for (const name of ['end', 'total', 'tb-per-day', 'file-size', 'rows', 'files'] as const) {
    if (options[name] !== undefined) throw new UserError('needs --start when there is a rate', { field: `--${name}` });
  }
  const { rate, 'bytes-per-second': bytes, duration, roll } = options;
  if (rate !== undefined && bytes !== undefined) throw new UserError('use --rate or --bytes-per-second', {});
  const wanted =
    rate === undefined ? { bytes: parseBytes(bytes ?? '', '--bytes-per-second') } : { rows: positiveRate(rate) };
  const durationMs = duration === undefined ? Number.POSITIVE_INFINITY : parseDuration(duration, '--duration');
  const rollMs = roll === undefined ? ROLL_MS[kindOf(to)] : Math.max(10, parseDuration(roll, '--roll'));
  const now = () => io.clock.now().getTime();
  const { seed } = options;
  const files = liveFiles({ seed, logTypes, documents, rate: wanted, rollMs, durationMs, now, signal: io.signal });
  return { files, pace: unhurried, totalBytes: undefined, isEndless: duration === undefined };
}

function pastRun(
  options: Given,
  to: string,
  logTypes: readonly string[],
  documents: ReadonlySet<string>,
  writerOf: WriterOf,
  io: CommandIo,
): Run {
  for (const name of ['duration', 'roll'] as const) {
    if (options[name] !== undefined) throw new UserError('needs a rate and no --start', { field: `--${name}` });
  }
  const span = spanOf(options, io);
  const totalBytes = totalOf(options, hoursOf(span));
  const share = totalBytes === undefined ? undefined : totalBytes / hoursOf(span) / logTypes.length;
  const fileBytes = options['file-size'] === undefined ? undefined : parseBytes(options['file-size'], '--file-size');
  if (fileBytes !== undefined && totalBytes === undefined) {
    throw new UserError('needs --total; without it --rows says how large a file is', { field: '--file-size' });
  }
  const sizes = new Map(
    logTypes.map((logType) => [logType, sizesOf(options, logType, share, fileBytes, writerOf(logType), kindOf(to))]),
  );
  const plan: PlanOptions = {
    seed: options.seed,
    logTypes,
    documents,
    ...span,
    filesPerHour: (logType) => sizes.get(logType)?.files ?? 0,
    fileSize: (logType) => sizes.get(logType)?.size ?? { rows: 0 },
  };
  return { files: planFiles(plan), pace: paceOf(options), totalBytes, isEndless: false };
}

function spanOf(options: Given, io: CommandIo): { startMs: number; endMs: number } {
  const now = io.clock.now();
  const hour = (text: string, field: string) => Math.floor(parseTime(text, now, field).getTime() / HOUR_MS) * HOUR_MS;
  const lastHour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS - HOUR_MS;
  const endMs = options.end === undefined ? undefined : hour(options.end, '--end');
  const startMs = options.start === undefined ? (endMs ?? lastHour) : hour(options.start, '--start');
  const span = { startMs, endMs: endMs ?? Math.max(startMs, lastHour) };
  if (span.endMs < span.startMs) throw new UserError('is before --start', { field: '--end' });
  return span;
}

function totalOf(options: Given, hours: number): number | undefined {
  const perDay = options['tb-per-day'] === undefined ? 0 : parseRate(options['tb-per-day'], '--tb-per-day');
  if (options.total !== undefined && perDay > 0) throw new UserError('use --total or --tb-per-day', {});
  if (options.total !== undefined) return parseBytes(options.total, '--total');
  return perDay > 0 ? (perDay * 1e12 * hours) / 24 : undefined;
}

/** `share`: the bytes of an hour and log type, where a total is wanted. */
function sizesOf(
  options: Given,
  logType: string,
  share: number | undefined,
  fileBytes: number | undefined,
  writer: RowWriter,
  kind: TargetKind,
): { files: number; size: { rows: number } | { bytes: number } } {
  const old = oldSizes(options, logType);
  const rows = old?.rows ?? options.rows;
  const files = options.files ?? old?.files;
  if (share === undefined) return { files: files ?? 1, size: { rows: rows ?? OLD_ROWS } };
  if (rows !== undefined) return { files: Math.max(1, Math.ceil(share / (rows * writer.meanBytes))), size: { rows } };
  const size = fileBytes ?? (kind === 'http' ? BODY_BYTES : FILE_BYTES);
  const count = options.files ?? Math.max(1, Math.ceil(share / size));
  return { files: count, size: { bytes: share / count } };
}

function isOld(options: Given, logType: string): boolean {
  return OLD_TYPES.some((name) => name === logType && options[name]);
}

function oldSizes(options: Given, logType: string): { files: number; rows: number } | undefined {
  const name = OLD_TYPES.find((each) => each === logType);
  if (name === undefined || !options[name]) return undefined;
  return { files: options[`${name}.numfiles`] ?? OLD_FILES, rows: options[`${name}.file.numrows`] ?? OLD_ROWS };
}

type TargetKind = keyof typeof ROLL_MS;

function kindOf(to: string): TargetKind {
  if (/^https?:/.test(to)) return 'http';
  return to === '-' || to.startsWith('syslog') ? 'lines' : 'files';
}

function positiveRate(text: string): number {
  const rate = parseRate(text, '--rate');
  if (rate > 0) return rate;
  throw new UserError('must be more than 0', { field: '--rate' });
}

/** Chunks of a tenth of a second, so that a slow rate comes evenly. */
function paceOf(options: Given): Pace {
  const rows = options.rate === undefined ? 0 : positiveRate(options.rate);
  const bytes =
    options['bytes-per-second'] === undefined ? 0 : parseBytes(options['bytes-per-second'], '--bytes-per-second');
  if (rows === 0 && bytes === 0) return unhurried;
  const [rowPacer, bytePacer] = [createPacer(rows), createPacer(bytes)];
  return {
    chunkBytes(writer) {
      const perSecond = Math.min(
        rows * writer.meanBytes || Number.POSITIVE_INFINITY,
        bytes || Number.POSITIVE_INFINITY,
      );
      return Math.min(256 * 1024, Math.ceil(perSecond / 10));
    },
    waitMs(newRows, newBytes) {
      const nowMs = performance.now();
      return Math.max(rowPacer.book(newRows, nowMs), bytePacer.book(newBytes, nowMs));
    },
  };
}

function attackRate(options: Given): number {
  const rate = options.attacks === undefined ? 0 : Number(options.attacks);
  if (rate >= 0 && rate <= 1) return rate;
  throw new UserError(`must be a number from 0 to 1, not "${options.attacks}"`, { field: '--attacks' });
}

async function tell(
  generated: Generated,
  seconds: number,
  isOnStdout: boolean,
  options: Given,
  io: CommandIo,
): Promise<void> {
  const byType = Object.fromEntries(generated.logTypes);
  const sum = (name: 'files' | 'rows' | 'bytes' | 'writtenBytes') =>
    Object.values(byType).reduce((total, each) => total + each[name], 0);
  const totals = { files: sum('files'), rows: sum('rows'), bytes: sum('bytes'), writtenBytes: sum('writtenBytes') };
  if (options.json) {
    const attacks = Object.fromEntries(generated.attacks);
    const summary = { ...totals, seconds, isInterrupted: generated.isInterrupted, logTypes: byType, attacks };
    await io.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const count = (value: number) => Math.round(value).toLocaleString('en');
  const rate = (totals.bytes / Math.max(seconds, 0.001) / 1e6).toFixed(1);
  const attacks = [...generated.attacks].map(([ruleId, rows]) => `  ${ruleId}: ${count(rows)} events of attacks\n`);
  const text =
    `${count(totals.files)} files, ${count(totals.rows)} events, ${count(totals.bytes)} bytes ` +
    `(${count(totals.writtenBytes)} written) in ${seconds.toFixed(1)} s: ${rate} MB/s\n${attacks.join('')}`;
  await (isOnStdout ? io.stderr : io.stdout).write(text);
}

async function tellLogTypes(options: Given, io: CommandIo): Promise<0> {
  const own = new Set(GENERATORS.map(({ logType }) => logType));
  const names = await writableLogTypes(options.schema, io);
  const kinds = names.map((name) => ({ logType: name, from: own.has(name) ? 'generator' : 'schema' }));
  const text = options.json
    ? `${JSON.stringify(kinds)}\n`
    : kinds.map(({ logType, from }) => `${logType}${from === 'generator' ? '' : ' (from its schema)'}\n`).join('');
  await io.stdout.write(text);
  return EXIT.done;
}
