/** Events read back from the lake are what the pipeline gave to detections: for every log type, with all its samples. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { temporaryFolder } from '../../../test/support/panther.ts';
import type { LogEvent } from '../../core/event.ts';
import type { Column, ColumnType } from '../../core/table.ts';
import { createDuckdb } from '../../lake/duckdb.ts';
import { writePart } from '../../lake/part.ts';
import { readStoredEvents } from '../../lake/stored-events.ts';
import { logTable } from '../../lake/tables.ts';
import { lakeColumns } from '../../log-analysis/columns.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { type LogType, loadLogTypes } from '../../log-analysis/schema.ts';
import { processChunks } from '../../log-analysis/test-support.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { parseStored } from './lake-events.ts';

const FIXTURES = join(PACKAGE_ROOT, '../shared/fixtures/log-types');
const NOW = new Date('2026-01-15T00:00:00Z');
const root = temporaryFolder('stored');
const duckdb = createDuckdb({ tmpDir: root, memoryBytes: 256 << 20, threads: 1 });
const signal = new AbortController().signal;

interface Sample {
  readonly input: string;
  readonly now?: string;
  readonly error?: boolean;
}

function samplesOf(logType: LogType): readonly Sample[] {
  const own = logType.file.replace(/\.yml$/, '.samples.yml');
  const fixture = join(FIXTURES, `${logType.name}.yml`);
  const files = [own, fixture].filter(existsSync);
  return files.flatMap((file) => {
    const read = parse(readFileSync(file, 'utf8')) as readonly Sample[] | { readonly cases?: readonly Sample[] };
    return Array.isArray(read) ? read : ((read as { readonly cases?: readonly Sample[] }).cases ?? []);
  });
}

async function eventsOf(logType: LogType): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (const [index, sample] of samplesOf(logType).entries()) {
    if (sample.error === true || typeof sample.input !== 'string') continue;
    const now = sample.now === undefined ? NOW : new Date(sample.now);
    const done = await processChunks([sample.input], [logType], { now: () => now, unitId: `u${index}` });
    events.push(...done.events);
  }
  return events;
}

/** Parquet keeps microseconds, and no difference between a JSON column that is null and one that is absent. */
function asStored(event: LogEvent, columns: readonly Column[]): LogEvent {
  return fieldsAsStored(event as unknown as Fields, columns) as unknown as LogEvent;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsAsStored(fields: Fields, columns: readonly Column[]): Fields {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, valueAsStored(value, types.get(name))]));
}

function valueAsStored(value: unknown, type: ColumnType | undefined): unknown {
  if (value === null || type === undefined) return value;
  if (type.kind === 'struct') return fieldsAsStored(value as Fields, type.fields);
  if (type.kind === 'array') return (value as readonly unknown[]).map((one) => valueAsStored(one, type.element));
  return type.type === 'timestamp' ? `${(value as string).slice(0, 26)}000` : value;
}

async function throughLake(logType: LogType, events: readonly LogEvent[]): Promise<LogEvent[]> {
  const table = logTable(logType.name, lakeColumns(logType));
  const path = join(root, `${table.name}.ndjson`);
  const rows = events.map(stringifyEvent);
  writeFileSync(path, `${rows.join('\n')}\n`);
  const connection = await duckdb.connect();
  const maxRowBytes = Math.max(...rows.map((row) => row.length)) * 3;
  const part = await writePart(connection, table, { path, rowCount: rows.length, maxRowBytes }, (row) => {
    throw new Error(row.reason);
  });
  connection.closeSync();
  const query = {
    tables: [{ table, paths: [part?.path ?? ''] }],
    from: '0001-01-01 00:00:00',
    to: '9999-12-31 00:00:00',
  };
  const back: LogEvent[] = [];
  for await (const batch of readStoredEvents({ duckdb, parse: parseStored }, { ...query, signal })) back.push(...batch);
  return back;
}

const byRow = (one: LogEvent, other: LogEvent) => (one.p_row_id < other.p_row_id ? -1 : 1);

test('need 22: an event of any log type comes back from the lake as the live rules got it', async (t) => {
  t.after(() => duckdb.close());
  let count = 0;
  const logTypes = loadLogTypes(join(PACKAGE_ROOT, 'content', 'log-types'));
  for (const logType of logTypes.values()) {
    const events = await eventsOf(logType);
    if (events.length === 0) continue;
    count += events.length;
    const back = await throughLake(logType, events);
    const { columns } = logTable(logType.name, lakeColumns(logType));
    assert.deepEqual(back.sort(byRow), events.map((event) => asStored(event, columns)).sort(byRow), logType.name);
  }
  if (existsSync(FIXTURES)) assert.ok(readdirSync(FIXTURES).length > 50);
  assert.ok(count > logTypes.size, `${count} events of ${logTypes.size} log types`);
  t.diagnostic(`${count} events of ${logTypes.size} log types`);
});
