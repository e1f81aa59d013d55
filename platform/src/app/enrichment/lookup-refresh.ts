/**
 * Fetches the data of lookup tables when their time has come: from a bucket, an address on the web, the folder
 * `lookups` of the data folder, or a query over the lake. What cannot be fetched or read leaves the old data in place.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createHttpClient } from '../../adapters/embedded/http-client.ts';
import { ExternalError, UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { queriesOf, toLakeSql } from '../../detections/schedule/query-text.ts';
import { slotsBetween } from '../../detections/schedule/slots.ts';
import type { FindQuery } from '../../detections/schedule/template.ts';
import type { LookupFilesTable } from '../../ports/state/tables.ts';
import { readDetections } from '../detections/detection-store.ts';
import type { Runtime } from '../runtime.ts';
import { noteProblem, readFiles, storeFile } from './lookup-store.ts';

export type RefreshRuntime = Pick<Runtime, 'adapters' | 'clock' | 'config' | 'dir' | 'lake' | 'log'>;

interface Refresh {
  readonly ObjectPath?: string | null;
  readonly PeriodMinutes?: number | null;
  readonly CronExpression?: string | null;
  readonly RoleARN?: string | null;
}

const DEFAULT_PERIOD_MINUTES = 60;
const MAX_BYTES = 256 << 20;
const MAX_ROWS = 1_000_000;
const TIMEOUT_MS = 300_000;
const QUERY_KEYS = ['Query', 'SnowflakeQuery', 'AthenaQuery', 'DatabricksQuery'];

/** Every table that is due. Resolves to the names of those that have new data. */
export async function refreshLookups(runtime: RefreshRuntime, signal: AbortSignal): Promise<readonly string[]> {
  const { adapters, clock, log, metrics } = { ...runtime, metrics: runtime.adapters.metrics };
  const detections = await readDetections(adapters.state, log);
  const tables = detections.filter(({ type, isEnabled, spec }) => {
    return type === 'lookup_table' && isEnabled && typeof spec.Refresh === 'object' && spec.Refresh !== null;
  });
  const files = tables.length === 0 ? new Map<string, LookupFilesTable>() : await readFiles(adapters);
  const changed: string[] = [];
  for (const table of tables) {
    try {
      if (signal.aborted || !isDue(table, files.get(table.id), clock.now())) continue;
      const file = await fetchFile(runtime, table, queriesOf(detections), signal);
      if ((await storeFile(adapters, clock, table, file)).isNew) changed.push(table.id);
    } catch (error) {
      if (signal.aborted) break;
      metrics.count('lookup_refresh_failures', 1, { table: table.id });
      log.warn({ lookupTable: table.id, error }, 'lookup table cannot be refreshed: its data stays as it is');
      await noteProblem(adapters, clock, table.id, error);
    }
  }
  return changed;
}

/** @throws UserError for a schedule that is wrong. */
function isDue({ spec }: Detection, file: LookupFilesTable | undefined, now: Date): boolean {
  if (file === undefined) return true;
  const { PeriodMinutes: period, CronExpression: cron } = spec.Refresh as Refresh;
  const checkedAt = new Date(file.checked_at);
  if (typeof cron === 'string') return slotsBetween({ cron, timeoutMinutes: 1 }, checkedAt, now, 1).times.length > 0;
  return now.getTime() - checkedAt.getTime() >= (period ?? DEFAULT_PERIOD_MINUTES) * 60_000;
}

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function fetchFile(
  runtime: RefreshRuntime,
  { spec }: Detection,
  find: FindQuery,
  signal: AbortSignal,
): Promise<File> {
  const { ObjectPath: path, RoleARN: roleArn } = spec.Refresh as Refresh;
  const query = QUERY_KEYS.map((key) => spec[key]).find((text) => typeof text === 'string');
  if (typeof query === 'string') return queryFile(runtime, query, find, signal);
  if (typeof path !== 'string') throw new UserError('the table says not where its data is', { field: 'ObjectPath' });
  if (path.startsWith('s3://')) return s3File(runtime, path, roleArn ?? undefined);
  if (/^https?:/.test(path)) return webFile(runtime, path, signal);
  if (path.startsWith('file:')) return localFile(runtime, path.slice('file:'.length));
  throw new UserError(`${path} is not s3://…, https://… or file:…`, { field: 'Refresh.ObjectPath' });
}

async function queryFile(
  { lake, clock }: RefreshRuntime,
  text: string,
  find: FindQuery,
  signal: AbortSignal,
): Promise<File> {
  const sql = toLakeSql(text, clock.now(), find);
  const run = await lake.query(sql, { maxRows: MAX_ROWS, timeoutMs: TIMEOUT_MS, signal });
  const names = run.columns.map(({ name }) => name);
  const lines: string[] = [];
  for await (const batch of run.rows) {
    for (const row of batch) lines.push(JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]]))));
  }
  if (run.stats().truncated) throw new UserError(`the query gives more than ${MAX_ROWS} rows`);
  return { name: 'rows.jsonl', bytes: Buffer.from(lines.join('\n')) };
}

async function s3File({ config }: RefreshRuntime, path: string, roleArn: string | undefined): Promise<File> {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(path);
  if (match === null) throw new UserError(`${path} is not s3://bucket/key`, { field: 'Refresh.ObjectPath' });
  const [, bucket = '', key = ''] = match;
  const [{ createS3Client }, { openSourceBucket }] = await Promise.all([
    import('../../adapters/aws/aws-client.ts'),
    import('../../adapters/aws/s3-source-bucket.ts'),
  ]);
  const { region, endpoint } = config.aws ?? {};
  const source = await openSourceBucket(await createS3Client({ region, endpoint, roleArn }), bucket);
  try {
    return { name: basename(key), bytes: await buffer(await source.open(key)) };
  } finally {
    source.close();
  }
}

async function webFile({ config }: RefreshRuntime, url: string, signal: AbortSignal): Promise<File> {
  const http = createHttpClient({ allow: config.allowedDestinationHosts, maxBodyBytes: MAX_BYTES });
  try {
    const { status, bytes } = await http.request(url, { method: 'GET', timeoutMs: TIMEOUT_MS, signal });
    if (status !== 200) throw new ExternalError(`${url} answered ${status}`, { retryable: status >= 500 });
    return { name: basename(new URL(url).pathname), bytes };
  } finally {
    http.close();
  }
}

/** Only of the one folder: a table must not read what is elsewhere on the machine. */
async function localFile({ dir }: RefreshRuntime, name: string): Promise<File> {
  const folder = join(dir.root, 'lookups');
  if (name !== basename(name) || name === '' || name.startsWith('.')) {
    throw new UserError(`"${name}" is not the name of a file in ${folder}`, { field: 'Refresh.ObjectPath' });
  }
  const bytes = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw new UserError(`there is no readable file ${name} in ${folder}`, { field: 'Refresh.ObjectPath' }, { cause });
  });
  return { name, bytes };
}
