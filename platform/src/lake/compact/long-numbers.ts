/** Whole numbers among fractions: a column of fractions would round those of more than 15 digits. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { literal } from '../sql-text.ts';
import { type JsonFiles, jsonObjects } from './json-source.ts';
import { type TableSchema, withText } from './table-schema.ts';

const MAX_EXACT = 2n ** 53n;

/** The schema with JSON text in the place of the columns of fractions that have such numbers. */
export async function withLongNumbers(
  connection: DuckDBConnection,
  files: JsonFiles,
  schema: TableSchema,
  declared: TableSchema,
): Promise<TableSchema> {
  const fractions: string[] = [];
  withText(schema, declared, ({ type }, path) => {
    // What is in arrays has no address of its own.
    if (type === 'double' && !path.includes('')) fractions.push(pointer(path));
    return false;
  });
  if (fractions.length === 0) return schema;
  const long = await find(connection, files, fractions);
  return withText(schema, declared, ({ type }, path) => type === 'double' && long.has(pointer(path)));
}

async function find(connection: DuckDBConnection, files: JsonFiles, pointers: readonly string[]) {
  const isLong = (text: string) =>
    `coalesce(bool_or(regexp_full_match(${text}, '-?[0-9]{16,}') AND abs(try_cast(${text} AS DOUBLE)) >= ${MAX_EXACT}), false)`;
  const questions = pointers.map((path) => isLong(`json_extract(json, ${literal(path)})::VARCHAR`));
  const result = await connection.runAndReadAll(`SELECT ${questions.join(', ')} FROM ${jsonObjects(files)}`);
  const answers = result.getRows()[0] ?? [];
  return new Set(pointers.filter((_, index) => answers[index] === true));
}

/** JSON pointer: a path with quotes could not name every key. */
function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
