/**
 * Reads events back from the lake as the pipeline gave them to detections: absent fields are absent, JSON columns are
 * values, times have nine digits. Parquet keeps microseconds: the three digits after them come back as zeros.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogEvent } from '../core/event.ts';
import type { Column, ColumnType, LakeTable } from '../core/table.ts';
import type { Duckdb } from './duckdb.ts';
import { emptySelect, identifier, list, literal, storedType } from './sql-text.ts';

export interface StoredEventsQuery {
  /** Tables with the paths of their files. */
  readonly tables: readonly StoredTable[];
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]`, UTC; `from` is included, `to` is not. */
  readonly from: string;
  readonly to: string;
  readonly signal: AbortSignal;
}

export interface StoredTable {
  readonly table: LakeTable;
  readonly paths: readonly string[];
  /** SQL over the columns; every event without it. */
  readonly where?: string | undefined;
}

export interface StoredEventsOptions {
  readonly duckdb: Duckdb;
  /** Of JSON; integers beyond 2^53 become `bigint`. */
  parse(text: string): unknown;
}

/** Batches of events, in no order: rows as text would need a hundred times the memory of their times to be sorted. */
export async function* readStoredEvents(
  { duckdb, parse }: StoredEventsOptions,
  query: StoredEventsQuery,
): AsyncGenerator<readonly LogEvent[]> {
  const tables = query.tables.filter(({ paths }) => paths.length > 0);
  if (tables.length === 0) return;
  const restore = tables.map(({ table }) => restorer(table.columns, parse));
  const connection = await duckdb.connect();
  const stop = interruptOn(query.signal, connection);
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const selects = tables.map((one, index) => selectJson(one, index, query));
    const result = await connection.stream(`${selects.join(' UNION ALL ')}`);
    for (;;) {
      query.signal.throwIfAborted();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      const [numbers, jsons] = [chunk.getColumnValues(0), chunk.getColumnValues(1)];
      yield jsons.map((json, row) => (restore[Number(numbers[row])] as Restore)(json as string));
    }
  } finally {
    stop();
    connection.closeSync();
  }
}

function interruptOn(signal: AbortSignal, connection: DuckDBConnection): () => void {
  const interrupt = () => connection.interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  return () => signal.removeEventListener('abort', interrupt);
}

function inTime({ from, to }: Pick<StoredEventsQuery, 'from' | 'to'>): string {
  return `p_event_time >= TIMESTAMP ${literal(from)} AND p_event_time < TIMESTAMP ${literal(to)}`;
}

/** No column's name, which would stand for the column. */
const ROW = '"(row)"';

/** Not the views of queries: partitions would hide fields of the same names. */
function selectJson({ table, paths, where }: StoredTable, index: number, query: StoredEventsQuery): string {
  const columns = table.columns.map(({ name, type }) => {
    // Without its cast an object would also show the fields that only younger or older files have.
    return type.kind === 'scalar'
      ? identifier(name)
      : `${identifier(name)}::${storedType(type)} AS ${identifier(name)}`;
  });
  const files = `SELECT * FROM read_parquet(${list(paths)}, union_by_name=true, hive_partitioning=false)`;
  const rows = `SELECT ${columns.join(', ')} FROM ((${emptySelect(table.columns)}) UNION ALL BY NAME (${files}))`;
  const found = `SELECT ${index} AS "n", to_json(${ROW})::VARCHAR AS "j" FROM (${rows}) ${ROW}`;
  return `${found} WHERE ${inTime(query)}${where === undefined ? '' : ` AND (${where})`}`;
}

type Restore = (json: string) => LogEvent;
type Fields = Record<string, unknown>;
/** Of a value that is not null. */
type RestoreValue = (value: unknown) => unknown;

function restorer(columns: readonly Column[], parse: (text: string) => unknown): Restore {
  const restore = fieldsRestorer(columns, parse);
  return (json) => restore(parse(json)) as LogEvent;
}

function fieldsRestorer(columns: readonly Column[], parse: (text: string) => unknown): RestoreValue {
  const changes = new Map(columns.map(({ name, type }) => [name, valueRestorer(type, parse)]));
  return (value) => {
    const given = value as Fields;
    const fields: Fields = {};
    for (const name in given) {
      const one = given[name];
      if (one === null) continue;
      const change = changes.get(name);
      fields[name] = change === undefined ? one : change(one);
    }
    return fields;
  };
}

/** Undefined: as it is. */
function valueRestorer(type: ColumnType, parse: (text: string) => unknown): RestoreValue | undefined {
  if (type.kind === 'struct') return fieldsRestorer(type.fields, parse);
  if (type.kind === 'array') {
    const change = valueRestorer(type.element, parse);
    if (change === undefined) return undefined;
    return (value) => (value as readonly unknown[]).map((one) => (one === null ? null : change(one)));
  }
  if (type.type === 'timestamp') return (value) => withNanoseconds(value as string);
  return type.type === 'json' ? (value) => parse(value as string) : undefined;
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]` with nine digits after the point. */
function withNanoseconds(time: string): string {
  const point = time.indexOf('.');
  return point === -1 ? `${time}.000000000` : time.padEnd(point + 10, '0');
}
