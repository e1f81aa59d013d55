/**
 * Whether a new file has what the old ones had: number of rows, and for every column a sum over its values that does not
 * depend on their order. What was before is read another way: single values as the texts that they were, and numbers
 * digit by digit.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '../../core/table.ts';
import { identifier, jsonReadType, list, literal, storedType } from '../sql-text.ts';
import { type JsonFiles, type JsonSource, rowOptions } from './json-source.ts';

export interface Comparison {
  readonly json: JsonFiles;
  readonly source: JsonSource | undefined;
  readonly parquet: readonly string[];
  readonly written: string;
}

/** How whole numbers are compared: by their texts, or by their values, which takes ten times as long. */
type Numbers = 'text' | 'value';

/** What differs; empty when nothing does. */
export async function findDifferences(connection: DuckDBConnection, comparison: Comparison): Promise<string[]> {
  const found = await compare(connection, comparison, 'text');
  // `12.0` and `1e3` are written otherwise than they are stored.
  return found.length === 0 ? found : compare(connection, comparison, 'value');
}

async function compare(
  connection: DuckDBConnection,
  { json, source, parquet, written }: Comparison,
  numbers: Numbers,
): Promise<string[]> {
  const columns = await columnsOf(connection, written);
  const after = await checksums(
    connection,
    parquetRows([written]),
    columns.map(({ name }) => comparable(name, source, numbers)),
  );
  const before = new Map<string, bigint>();
  const add = (sums: ReadonlyMap<string, bigint>) => {
    for (const [name, sum] of sums) before.set(name, (before.get(name) ?? 0n) + sum);
  };
  if (source !== undefined)
    add(
      await checksums(
        connection,
        jsonRows(json, source),
        source.columns.map((column) => original(column, numbers)),
      ),
    );
  if (parquet.length > 0) {
    const own = new Set((await columnsOf(connection, ...parquet)).map(({ name }) => name));
    const shared = columns.filter(({ name }) => own.has(name));
    // As the types of the new file: the old ones may have narrower ones.
    add(
      await checksums(
        connection,
        parquetRows(parquet),
        shared.map(({ name, type }) => comparable(name, source, numbers, type)),
      ),
    );
  }
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name) ?? 0n, after.get(name) ?? 0n];
    if (was === is) return [];
    return [name === ROWS ? `${was} rows before, ${is} after` : `the values of ${name} differ`];
  });
}

const ROWS = '';

interface Expression {
  readonly name: string;
  readonly sql: string;
}

/** Nulls count nothing, so that a column that a file lacks is like one without values. */
async function checksums(connection: DuckDBConnection, rows: string, columns: readonly Expression[]) {
  const sums = columns.map(({ sql }) => `sum(CASE WHEN (${sql}) IS NULL THEN 0 ELSE hash(${sql}) END)::VARCHAR`);
  const result = await connection.runAndReadAll(`SELECT ${['count(*)::VARCHAR', ...sums].join(', ')} FROM ${rows}`);
  const values = result.getRows()[0] ?? [];
  return new Map(
    ['', ...columns.map(({ name }) => name)].map((name, index) => [name, BigInt(String(values[index] ?? 0))]),
  );
}

/** Single values as their texts. Of keys that differ in case only, the engine can read so but one. */
function jsonRows(files: JsonFiles, { sql, columns }: JsonSource): string {
  if (columns.some(({ key, name }) => key !== name)) return `(${sql})`;
  const types = columns.map(
    ({ key, type }) => `${literal(key)}: ${literal(isPlain(type) ? 'VARCHAR' : jsonReadType(type))}`,
  );
  return `read_json(${list(files.paths)}, columns={${types.join(', ')}}, ${rowOptions(files)})`;
}

function isPlain(type: ColumnType): boolean {
  return type.kind === 'scalar' && type.type !== 'json';
}

function parquetRows(paths: readonly string[]): string {
  return `read_parquet(${list(paths)}, union_by_name=true, hive_partitioning=false)`;
}

/** A value as it was written, made comparable. */
function original({ name, type }: JsonSource['columns'][number], numbers: Numbers): Expression {
  const column = identifier(name);
  if (type.kind !== 'scalar') return { name, sql: `${column}::${storedType(type)}::VARCHAR` };
  return { name, sql: type.type === 'json' ? `${column}::VARCHAR` : plain(column, type, numbers) };
}

function comparable(name: string, source: JsonSource | undefined, numbers: Numbers, storedAs?: string): Expression {
  const type = source?.columns.find((column) => column.name === name)?.type;
  const column = storedAs === undefined ? identifier(name) : `${identifier(name)}::${storedAs}`;
  if (type === undefined || type.kind !== 'scalar' || type.type === 'json') return { name, sql: `${column}::VARCHAR` };
  return { name, sql: plain(column, type, numbers) };
}

/** Numbers with every digit: a fraction in a column of whole numbers shows. */
function plain(value: string, { type }: Extract<ColumnType, { kind: 'scalar' }>, numbers: Numbers): string {
  const isWhole = type === 'bigint' || type === 'int' || type === 'smallint';
  if (isWhole && numbers === 'value') return `${value}::DECIMAL(38, 12)`;
  if (isWhole || type === 'string') return `${value}::VARCHAR`;
  return `${value}::${storedType({ kind: 'scalar', type })}::VARCHAR`;
}

async function columnsOf(connection: DuckDBConnection, ...paths: readonly string[]) {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${parquetRows(paths)}`);
  return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}
