/** The databases of the lake as DuckDB schemas: views over the files that a query can need. */
import type { Column, LakeDatabase, LakeTable } from '../core/table.ts';
import { LAKE_DATABASES } from '../core/table.ts';
import { PARTITION_COLUMNS } from './layout.ts';
import { emptySelect, identifier, list, literal, storedType } from './sql-text.ts';
import { ERROR_VIEW_COLUMNS, MATCH_VIEW_COLUMNS, VIEW_COLUMNS } from './tables.ts';

export const VIEW_DATABASE = 'panther_views';
export const DATABASES: readonly string[] = [...LAKE_DATABASES, VIEW_DATABASE];

/** A view of `panther_views`: all tables of a database, by their common columns. */
export interface UnionView {
  readonly name: string;
  readonly database: LakeDatabase;
  readonly columns: readonly Column[];
}

export const UNION_VIEWS: readonly UnionView[] = [
  { name: 'all_logs', database: 'panther_logs', columns: VIEW_COLUMNS },
  { name: 'all_cloudsecurity', database: 'panther_cloudsecurity', columns: VIEW_COLUMNS },
  { name: 'all_rule_matches', database: 'panther_rule_matches', columns: MATCH_VIEW_COLUMNS },
  { name: 'all_rule_errors', database: 'panther_rule_errors', columns: ERROR_VIEW_COLUMNS },
];

const PARTITION: readonly Column[] = PARTITION_COLUMNS.map((name) => ({ name, type: { kind: 'scalar', type: 'int' } }));
const DB_NAME: Column = { name: 'p_db_name', type: { kind: 'scalar', type: 'string' } };
const HIVE_TYPES = `{${PARTITION_COLUMNS.map((name) => `${literal(name)}: INTEGER`).join(', ')}}`;

/** `paths` are the addresses of the table's files. Columns that a file does not have are NULL. */
export function tableView(table: LakeTable, paths: readonly string[]): string {
  return `CREATE VIEW ${qualified(table.database, table.name)} AS ${selectFiles(table.columns, paths)}`;
}

export function unionView(view: UnionView, tables: readonly { table: LakeTable; paths: readonly string[] }[]): string {
  const selects = tables.map(({ table, paths }) => {
    const names = new Set(table.columns.map(({ name }) => name));
    const columns = view.columns.filter(({ name }) => names.has(name));
    return `SELECT *, ${literal(table.database)} AS p_db_name FROM (${selectFiles(columns, paths)})`;
  });
  const empty = emptySelect([...view.columns, ...PARTITION, DB_NAME]);
  const body = [empty, ...selects].map((select) => `(${select})`).join(' UNION ALL BY NAME ');
  return `CREATE VIEW ${qualified(VIEW_DATABASE, view.name)} AS ${body}`;
}

/** A view without files, for lists of tables and columns. */
export function emptyTable(table: LakeTable): string {
  return tableView(table, []);
}

function selectFiles(declared: readonly Column[], paths: readonly string[]): string {
  // A partition column hides a field of the same name, as it does in every engine that reads Hive partitions.
  const reserved = new Set<string>(PARTITION_COLUMNS);
  const columns = [...declared.filter(({ name }) => !reserved.has(name.toLowerCase())), ...PARTITION];
  if (paths.length === 0) return emptySelect(columns);
  const options = `union_by_name=true, hive_partitioning=true, hive_types=${HIVE_TYPES}`;
  const files = `SELECT * FROM read_parquet(${list(paths)}, ${options})`;
  // Without its cast an object would also show the fields that only younger or older files have.
  const values = columns.map(({ name, type }) => {
    return type.kind === 'scalar'
      ? identifier(name)
      : `${identifier(name)}::${storedType(type)} AS ${identifier(name)}`;
  });
  return `SELECT ${values.join(', ')} FROM ((${emptySelect(columns)}) UNION ALL BY NAME (${files}))`;
}

function qualified(database: string, name: string): string {
  return `${identifier(database)}.${identifier(name)}`;
}
