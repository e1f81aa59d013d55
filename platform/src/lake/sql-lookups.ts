/** Lookup tables in SQL, as `panther_lookups.<name>`: for each query their rows are written to a file of its own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { TableReference } from './sql-statement.ts';
import { identifier, literal } from './sql-text.ts';

export const LOOKUP_DATABASE = 'panther_lookups';

type Row = Readonly<Record<string, unknown>>;

/** Where the rows of lookup tables are. */
export interface LakeLookups {
  names(): Promise<readonly string[]>;
  /** By its name, whatever its case. Undefined when there is no such table. @throws UserError when it has no rows to read */
  rows(name: string): Promise<readonly Row[] | undefined>;
}

export interface LookupView {
  readonly path: string;
  /** Statements that make it. */
  readonly views: readonly string[];
}

/** `panther_lookups.x`, and `panther_lookups.public.x` as other warehouses have it. */
export function isLookup({ catalog, schema }: TableReference): boolean {
  if (catalog === '') return schema.toLowerCase() === LOOKUP_DATABASE;
  return catalog.toLowerCase() === LOOKUP_DATABASE && /^(public|main)$/i.test(schema);
}

/** Before the first view. */
export const LOOKUP_SET_UP: readonly string[] = [
  `ATTACH ':memory:' AS ${LOOKUP_DATABASE}`,
  `CREATE SCHEMA ${LOOKUP_DATABASE}.public`,
];

/** @throws UserError when there is no such table. */
export async function lookupView(name: string, lookups: LakeLookups | undefined, folder: string): Promise<LookupView> {
  const rows = await lookups?.rows(name);
  if (rows === undefined) throw await unknownLookup(name, lookups);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${Buffer.from(name).toString('hex').slice(0, 200)}.ndjson`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const columns = columnsOf(rows).map(([column, type]) => `${literal(column)}: ${literal(type)}`);
  const select =
    columns.length === 0
      ? 'SELECT NULL AS nothing WHERE false'
      : `SELECT * FROM read_json(${literal(path)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
  const schemas = ['main', 'public'];
  return {
    path,
    views: schemas.map((schema) => `CREATE VIEW ${LOOKUP_DATABASE}.${schema}.${identifier(name)} AS ${select}`),
  };
}

async function unknownLookup(name: string, lookups: LakeLookups | undefined): Promise<UserError> {
  const names = (await lookups?.names()) ?? [];
  const hint = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
  return new UserError(`there is no lookup table "${name}"; ${hint}`);
}

/** Of every row; names that differ only in case are one column, as in SQL. */
function columnsOf(rows: readonly Row[]): readonly (readonly [string, string])[] {
  const columns = new Map<string, { readonly name: string; types: ReadonlySet<string> }>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value === null || value === undefined) continue;
      const column = columns.get(name.toLowerCase());
      const type = typeOf(value);
      if (column === undefined) columns.set(name.toLowerCase(), { name, types: new Set([type]) });
      else if (!column.types.has(type)) column.types = new Set([...column.types, type]);
    }
  }
  return [...columns.values()].map(({ name, types }) => {
    const [first = 'VARCHAR', ...others] = types;
    const areNumbers = [...types].every((type) => type === 'BIGINT' || type === 'DOUBLE');
    return [name, others.length === 0 ? first : areNumbers ? 'DOUBLE' : 'VARCHAR'];
  });
}

/** What is nested is JSON text. */
function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE';
  return 'VARCHAR';
}
