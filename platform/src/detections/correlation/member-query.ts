/** The matches of a correlation rule's members: what to ask the lake, and what its answers become. */
import { tableName } from '../../core/ids.ts';
import { toEpochMs } from '../../core/time.ts';
import type { Correlation, CorrelationMember } from '../format/correlation-rule.ts';
import type { MemberMatches } from './evaluate.ts';

/** A table of rule matches. */
export interface MatchTable {
  readonly logType: string;
  readonly columns: readonly string[];
}

/** A row of a rule match table, by its columns. */
export type MatchRow = Readonly<Record<string, unknown>>;

/** Always read. */
const COLUMNS = ['p_event_time', 'p_row_id', 'p_alert_id'];
/** Columns that hold the fields of a row as JSON, where the table has none of that name. */
const NESTED = 'row';

/** Every field that the rule compares of a member. */
export function fieldsOf({ criteria, transitions }: Correlation, member: CorrelationMember): readonly string[] {
  const fields = new Set<string>();
  for (const criterion of criteria) {
    const field = criterion.get(member.id);
    if (field !== undefined) fields.add(field);
  }
  for (const { from, to, match } of transitions) {
    for (const pair of match) {
      if (from === member.id) fields.add(pair.from);
      if (to === member.id) fields.add(pair.to);
    }
  }
  return [...fields];
}

/** Newest first; times in milliseconds since 1970, `from` and `to` included. */
export function memberSql(
  member: CorrelationMember,
  fields: readonly string[],
  table: MatchTable,
  window: { readonly from: number; readonly to: number },
): string {
  const wanted = [...COLUMNS, ...fields.map((field) => field.split('.', 1)[0] as string), NESTED];
  const columns = table.columns.filter((name) => wanted.includes(name)).map((name) => `"${name}"`);
  return [
    `SELECT ${columns.join(', ')} FROM panther_rule_matches."${tableName(table.logType)}"`,
    `WHERE p_rule_id = '${member.ruleId.replaceAll("'", "''")}'`,
    `AND p_event_time >= ${timestamp(window.from)} AND p_event_time <= ${timestamp(window.to)}`,
    'ORDER BY p_event_time DESC',
  ].join(' ');
}

function timestamp(ms: number): string {
  return `TIMESTAMP '${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}'`;
}

const MS_PER_MINUTE = 60_000;

/** A row counts once, however often it was stored. */
export function toMemberMatches(rows: readonly MatchRow[], fields: readonly string[]): MemberMatches {
  const unique = new Map(rows.map((row) => [String(row.p_row_id), row]));
  const timed = [...unique.values()].map((row) => ({ row, at: minutesOf(row) })).toSorted((a, b) => a.at - b.at);
  const byField = new Map(fields.map((field) => [field, new Map<string, number[]>()]));
  for (const { row, at } of timed) {
    for (const [field, byValue] of byField) {
      for (const value of new Set(valuesAt(row, field))) {
        const times = byValue.get(value);
        if (times === undefined) byValue.set(value, [at]);
        else times.push(at);
      }
    }
  }
  return { times: timed.map(({ at }) => at), byField };
}

/** Exact: the same row has the same number everywhere. */
export function minutesOf(row: MatchRow): number {
  return toEpochMs(String(row.p_event_time)) / MS_PER_MINUTE;
}

/** A list has each of its values; an object, or nothing, has none. */
export function valuesAt(row: MatchRow, path: string): readonly string[] {
  const steps = path.split('.');
  const [first = ''] = steps;
  const start = first in row ? row : asObject(row[NESTED]);
  let values: readonly unknown[] = [start];
  for (const step of steps) {
    values = values.flatMap((value) => asObject(value)[step] ?? []).flatMap((value) => parsed(value));
  }
  return values.flatMap((value) => {
    if (typeof value === 'string') return value === '' ? [] : [value];
    return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  const given = typeof value === 'string' ? (parsed(value)[0] ?? {}) : value;
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as MatchRow) : {};
}

/** Objects are stored as their JSON; a text that merely looks like it stays a text. */
function parsed(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return [value];
  try {
    const json: unknown = JSON.parse(value);
    return Array.isArray(json) ? json : [json];
  } catch {
    return [value];
  }
}
