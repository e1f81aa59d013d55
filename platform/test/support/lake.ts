/** A lake in a temporary folder, with the embedded adapters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderObjects } from '../../src/adapters/embedded/folder-objects.ts';
import { openSqliteState } from '../../src/adapters/embedded/sqlite-state.ts';
import type { Column, ColumnType, LakeTable, ScalarType } from '../../src/core/table.ts';
import { type Catalog, createCatalog } from '../../src/lake/catalog.ts';
import { createDuckdb, type Duckdb } from '../../src/lake/duckdb.ts';
import { hourOf, type LakeFile } from '../../src/lake/layout.ts';
import { createLakeSql, type LakeSql, type QueryOptions } from '../../src/lake/sql.ts';
import type { Json } from '../../src/lake/sql-values.ts';
import { logTable } from '../../src/lake/tables.ts';
import { createLakeWriter, type LakeWriter, type LakeWriterOptions } from '../../src/lake/writer.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { State } from '../../src/ports/state/state.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface TestLake {
  readonly root: string;
  readonly state: State;
  readonly objects: Objects;
  readonly catalog: Catalog;
  readonly duckdb: Duckdb;
  readonly tmpDir: string;
  /** What `clock.now()` says; tests move it. */
  time: Date;
  sql(tables: readonly LakeTable[]): LakeSql;
  writer(commitId: string, options?: Partial<LakeWriterOptions>): LakeWriter;
  /** Writes rows and commits them. */
  store(commitId: string, table: LakeTable, rows: readonly Row[]): Promise<readonly LakeFile[]>;
  close(): Promise<void>;
}

export async function openTestLake(): Promise<TestLake> {
  const root = await mkdtemp(join(tmpdir(), 'panther-lake-'));
  const state = openSqliteState(join(root, 'state.db'));
  await state.migrate();
  const objects = openFolderObjects(join(root, 'objects'));
  const tmpDir = join(root, 'tmp');
  const duckdb = createDuckdb({ tmpDir, memoryBytes: 256 << 20, threads: 2 });
  const lake: TestLake = {
    root,
    state,
    objects,
    duckdb,
    tmpDir,
    time: new Date('2026-03-04T05:06:07Z'),
    catalog: createCatalog({ state, objects, clock: { now: () => lake.time } }),
    sql: (tables) => createLakeSql({ catalog: lake.catalog, objects, duckdb, tmpDir, tables: () => tables }),
    writer: (commitId, options = {}) =>
      createLakeWriter({ objects, catalog: lake.catalog, duckdb, tmpDir, commitId, ...options }),
    async store(commitId, table, rows) {
      const writer = lake.writer(commitId);
      for (const row of rows) writer.append(table, hourOf(String(row.p_event_time)), JSON.stringify(row));
      const files = await writer.finish();
      await state.transaction((tx) => lake.catalog.promote(tx, commitId, files.length));
      return files;
    },
    async close() {
      await duckdb.close();
      await state.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  return lake;
}

/** A table `Custom.<name>` with the given columns, e.g. `{ user: 'string', tags: ['string'], who: { id: 'int' } }`. */
export function testTable(name: string, fields: Shape): LakeTable {
  return logTable(`Custom.${name}`, toColumns(fields));
}

export interface Shape {
  readonly [name: string]: ShapeType;
}
type ShapeType = ScalarType | readonly [ShapeType] | Shape;

function toColumns(shape: Shape): readonly Column[] {
  return Object.entries(shape).map(([name, type]) => ({ name, type: toType(type) }));
}

function toType(type: ShapeType): ColumnType {
  if (typeof type === 'string') return { kind: 'scalar', type };
  if (Array.isArray(type)) return { kind: 'array', element: toType(type[0] as ShapeType) };
  return { kind: 'struct', fields: toColumns(type as Shape) };
}

/** An event with its standard fields. */
export function testRow(position: number, eventTime: string, fields: Row = {}): Row {
  return {
    ...fields,
    p_log_type: 'Custom.Test',
    p_row_id: position.toString(16).padStart(40, '0'),
    p_event_time: `${eventTime}.000000000`,
    p_parse_time: '2026-03-04 05:06:07.000000000',
    p_source_id: 'source-1',
    p_source_label: 'test source',
  };
}

/** The rows of a query as objects. */
export async function select(
  sql: LakeSql,
  text: string,
  options?: QueryOptions,
): Promise<readonly Record<string, Json>[]> {
  const run = await sql.query(text, options);
  const found: Record<string, Json>[] = [];
  for await (const rows of run.rows) {
    for (const row of rows) found.push(Object.fromEntries(run.columns.map(({ name }, i) => [name, row[i] ?? null])));
  }
  return found;
}
