/**
 * The hours that a query can need of a table, from comparisons of `p_event_time` and of the partition columns with
 * constants. The files of other hours are left out before the engine opens a single one; the engine still applies
 * every condition itself, so a range may only be too wide.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Node, nodes, type Statement, text } from './sql-statement.ts';

/** From and to are `YYYY-MM-DDTHH`, both included. */
export interface HourRange {
  readonly fromHour?: string;
  readonly toHour?: string;
}

/** Milliseconds since 1970. */
interface Bounds {
  from: number;
  to: number;
}

const HOUR_MS = 3_600_000;
const ALWAYS: Readonly<Bounds> = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Functions whose value does not change within a statement. */
const STEADY = new Set(
  `- + * now today current_timestamp current_date get_current_timestamp transaction_timestamp date_trunc trunc
  to_years to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds make_timestamp make_date strptime
  to_timestamp epoch_ms`.split(/\s+/),
);

/** Ranges of the table nodes that have one. */
export async function hourRanges(
  connection: DuckDBConnection,
  statement: Statement,
): Promise<ReadonlyMap<Node, HourRange>> {
  const ranges = new Map<Node, HourRange>();
  for (const node of nodes(statement.tree)) {
    if (node.type !== 'SELECT_NODE' || !isNode(node.where_clause)) continue;
    const tables = joinedTables(node.from_table);
    const conditions = conjuncts(node.where_clause);
    for (const table of tables) {
      const range = toRange(await boundsOf(connection, table, tables.length === 1, conditions));
      if (range !== undefined) ranges.set(table, range);
    }
  }
  return ranges;
}

/** The tables of a `FROM`. None where leaving out rows of one table could change which rows of another are joined. */
function joinedTables(from: unknown): readonly Node[] {
  if (!isNode(from)) return [];
  if (from.type === 'BASE_TABLE') return isNode(from.sample) ? [] : [from];
  if (from.type !== 'JOIN' || !['REGULAR', 'CROSS'].includes(text(from.ref_type))) return [];
  const [left, right] = [joinedTables(from.left), joinedTables(from.right)];
  // A side that is something else (a subquery) can have columns of any name: then only qualified names count.
  return left.length > 0 && right.length > 0 ? [...left, ...right] : [];
}

function conjuncts(condition: Node): readonly Node[] {
  if (condition.type !== 'CONJUNCTION_AND') return [condition];
  return (condition.children as readonly Node[]).flatMap(conjuncts);
}

async function boundsOf(
  connection: DuckDBConnection,
  table: Node,
  isOnly: boolean,
  conditions: readonly Node[],
): Promise<Bounds> {
  const bounds: Bounds = { ...ALWAYS };
  const partition = new Map<string, number>();
  for (const condition of conditions) {
    for (const { column, operator, value } of comparisons(condition)) {
      const name = columnName(column, table, isOnly);
      if (name === 'p_event_time') narrow(bounds, operator, value, await evaluate(connection, value));
      else if (name !== undefined && operator === '=') setPartition(partition, name, value);
    }
  }
  narrowToPartition(bounds, partition);
  return bounds;
}

interface Comparison {
  readonly column: Node;
  readonly operator: '=' | '<' | '>';
  readonly value: Node;
}

const OPERATORS: Readonly<Record<string, Comparison['operator']>> = {
  COMPARE_EQUAL: '=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>',
};

function* comparisons(condition: Node): Generator<Comparison> {
  const { type, input, lower, upper, left, right } = condition as Record<string, Node>;
  if (text(type) === 'COMPARE_BETWEEN' && input && lower && upper) {
    yield { column: input, operator: '>', value: lower };
    yield { column: input, operator: '<', value: upper };
  }
  const operator = OPERATORS[text(type)];
  if (operator === undefined || !left || !right) return;
  if (left.type === 'COLUMN_REF') yield { column: left, operator, value: right };
  const mirrored = operator === '<' ? '>' : operator === '>' ? '<' : '=';
  if (right.type === 'COLUMN_REF') yield { column: right, operator: mirrored, value: left };
}

