/** Names and texts as DuckDB reads them, and the SQL types of the lake's columns. */
import type { Column, ColumnType, ScalarType } from '../core/table.ts';

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function list(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}

const STORED: Readonly<Record<ScalarType, string>> = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
  json: 'VARCHAR',
};

/** The type of a column in Parquet and in queries. */
export function storedType(type: ColumnType): string {
  return sqlType(type, STORED);
}

/** The type as which JSON text is read: a `json` value stays the JSON that it was, a string with its quotes. */
export function jsonReadType(type: ColumnType): string {
  return sqlType(type, { ...STORED, json: 'JSON' });
}

/** `SELECT` that gives no rows and every column with its type. */
export function emptySelect(columns: readonly Column[]): string {
  return `SELECT ${columns.map(({ name, type }) => `NULL::${storedType(type)} AS ${identifier(name)}`).join(', ')} WHERE false`;
}

function sqlType(type: ColumnType, scalars: Readonly<Record<ScalarType, string>>): string {
  if (type.kind === 'scalar') return scalars[type.type];
  if (type.kind === 'array') return `${sqlType(type.element, scalars)}[]`;
  const fields = type.fields.map((field) => `${identifier(field.name)} ${sqlType(field.type, scalars)}`);
  return `STRUCT(${fields.join(', ')})`;
}
