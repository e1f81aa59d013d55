/**
 * JSON rows as a source of a query, with every column in its type, and with an error for what would get lost.
 *
 * The engine refuses keys that it does not know, at any depth, only where it has found out the types by itself. So it
 * finds them out from a template: two rows that have every key, with values of the wanted types, read before the data
 * and left out of the result. Measured, that costs nothing against columns that are declared.
 */
import { writeFile } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column, ColumnType, ScalarType } from '../../core/table.ts';
import { identifier, list, storedType } from '../sql-text.ts';
import type { TableSchema } from './table-schema.ts';

export interface JsonSource {
  /** `SELECT` of every column. */
  readonly sql: string;
  readonly columns: readonly SourceColumn[];
}

export interface SourceColumn extends Column {
  /** In JSON; `name` differs where two keys differ in case only. */
  readonly key: string;
}

export interface JsonFiles {
  readonly paths: readonly string[];
  /** Of the longest row; 16 MiB without it. */
  readonly maxRowBytes?: number;
}

const MARK = '_panther_template';
const READ_BY_TEMPLATE =
  'sample_size=2, maximum_sample_files=1, maximum_depth=-1, ' +
  'map_inference_threshold=-1, field_appearance_threshold=0';
const DEFAULT_ROW_BYTES = 16 << 20;

/** @param templatePath where the template is written; the caller removes it */
export async function jsonSource(
  connection: DuckDBConnection,
  schema: TableSchema,
  files: JsonFiles,
  templatePath: string,
): Promise<JsonSource> {
  const read = schema.columns.map(({ name, type }) => ({ name, type: isCheckedText(schema, type) ? TEXT : type }));
  await writeFile(templatePath, template(read));
  const options = `${READ_BY_TEMPLATE}, ${rowOptions(files)}`;
  const names = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_json(${list([templatePath])}, ${options})`);
  const columns = schema.columns.map((column, index) => ({
    key: column.name,
    name: String(names.getRows()[index]?.[0]),
    type: column.type,
  }));
  const values = columns.map(({ name, type }) => {
    const value = isCheckedText(schema, type) ? wholeNumber(identifier(name)) : identifier(name);
    return `${value}::${storedType(type)} AS ${identifier(name)}`;
  });
  const rows = `read_json(${list([templatePath, ...files.paths])}, ${options})`;
  return { columns, sql: `SELECT ${values.join(', ')} FROM ${rows} WHERE ${identifier(MARK)} IS NULL` };
}

const TEXT: ColumnType = { kind: 'scalar', type: 'string' };
const WHOLE: ReadonlySet<ScalarType> = new Set(['smallint', 'int', 'bigint']);

/** The engine would round fractions without a word where types do not come from the values themselves. */
function isCheckedText({ isKnown }: TableSchema, type: ColumnType): boolean {
  return isKnown && type.kind === 'scalar' && WHOLE.has(type.type);
}

function wholeNumber(text: string): string {
  return `CASE WHEN contains(${text}, '.') THEN error('a fraction where a whole number is declared') ELSE ${text} END`;
}

/** In the order of the columns: an object of JavaScript would put keys like `0` first. */
function template(columns: readonly Column[]): string {
  const row = (index: 0 | 1) => {
    const values = columns.map(({ name, type }) => `${JSON.stringify(name)}:${JSON.stringify(example(type, index))}`);
    return `{${[...values, `${JSON.stringify(MARK)}:true`].join(',')}}\n`;
  };
  return row(0) + row(1);
}

/** Texts of timestamps are read as texts and converted by the query. Of two kinds, JSON text is made. */
const EXAMPLES: Readonly<Record<ScalarType, readonly [unknown, unknown]>> = {
  string: ['x', 'x'],
  timestamp: ['x', 'x'],
  boolean: [true, true],
  smallint: [1, 1],
  int: [1, 1],
  bigint: [1, 1],
  double: [1.5, 1.5],
  json: [1, 'x'],
};

function example(type: ColumnType, index: 0 | 1): unknown {
  if (type.kind === 'scalar') return EXAMPLES[type.type][index];
  if (type.kind === 'array') return [example(type.element, index)];
  return Object.fromEntries(type.fields.map(({ name, type: field }) => [name, example(field, index)]));
}

/** The rows as one column, `json`. */
export function jsonObjects(files: JsonFiles): string {
  return `read_json_objects(${list(files.paths)}, ${rowOptions(files)})`;
}

/** One row a line. */
export function rowOptions({ maxRowBytes = 0 }: JsonFiles): string {
  return `format='newline_delimited', maximum_object_size=${Math.max(DEFAULT_ROW_BYTES, maxRowBytes + 16)}`;
}

/** The engine met a key that the schema does not have. */
export function isAboutKeys(error: Error): boolean {
  return /has unknown key/.test(error.message);
}

/** It met a number that the column's type does not hold. */
export function isAboutNumbers(error: Error): boolean {
  return /Failed to cast value to numerical|out of range/.test(error.message);
}

/** It found rows that it cannot read, as opposed to a full disk or no memory. */
export function isAboutRows(error: Error): boolean {
  return /^(Invalid Input|Conversion|Out of Range) Error/.test(error.message);
}
