/**
 * Writes what an older Panther would have stored: gzip JSON lines in hour partitions, many small files to the hour.
 * Logs are made up, then normalised by log analysis, so rows are those that Panther stores. Addresses are drawn from
 * a large range, some of them much more often than others, as in traffic.
 *
 * `node bench/compact-logs.ts FOLDER GIGABYTES [HOURS] [SEED]`; a gigabyte is 10^9 bytes of JSON, before compression.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { tableName } from '../platform/src/core/ids.ts';
import { type CompiledLogType, compileLogType } from '../platform/src/log-analysis/compile.ts';
import { stringifyEvent } from '../platform/src/log-analysis/json-values.ts';
import { processStream } from '../platform/src/log-analysis/process-stream.ts';
import { loadLogTypes } from '../platform/src/log-analysis/schema.ts';
import { GENERATORS } from '../platform/src/log-generator/index.ts';
import { fileChunks } from '../platform/src/log-generator/log-file.ts';
import { createRandom, type Random } from '../platform/src/log-generator/random.ts';
import { createRowWriter, type RowWriter } from '../platform/src/log-generator/row-writer.ts';

export interface OldLogs {
  readonly folder: string;
  /** Bytes of JSON, over all tables and hours. */
  readonly bytes: number;
  readonly hours: number;
  readonly seed: string;
}

export interface Made {
  readonly files: number;
  readonly rows: number;
  readonly jsonBytes: number;
  readonly gzipBytes: number;
}

export const START_MS = Date.UTC(2026, 0, 2, 0);
const HOUR_MS = 3_600_000;
/** Part of the bytes. */
const SHARES: Readonly<Record<string, number>> = {
  'AWS.CloudTrail': 0.45,
  'AWS.VPCFlow': 0.3,
  'AWS.ALB': 0.1,
  'AWS.S3ServerAccess': 0.1,
  'Okta.SystemLog': 0.05,
};
/** One a minute, as an older Panther flushed. */
const FILES_PER_HOUR = 60;

/** In as many processes as there are processors. */
export async function makeOldLogs(options: OldLogs): Promise<Made> {
  const workers = availableParallelism();
  const parts = await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const { folder, bytes, hours, seed } = options;
      const child = fork(import.meta.filename, [folder, String(bytes / 1e9), String(hours), seed], {
        env: { ...process.env, OLD_LOGS_PART: `${worker}/${workers}` },
      });
      return new Promise<Made>((resolve, reject) => {
        child.on('message', (made) => resolve(made as Made));
        child.on('exit', (code) => reject(new Error(`generation ended with ${code}`)));
      });
    }),
  );
  return parts.reduce(sum);
}

function sum(a: Made, b: Made): Made {
  return {
    files: a.files + b.files,
    rows: a.rows + b.rows,
    jsonBytes: a.jsonBytes + b.jsonBytes,
    gzipBytes: a.gzipBytes + b.gzipBytes,
  };
}

async function makePart({ folder, bytes, hours, seed }: OldLogs, part: number, parts: number): Promise<Made> {
  const known = loadLogTypes(join(import.meta.dirname, '..', 'content', 'log-types'));
  let made: Made = { files: 0, rows: 0, jsonBytes: 0, gzipBytes: 0 };
  for (const [name, share] of Object.entries(SHARES)) {
    const [logType, generator] = [known.get(name), GENERATORS.find((each) => each.logType === name)];
    if (logType === undefined || generator === undefined) throw new Error(`there are no logs of type ${name}`);
    const [compiled, writer] = [compileLogType(logType), createRowWriter(generator, seed)];
    const fileBytes = (bytes * share) / hours / FILES_PER_HOUR;
    for (let hour = 0; hour < hours; hour += 1) {
      for (let file = part; file < FILES_PER_HOUR; file += parts) {
        const fromMs = START_MS + hour * HOUR_MS + (file * HOUR_MS) / FILES_PER_HOUR;
        made = sum(made, await makeFile(folder, compiled, writer, fromMs, fileBytes, `${seed}/${name}/${fromMs}`));
      }
    }
  }
  return made;
}

const growth = new Map<string, number>();

async function makeFile(
  folder: string,
  logType: CompiledLogType,
  writer: RowWriter,
  fromMs: number,
  wantedBytes: number,
  seed: string,
): Promise<Made> {
  const random = createRandom(seed);
  // Rows are larger than the lines they come from.
  const raw = wantedBytes / (growth.get(logType.name) ?? 2);
  const toMs = fromMs + HOUR_MS / FILES_PER_HOUR;
  const contents = { writer, seed, fromMs, toMs, size: { bytes: raw }, isDocument: false, attackRate: 0.0005 };
  const chunks = [...fileChunks(contents, { rows: 0, bytes: 0, attacks: new Map() })];
  const text = withAddresses(Buffer.concat(chunks).toString('utf8'), random);
  const lines: string[] = [];
  await processStream(Readable.from([Buffer.from(text)], { objectMode: false }), {
    logTypes: [logType],
    unitId: createHash('sha256').update(seed).digest('hex').slice(0, 32),
    sourceId: '6b1f8a52-3d0c-4a53-9f0e-2f6b8a1c7d10',
    sourceLabel: 'production',
    fileName: 'made.log',
    now: () => new Date(toMs + 30_000),
    onEvent: (event) => lines.push(stringifyEvent(event)),
    onKept: ({ reason }) => {
      throw new Error(`a made up line of ${logType.name} cannot be parsed: ${reason}`);
    },
  });
  const json = Buffer.from(`${lines.join('\n')}\n`);
  growth.set(logType.name, json.length / text.length);
  const gzip = gzipSync(json, { level: 1 });
  const path = join(folder, 'logs', tableName(logType.name), partition(fromMs));
  mkdirSync(path, { recursive: true });
  const hour = new Date(fromMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 11);
  writeFileSync(join(path, `${hour}0000Z-${random.uuid()}.json.gz`), gzip);
  return { files: 1, rows: lines.length, jsonBytes: json.length, gzipBytes: gzip.length };
}

/** As an older Panther wrote it: the year as it is, the rest with two digits. */
function partition(ms: number): string {
  const [year, month, day, hour] = new Date(ms).toISOString().split(/[-T:]/);
  return `year=${year}/month=${month}/day=${day}/hour=${hour}`;
}

const DOCUMENTATION = /\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}\b/g;
/** Addresses for benchmarks, 198.18.0.0/15. */
const ADDRESSES = 1 << 17;

function withAddresses(text: string, random: Random): string {
  return text.replaceAll(DOCUMENTATION, () => {
    const n = Math.floor(ADDRESSES * random.next() ** 4);
    return `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
  });
}

if (import.meta.main) {
  const [folder = '', gigabytes = '5', hours = '12', seed = '1'] = process.argv.slice(2);
  const options = { folder, bytes: Number(gigabytes) * 1e9, hours: Number(hours), seed };
  const [part, parts] = (process.env.OLD_LOGS_PART ?? '').split('/').map(Number);
  if (parts === undefined) console.log(JSON.stringify(await makeOldLogs(options)));
  else {
    const made = await makePart(options, part ?? 0, parts);
    process.send?.(made, () => process.disconnect());
  }
}
