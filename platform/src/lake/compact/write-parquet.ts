/** One Parquet file out of the rows of a batch: sorted by time, zstd, in row groups with statistics. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { PARQUET_OPTIONS } from '../part.ts';
import { list, literal } from '../sql-text.ts';
import type { FetchedRows } from './fetch-rows.ts';
import {
  isAboutKeys,
  isAboutNumbers,
  isAboutRows,
  type JsonFiles,
  type JsonSource,
  jsonObjects,
  jsonSource,
} from './json-source.ts';
import { withLongNumbers } from './long-numbers.ts';
import { setApart, type UnfitRows } from './set-apart.ts';
import { readStructures } from './structure.ts';
import { extendSchema, type TableSchema, withoutIntegers } from './table-schema.ts';

export interface WriteOptions {
  readonly connection: DuckDBConnection;
  readonly rows: FetchedRows;
  /** Parquet files that are merged with the rows. */
  readonly parquet: readonly string[];
  /** Of this batch alone. */
  readonly folder: string;
  readonly schema: SchemaKeeper;
}

/** What is known of a table's columns; grows from batch to batch. */
export interface SchemaKeeper {
  readonly declared: TableSchema;
  current: TableSchema;
}

export interface Written {
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** The JSON rows that were read, and as what. */
  readonly json: JsonFiles;
  readonly source: JsonSource | undefined;
  readonly unfit: readonly UnfitRows[];
}

export async function writeParquet(options: WriteOptions): Promise<Written> {
  const { rows } = options;
  if (rows.paths.length === 0) {
    return { ...(await copy(options, undefined)), json: { paths: [] }, source: undefined, unfit: [] };
  }
  const whole = await attempt(options, { paths: rows.paths });
  if (whole !== undefined) return { ...whole, unfit: [] };
  // First without what is no JSON object, which stands in the way of learning what the others are like.
  const objects = await setApart({ ...options, ...probing(options, undefined), segments: rows.segments });
  const learned = await attempt(options, objects.rows);
  if (learned !== undefined) return { ...learned, unfit: objects.unfit };
  const fitting = await setApart({ ...options, ...probing(options, options.schema.current), segments: rows.segments });
  const sound = await attempt(options, fitting.rows);
  if (sound !== undefined) return { ...sound, unfit: fitting.unfit };
  throw new Error('rows that were read one by one cannot be read together');
}

/** Undefined when there are rows that cannot be read. */
async function attempt(options: WriteOptions, json: JsonFiles): Promise<Omit<Written, 'unfit'> | undefined> {
  const { connection, schema, folder } = options;
  let columns: TableSchema | undefined = schema.declared.isKnown ? schema.current : await learn(options, json);
  for (let left = 2; columns !== undefined; left -= 1) {
    const source = await jsonSource(connection, columns, json, join(folder, 'template.json'));
    try {
      return { ...(await copy(options, source)), json, source };
    } catch (error) {
      if (!(error instanceof Error) || !isAboutRows(error)) throw error;
      if (left === 0) return undefined;
      if (isAboutKeys(error)) columns = await learn(options, json);
      else if (!columns.isKnown && isAboutNumbers(error)) columns = withoutIntegers(columns, schema.declared);
      else return undefined;
    }
  }
  return undefined;
}

/** Every column of the rows; undefined when not even that can be read. */
async function learn({ connection, schema }: WriteOptions, json: JsonFiles): Promise<TableSchema | undefined> {
  try {
    let columns = schema.current;
    for await (const structure of readStructures(connection, json)) {
      columns = extendSchema(columns, schema.declared, structure);
    }
    if (!columns.isKnown) columns = await withLongNumbers(connection, json, columns, schema.declared);
    // Where two batches of a table learn at a time, one will have to learn again.
    schema.current = columns;
    return columns;
  } catch (error) {
    if (error instanceof Error && isAboutRows(error)) return undefined;
    throw error;
  }
}

async function copy({ connection, parquet, folder }: WriteOptions, source: JsonSource | undefined) {
  const path = join(folder, 'merged.parquet');
  const merged = `SELECT * FROM read_parquet(${list(parquet)}, union_by_name=true, hive_partitioning=false)`;
  const rows = [...(source ? [source.sql] : []), ...(parquet.length > 0 ? [merged] : [])].join(' UNION ALL BY NAME ');
  const result = await connection.run(
    `COPY (SELECT * FROM (${rows}) ORDER BY p_event_time) TO ${literal(path)} (${PARQUET_OPTIONS})`,
  );
  const rowCount = result.rowsChanged;
  const written = await countRows(connection, [path]);
  if (written !== rowCount) throw new Error(`${rowCount} rows were given and ${written} written`);
  return { path, rowCount, sizeBytes: (await stat(path)).size };
}

export async function countRows(connection: DuckDBConnection, paths: readonly string[]): Promise<number> {
  const counted = await connection.runAndReadAll(
    `SELECT count(*) FROM read_parquet(${list(paths)}, union_by_name=true)`,
  );
  return Number(counted.getRows()[0]?.[0]);
}

/** Without columns: only whether each row is a JSON object. */
function probing({ connection, folder }: WriteOptions, schema: TableSchema | undefined) {
  async function question(files: JsonFiles): Promise<string> {
    if (schema === undefined) return `SELECT bit_xor(hash(json::MAP(VARCHAR, JSON))) FROM ${jsonObjects(files)}`;
    const { sql } = await jsonSource(connection, schema, files, join(folder, 'probe-template.json'));
    return `SELECT bit_xor(hash(r)) FROM (${sql}) r`;
  }
  return {
    schema,
    async probe(path: string, maxRowBytes: number): Promise<string | undefined> {
      try {
        await connection.run(await question({ paths: [path], maxRowBytes }));
        return undefined;
      } catch (error) {
        if (error instanceof Error && isAboutRows(error)) return reasonOf(error);
        throw error;
      }
    },
  };
}

/** What the engine says, without the name of our scratch file and its advice. */
function reasonOf({ message }: Error): string {
  return (message.split('\n', 1)[0] ?? '').replace(/^.*? in line \d+: /, '').replace(/ in file "[^"]*"/, '');
}