/** The name of a column of this table; undefined for another table's, or where that is not sure. */
function columnName(column: Node, table: Node, isOnly: boolean): string | undefined {
  if (column.type !== 'COLUMN_REF' || !Array.isArray(column.column_names)) return undefined;
  if ((table.column_name_alias as unknown[] | undefined)?.length) return undefined;
  const names = (column.column_names as string[]).map((name) => name.toLowerCase());
  if (names.length === 1) return isOnly ? names[0] : undefined;
  const alias = text(table.alias) || text(table.table_name);
  return names.length === 2 && names[0] === alias.toLowerCase() ? names[1] : undefined;
}

function narrow(bounds: Bounds, operator: Comparison['operator'], value: Node, at: number | undefined): void {
  if (at === undefined) return;
  // The clock moves on before the statement runs.
  const slack = value.class === 'FUNCTION' ? HOUR_MS : 0;
  if (operator !== '<') bounds.from = Math.max(bounds.from, at);
  if (operator !== '>') bounds.to = Math.min(bounds.to, at + slack);
}

/** Milliseconds of a constant as a timestamp; undefined when it is none. */
async function evaluate(connection: DuckDBConnection, value: Node): Promise<number | undefined> {
  if (!isSteady(value)) return undefined;
  const tree = { error: false, statements: [{ node: selectOf(value), named_param_map: [] }] };
  try {
    const sql = await connection.run('SELECT json_deserialize_sql($1::JSON)', [JSON.stringify(tree, withoutLocation)]);
    const select = String((await sql.getRows())[0]?.[0]);
    const result = await connection.run(`SELECT epoch_ms(TRY_CAST((${select}) AS TIMESTAMP))`);
    const ms = (await result.getRows())[0]?.[0];
    return typeof ms === 'bigint' ? Number(ms) : undefined;
  } catch {
    // A wrong constant is the statement's error, not ours to report.
    return undefined;
  }
}

function isSteady(value: Node): boolean {
  for (const node of nodes(value)) {
    const kind = text(node.class);
    if (kind === 'FUNCTION' && !STEADY.has(text(node.function_name).toLowerCase())) return false;
    if (typeof node.value === 'number' && Math.abs(node.value) > Number.MAX_SAFE_INTEGER) return false;
    if (kind !== '' && !['CONSTANT', 'CAST', 'FUNCTION'].includes(kind)) return false;
  }
  return true;
}

/** "No location" is a number that JavaScript does not hold. */
function withoutLocation(key: string, value: unknown): unknown {
  return key === 'query_location' ? 0 : value;
}

function selectOf(expression: Node): Node {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: [expression],
    from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
  };
}

function setPartition(partition: Map<string, number>, name: string, value: Node): void {
  const constant = (value.value as Node | undefined)?.value;
  if (value.class === 'CONSTANT' && Number.isSafeInteger(constant)) partition.set(name, Number(constant));
}

function narrowToPartition(bounds: Bounds, partition: ReadonlyMap<string, number>): void {
  const [year, month, day, hour] = ['year', 'month', 'day', 'hour'].map((name) => partition.get(name));
  if (year === undefined || year < 100 || year > 9998) return;
  let [from, to] = [Date.UTC(year, 0), Date.UTC(year + 1, 0)];
  if (month !== undefined) [from, to] = [Date.UTC(year, month - 1), Date.UTC(year, month)];
  if (month !== undefined && day !== undefined) {
    [from, to] = [Date.UTC(year, month - 1, day), Date.UTC(year, month - 1, day + 1)];
    if (hour !== undefined) [from, to] = [from + hour * HOUR_MS, from + (hour + 1) * HOUR_MS];
  }
  bounds.from = Math.max(bounds.from, from);
  bounds.to = Math.min(bounds.to, to);
}

function toRange({ from, to }: Bounds): HourRange | undefined {
  const fromHour = hourText(from);
  const toHour = hourText(to);
  if (fromHour === undefined && toHour === undefined) return undefined;
  return { ...(fromHour && { fromHour }), ...(toHour && { toHour }) };
}

function hourText(ms: number): string | undefined {
  // Outside of these years the text would not sort as the catalog's does.
  if (!(ms >= Date.UTC(1000, 0) && ms < Date.UTC(9999, 0))) return undefined;
  return new Date(ms).toISOString().slice(0, 13);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
