/**
 * SQL of scheduled queries as the lake takes it. Public queries are written for another warehouse: Panther's own macros
 * become conditions on times, and what differs only in its name is renamed. What is left is the engine's to refuse.
 *
 * Times are those of the run, not of the clock: a run that was missed and is caught up sees what it would have seen.
 */
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../detection.ts';
import { expandTemplate, type FindQuery, isTemplate } from './template.ts';
import { argumentsAt, joinTokens, type Token, tokens } from './tokens.ts';
import { toEngineSql } from './warehouse/rewrite.ts';

const PANTHER_FLOW = /--\s*pragma:\s*pantherflow/i;
const TEXT_KEYS = ['Query', 'SnowflakeQuery', 'AthenaQuery', 'DatabricksQuery'] as const;

/** The text in a specification; the first one there is. */
export function queryTextOf(spec: Readonly<Record<string, unknown>>): string {
  const key = TEXT_KEYS.find((one) => typeof spec[one] === 'string');
  if (key === undefined) throw new UserError('the query has no text', { field: 'Query' });
  return spec[key] as string;
}

/** `find`: the queries that a template imports macros from. @throws UserError for a macro that is used wrongly. */
export function toLakeSql(text: string, at: Date, find: FindQuery = () => undefined): string {
  if (PANTHER_FLOW.test(text)) throw new UserError('the query is written in PantherFlow: SQL can be run');
  const sql = isTemplate(text) ? expandTemplate(text, find) : text;
  return joinTokens(expandMacros(tokens(toEngineSql(sql)), at));
}

/** Queries by their names, of what is loaded. */
export function queriesOf(detections: readonly Detection[]): FindQuery {
  return (name) => {
    const query = detections.find((one) => one.id === name && isQuery(one));
    return query === undefined ? undefined : queryTextOf(query.spec);
  };
}

export function isQuery({ type }: Pick<Detection, 'type'>): boolean {
  return type === 'saved_query' || type === 'scheduled_query';
}

/** What a query would run at that time, or why it cannot; neither of a template with nothing but macros. */
export function sqlOrError(
  { spec }: Detection,
  detections: readonly Detection[],
  at: Date,
): { readonly sql: string | null; readonly error: string } {
  try {
    const sql = toLakeSql(queryTextOf(spec), at, queriesOf(detections)).trim();
    return { sql: sql === '' ? null : sql, error: '' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { sql: null, error: error.message };
  }
}

type Expand = (args: readonly string[], at: Date) => string;

const MACROS: Readonly<Record<string, Expand>> = {
  p_occurs_since([offset = '', alias, column], at) {
    return between(alias, column, new Date(at.getTime() - offsetMs(offset)), at);
  },
  p_occurs_between([start = '', end = '', alias, column], _at) {
    return `(${field(alias, column)} >= ${moment(start)} AND ${field(alias, column)} <= ${moment(end)})`;
  },
  p_occurs_around([middle = '', offset = '', alias, column]) {
    const interval = `INTERVAL '${offsetMs(offset)} milliseconds'`;
    const [time, name] = [moment(middle), field(alias, column)];
    return `(${name} >= ${time} - ${interval} AND ${name} <= ${time} + ${interval})`;
  },
  p_occurs_after: ([start = '', alias, column]) => `(${field(alias, column)} >= ${moment(start)})`,
  p_occurs_before: ([end = '', alias, column]) => `(${field(alias, column)} < ${moment(end)})`,
  p_current_timestamp: (_args, at) => timestamp(at),
  current_timestamp: (_args, at) => timestamp(at),
  current_date: (_args, at) => `DATE '${at.toISOString().slice(0, 10)}'`,
};

/** Names that mean the macro without parentheses, too. */
const BARE = new Set(['current_timestamp', 'p_current_timestamp', 'current_date']);

function expandMacros(given: readonly Token[], at: Date): readonly Token[] {
  const out: Token[] = [];
  for (let index = 0; index < given.length; index += 1) {
    const token = given[index] as Token;
    const name = token.text.toLowerCase();
    const expand = token.kind === 'word' && Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
    const call = expand === undefined ? undefined : argumentsAt(given, index + 1);
    if (expand === undefined || (call === undefined && !BARE.has(name))) {
      out.push(token);
      continue;
    }
    out.push({
      kind: 'other',
      text: expand(
        (call?.args ?? []).map((arg) => joinTokens(expandMacros(arg, at)).trim()),
        at,
      ),
    });
    index = call?.end ?? index;
  }
  return out;
}

function between(alias: string | undefined, column: string | undefined, from: Date, to: Date): string {
  const name = field(alias, column);
  return `(${name} >= ${timestamp(from)} AND ${name} < ${timestamp(to)})`;
}

const NAME = /^[A-Za-z_][\w.]*$/;

function field(alias = '', column = ''): string {
  const parts = [alias, column === '' ? 'p_event_time' : column].map(unquote).filter((part) => part !== '');
  const wrong = parts.find((part) => !NAME.test(part));
  if (wrong !== undefined) throw new UserError(`"${wrong}" is not the name of a table or a column`);
  return parts.join('.');
}

/** A time as text, or an expression that gives one. */
function moment(text: string): string {
  if (/^'[^']*'$/.test(text)) return `TIMESTAMP ${text}`;
  if (/^\d{4}-\d\d-\d\d/.test(text)) return `TIMESTAMP '${text.replace('T', ' ').replace('Z', '')}'`;
  if (text === '') throw new UserError('a time is missing in a p_occurs_… macro');
  return `(${text})`;
}

function timestamp(at: Date): string {
  return `TIMESTAMP '${at.toISOString().replace('T', ' ').replace('Z', '')}'`;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `1 day`, `90d`, `'2 hours'`, `3600` (seconds). */
function offsetMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(unquote(text).trim());
  const unit = (match?.[2] ?? '').toLowerCase();
  const isUnit = unit === '' || /^(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/.test(unit);
  if (match === null || !isUnit) {
    throw new UserError(`"${text}" is not a span of time such as '1 day', 90d or 3600 (seconds)`);
  }
  return Number(match[1]) * (UNITS_MS[unit.charAt(0) || 's'] as number);
}

function unquote(text: string): string {
  return /^'[^']*'$/.test(text) ? text.slice(1, -1) : text;
}
