/**
 * What a stopped Panther has stored, read from its data folder without its own code for reading: Parquet files by plain
 * DuckDB, tables by plain SQL. `problems` are broken promises that need no comparison.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { openFolderObjects } from '../../src/adapters/embedded/folder-objects.ts';
import { dataDir } from '../../src/app/data-dir.ts';
import { BUCKETS } from '../../src/ports/buckets.ts';

/** How often each row is there. */
export type Rows = ReadonlyMap<string, number>;

export interface Stored {
  /** Rows by `<database>.<table>`, without what differs between two runs on the same logs: ids, times of processing. */
  readonly tables: ReadonlyMap<string, Rows>;
  readonly alerts: Rows;
  /** Ids of the alerts, with their deliveries' keys. */
  readonly deliveries: ReadonlyMap<string, string>;
  readonly kept: Rows;
  /** Of each source: its counts. */
  readonly sources: Rows;
  readonly problems: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

/** Columns that differ between two runs on the same logs. */
const OF_THE_RUN = ['p_row_id', 'p_parse_time', 'p_alert_creation_time', 'p_alert_update_time'];

export async function readStored(root: string): Promise<Stored> {
  const dir = dataDir(root);
  const state = new DatabaseSync(dir.stateFile, { readOnly: true });
  const queue = new DatabaseSync(dir.queueFile, { readOnly: true });
  const read = (sql: string) => state.prepare(sql).all() as Row[];
  const problems: string[] = [];
  try {
    const tables = await readTables(root, read, problems);
    const kept = readKept(root, read, problems);
    checkLeftovers(root, read, problems);
    for (const row of queue.prepare('SELECT queue, body, last_error FROM messages').all())
      problems.push(`a message is left in ${row.queue}: ${row.body} ${row.last_error ?? ''}`);
    for (const row of read('SELECT queue, body FROM outbox')) problems.push(`the outbox owes ${row.queue} ${row.body}`);
    for (const row of read('SELECT * FROM sources WHERE received != stored + quarantined + rejected'))
      problems.push(`counts of ${row.name} do not balance`);
    return { tables, kept, problems, ...readAlerts(read, problems), sources: readSources(read, tables, problems) };
  } finally {
    state.close();
    queue.close();
  }
}

async function readTables(root: string, read: (sql: string) => Row[], problems: string[]): Promise<Map<string, Rows>> {
  const objects = openFolderObjects(dataDir(root).objects);
  const byTable = new Map<string, string[]>();
  for (const row of read("SELECT * FROM lake_files WHERE status = 'live'")) {
    const path = objects.locate(BUCKETS.processedData, String(row.object_key));
    const name = `${row.database}.${row.table_name}`;
    if (!existsSync(path)) problems.push(`a file of the lake is missing: ${row.object_key}`);
    else byTable.set(name, [...(byTable.get(name) ?? []), path]);
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const tables = new Map<string, Rows>();
  for (const [name, paths] of byTable) {
    const files = `read_parquet([${paths.map((path) => `'${path}'`).join(', ')}], union_by_name = true)`;
    const without = `* EXCLUDE (${OF_THE_RUN.slice(0, name.startsWith('panther_logs') ? 2 : 4).join(', ')})`;
    const rows = await connection.runAndReadAll(
      `SELECT md5(row_text), any_value(row_text), count(*) FROM (
         SELECT CAST(r AS VARCHAR) AS row_text FROM (SELECT ${without} FROM ${files}) r
       ) GROUP BY 1`,
    );
    tables.set(name, new Map(rows.getRows().map(([, text, count]) => [String(text), Number(count)])));
    const perRule = name.startsWith('panther_logs') ? '' : ', p_rule_id';
    const twice = await connection.runAndReadAll(
      `SELECT p_row_id, count(*) FROM ${files} GROUP BY p_row_id${perRule} HAVING count(*) > 1 LIMIT 3`,
    );
    for (const [id, count] of twice.getRows()) problems.push(`${name} has the row ${id} ${count} times`);
  }
  connection.closeSync();
  instance.closeSync();
  return tables;
}

function readAlerts(read: (sql: string) => Row[], problems: string[]): Pick<Stored, 'alerts' | 'deliveries'> {
  const rows = read(
    'SELECT id, type, rule_id, title, severity, dedup, event_count, log_types, context, first_event_at, last_event_at FROM alerts',
  );
  const deliveries = new Map<string, string>();
  for (const { alert_id, status, idempotency_key } of read('SELECT * FROM deliveries')) {
    if (status !== 'delivered') problems.push(`the alert ${alert_id} is ${status}`);
    deliveries.set(String(alert_id), String(idempotency_key));
  }
  for (const { id, title } of rows) if (!deliveries.has(String(id))) problems.push(`not delivered: ${title}`);
  return { alerts: countRows(rows.map((row) => JSON.stringify(row))), deliveries };
}

function readKept(root: string, read: (sql: string) => Row[], problems: string[]): Rows {
  const objects = openFolderObjects(dataDir(root).objects);
  const kept: string[] = [];
  const paths = new Set<string>();
  for (const { object_key } of read('SELECT object_key FROM kept_records')) {
    const path = objects.locate(BUCKETS.quarantine, String(object_key));
    paths.add(path);
    for (const line of gunzipSync(readFileSync(path)).toString().split('\n').filter(Boolean)) {
      // Where a growing file is cut differs from run to run.
      const { position: _, line: _line, byteOffset: _offset, ...record } = JSON.parse(line) as Row;
      kept.push(JSON.stringify(record));
    }
  }
  for (const file of filesBelow(join(dataDir(root).objects, BUCKETS.quarantine)))
    if (!paths.has(file)) problems.push(`an orphan in quarantine: ${file}`);
  return countRows(kept);
}

function readSources(read: (sql: string) => Row[], tables: ReadonlyMap<string, Rows>, problems: string[]): Rows {
  const sources = read('SELECT name, received, stored, quarantined, rejected, events FROM sources');
  const events = sources.reduce((sum, row) => sum + Number(row.events), 0);
  const rows = [...tables].filter(([name]) => name.startsWith('panther_logs.')).flatMap(([, found]) => [...found]);
  const stored = rows.reduce((sum, [, count]) => sum + count, 0);
  if (stored !== events) problems.push(`the sources count ${events} events, the lake has ${stored}`);
  return countRows(sources.map((row) => JSON.stringify(row)));
}

/** What nobody would ever find again. */
function checkLeftovers(root: string, read: (sql: string) => Row[], problems: string[]): void {
  const dir = dataDir(root);
  const objects = openFolderObjects(dir.objects);
  const rows = read('SELECT object_key, status FROM lake_files');
  for (const row of rows.filter(({ status }) => status === 'pending'))
    problems.push(`a file of the lake is pending: ${row.object_key}`);
  const known = new Set(rows.map((row) => objects.locate(BUCKETS.processedData, String(row.object_key))));
  for (const file of filesBelow(join(dir.objects, BUCKETS.processedData)))
    if (!known.has(file)) problems.push(`an orphan in the lake: ${file}`);
  for (const file of [...filesBelow(join(dir.objects, '.tmp')), ...filesBelow(dir.tmp)])
    problems.push(`a temporary file is left: ${file}`);
  const evidence = new Set(
    read('SELECT key FROM units JOIN kept_records ON unit_id = units.id').map(({ key }) =>
      objects.locate(BUCKETS.inputData, String(key)),
    ),
  );
  for (const file of filesBelow(join(dir.objects, BUCKETS.inputData)))
    if (!evidence.has(file)) problems.push(`the spool keeps ${file}`);
}

function filesBelow(folder: string): string[] {
  const entries = globSync(['**/*', '**/.*'], { cwd: folder, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

export function countRows(rows: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}

/** Says in words where two multisets differ; empty when they are equal. */
export function differences(what: string, expected: Rows, actual: Rows): string[] {
  const keys = [...new Set([...expected.keys(), ...actual.keys()])];
  const different = keys.filter((key) => expected.get(key) !== actual.get(key));
  const shown = different
    .slice(0, 3)
    .map((key) => `${actual.get(key) ?? 0} instead of ${expected.get(key) ?? 0} of ${key.slice(0, 600)}`);
  return different.length === 0 ? [] : [`${what}: ${different.length} different rows`, ...shown];
}
