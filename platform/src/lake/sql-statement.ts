/**
 * Reads users' SQL before anything of it runs: one statement, reading only, from tables of the lake only.
 *
 * It looks at the engine's own syntax tree, so what is checked is what is run. The instance on which it then runs is
 * closed as well (see `sql.ts`); each of the two has to hold alone.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../core/errors.ts';

/** A node of the engine's syntax tree. */
export type Node = { readonly [key: string]: unknown };

/** A table as the statement names it; schema and catalog are empty when it does not. */
export interface TableReference {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  /** The node, for what else the tree says about it. */
  readonly node: Node;
}

export interface Statement {
  /** What to run. */
  readonly sql: string;
  readonly isExplain: boolean;
  readonly tree: Node;
  readonly tables: readonly TableReference[];
  /** Names that `WITH` defines, in lower case. */
  readonly cteNames: ReadonlySet<string>;
  /** `SHOW TABLES` and the like. */
  readonly listsTables: boolean;
}

const MAX_CHARACTERS = 100_000;

/** Table functions that compute; every other one reads files, settings or the network, or runs text as SQL. */
const TABLE_FUNCTIONS = new Set([
  'range',
  'generate_series',
  'unnest',
  'json_each',
  'json_tree',
  'repeat',
  'repeat_row',
  'pg_timezone_names',
  'icu_calendar_names',
]);

/** Functions that tell about the process, wait, or change something. */
const REFUSED_FUNCTIONS = new Set([
  'current_setting',
  'getvariable',
  'getenv',
  'write_log',
  'sleep_ms',
  'pg_sleep',
  'nextval',
  'currval',
  'setseed',
  'which_secret',
  'add_parquet_key',
  'parse_duckdb_log_message',
]);

const SHOWS = new Set(['tables', 'databases', 'schemas', '__show_tables_expanded']);
const READ_ONLY = 'SELECT, WITH, VALUES, EXPLAIN, DESCRIBE, SHOW or SUMMARIZE';
const EXPLAIN = /^(?:\s|--[^\n]*\n|\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/)*explain(\s+analyze)?(?=[\s(])/i;

/** @throws UserError saying what is not allowed, or what the parser says. */
export async function readStatement(connection: DuckDBConnection, text: string): Promise<Statement> {
  if (text.trim() === '') throw new UserError('the query is empty');
  if (text.length > MAX_CHARACTERS) throw new UserError(`the query is longer than ${MAX_CHARACTERS} characters`);
  if (text.includes('\0')) throw new UserError('the query has a NUL character');
  const explain = EXPLAIN.exec(text);
  const body = explain === null ? text : text.slice(explain[0].length);
  const tree = await parse(connection, body);
  const found = collect(tree);
  const prefix = explain === null ? '' : `EXPLAIN${explain[1] === undefined ? '' : ' ANALYZE'} `;
  return { sql: `${prefix}${body}`, isExplain: explain !== null, tree, ...found };
}

/** The tree of a text that must be one `SELECT`, whatever its form. */
async function parse(connection: DuckDBConnection, sql: string): Promise<Node> {
  const parsed = JSON.parse(await serialize(connection, sql)) as {
    readonly error: boolean;
    readonly error_type?: string;
    readonly error_message?: string;
    /** Where in the text. */
    readonly position?: string;
    readonly statements?: readonly Node[];
  };
  if (parsed.error && parsed.error_type === 'not implemented') throw new UserError(`only ${READ_ONLY} can be run`);
  if (parsed.error) {
    const line = parsed.position === undefined ? {} : { line: lineAt(sql, Number(parsed.position)) };
    throw new UserError(`syntax error: ${parsed.error_message ?? 'unreadable'}`, line);
  }
  const [statement, ...more] = parsed.statements ?? [];
  if (statement === undefined) throw new UserError('the query is empty');
  if (more.length > 0) throw new UserError('one statement at a time, please');
  return statement;
}

/** `position` counts bytes. */
function lineAt(sql: string, position: number): number {
  return Buffer.from(sql).subarray(0, position).toString().split('\n').length;
}

async function serialize(connection: DuckDBConnection, sql: string): Promise<string> {
  try {
    const result = await connection.run('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
    return String((await result.getRows())[0]?.[0]);
  } catch (cause) {
    throw new UserError('the query cannot be parsed', {}, { cause });
  }
}

/** The text without semicolons at its end, so that it can stand in brackets. */
export async function withoutSemicolon(connection: DuckDBConnection, { sql }: Statement): Promise<string> {
  const whole = sql.includes(';') ? await serialize(connection, sql) : '';
  let shortest = sql;
  for (let end = sql.lastIndexOf(';'); end !== -1; end = sql.lastIndexOf(';', end - 1)) {
    const shorter = sql.slice(0, end);
    // Without a semicolon that stands in a text it is another statement, or none.
    if ((await serialize(connection, shorter)) !== whole) break;
    shortest = shorter;
  }
  return shortest;
}

type Collected = Pick<Statement, 'tables' | 'listsTables'> & { cteNames: Set<string> };

/** Visits every node, whatever its kind, so that nothing can hide in a kind we do not know. */
function collect(tree: Node): Collected {
  const tables: TableReference[] = [];
  const cteNames = new Set<string>();
  let listsTables = false;
  for (const node of nodes(tree)) {
    checkFunction(node);
    addCteNames(node, cteNames);
    if (node.type === 'BASE_TABLE') tables.push(toReference(node));
    if (node.type === 'SHOW_REF' && node.query === null) {
      checkShow(node);
      listsTables = true;
    }
  }
  return { tables, cteNames, listsTables };
}

/** Every object of the tree; without recursion, because trees can be deep. */
export function* nodes(tree: Node): Generator<Node> {
  const stack: unknown[] = [tree];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) yield value as Node;
    stack.push(...Object.values(value));
  }
}

function checkFunction(node: Node): void {
  if (node.type === 'TABLE_FUNCTION') {
    const name = text((node.function as Node | undefined)?.function_name).toLowerCase();
    if (!TABLE_FUNCTIONS.has(name)) throw new UserError(`the table function ${name} is not allowed`);
  }
  const name = text(node.function_name).toLowerCase();
  if (REFUSED_FUNCTIONS.has(name)) throw new UserError(`the function ${name} is not allowed`);
}

function addCteNames(node: Node, names: Set<string>): void {
  const map = (node.cte_map as { readonly map?: readonly { readonly key: string }[] } | undefined)?.map ?? [];
  const recursive = [node.cte_name, node.ctename].filter((name) => typeof name === 'string' && name !== '');
  for (const name of [...map.map(({ key }) => key), ...(recursive as string[])]) {
    if (!/^[\p{L}_][\p{L}\p{N}_ -]*$/u.test(name) || /^(duckdb|pragma|sqlite|pg)_/i.test(name)) {
      throw new UserError(`"${name}" cannot be the name of a WITH query; use letters, digits and _`);
    }
    names.add(name.toLowerCase());
  }
}

function checkShow(node: Node): void {
  const name = text(node.table_name).replaceAll('"', '');
  if (!SHOWS.has(name.toLowerCase())) throw new UserError(`SHOW ${name} is not allowed; use SHOW TABLES or DESCRIBE`);
}

function toReference(node: Node): TableReference {
  if (node.at_clause !== null && node.at_clause !== undefined) throw new UserError('AT is not allowed');
  return {
    catalog: text(node.catalog_name),
    schema: text(node.schema_name),
    name: text(node.table_name),
    node,
  };
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
