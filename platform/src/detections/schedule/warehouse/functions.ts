/**
 * Functions of the warehouse that public queries are written for (Snowflake's SQL reference), as the lake's engine has
 * them. Each gets the texts of its arguments.
 */
import { UserError } from '../../../core/errors.ts';

type Rewrite = (args: readonly string[]) => string;

/** The same in all but the name. */
const RENAMED: Readonly<Record<string, string>> = {
  iff: 'if',
  nvl: 'coalesce',
  array_construct: 'list_value',
  object_agg: 'json_group_object',
  startswith: 'starts_with',
  endswith: 'ends_with',
  sysdate: 'p_current_timestamp',
  getdate: 'p_current_timestamp',
};

/** What the engine does not have by that name: rewritten in every query. */
export const FUNCTIONS: Readonly<Record<string, Rewrite>> = {
  ...Object.fromEntries(
    Object.entries(RENAMED).map(([name, other]): [string, Rewrite] => [name, (args) => `${other}(${args.join(', ')})`]),
  ),
  array_size: ([array = '']) => `len(${listOf(array)})`,
  array_compact: ([array = '']) => `list_filter(${listOf(array)}, lambda one: one IS NOT NULL)`,
  array_unique_agg: ([value = '']) => withoutNulls(`DISTINCT ${value}`, value),
  arrays_overlap: ([a = '', b = '']) => `list_has_any(${listOf(a)}, ${listOf(b)})`,
  array_intersection: ([a = '', b = '']) => `list_intersect(${listOf(a)}, ${listOf(b)})`,
  array_except: ([a = '', b = '']) => `list_filter(${listOf(a)}, lambda one: NOT list_contains(${listOf(b)}, one))`,
  charindex: ([part = '', text = '']) => `instr(${text}, ${part})`,
  dateadd: added,
  timeadd: added,
  timestampadd: added,
  time_slice: sliced,
  timediff: difference,
  timestampdiff: difference,
  parse_json: ([text = '']) => `(${text})::JSON`,
  try_parse_json: ([text = '']) => `TRY_CAST(${text} AS JSON)`,
  regexp_substr: substring,
  rlike: fullMatch,
  regexp_like: fullMatch,
  zeroifnull: ([value = '']) => `coalesce(${value}, 0)`,
  div0: ([a = '', b = '']) => `coalesce(${a} / nullif(${b}, 0), 0)`,
};

/** What the engine has by that name with another meaning: rewritten in queries that are the warehouse's. */
export const FUNCTIONS_OF_OTHER_MEANING: Readonly<Record<string, Rewrite>> = {
  // The value comes first; no value of an aggregate is null.
  array_contains: ([value = '', array = '']) => `list_contains(${listOf(array)}, (${value})::VARCHAR)`,
  array_agg: ([value = '']) => withoutNulls(value, value.replace(/^\s*distinct\s+/i, '')),
  array_to_string: ([array = '', between = '']) => `array_to_string(${listOf(array)}, ${between})`,
  array_slice: ([array = '', from = '', to = '']) => `list_slice(${listOf(array)}, (${from}) + 1, ${to})`,
  array_distinct: ([array = '']) => `list_distinct(${listOf(array)})`,
  datediff: difference,
  date_trunc: ([unit = '', time = '']) => `date_trunc(${unitText(unit)}, ${time})`,
  regexp_replace: ([text = '', pattern = '', by = "''"]) => `regexp_replace(${text}, ${pattern}, ${by}, 'g')`,
  to_timestamp: ([value = '']) => `TRY_CAST(${value} AS TIMESTAMP)`,
};

/** Functions whose result is a list; the first place of one is 0 there. */
export const GIVE_LISTS = new Set([
  'split',
  'array_agg',
  'array_unique_agg',
  'array_construct',
  'array_slice',
  'array_distinct',
]);

/** JSON of a value, as text: its own text, if that is JSON, or what it is as JSON. */
export function jsonTextOf(given: string): string {
  const value = /^[\w.]+$/.test(given) ? given : `(${given})`;
  const text = `${value}::VARCHAR`;
  return `CASE WHEN typeof(${value}) <> 'VARCHAR' THEN to_json(${value})::VARCHAR WHEN json_valid(${text}) THEN ${text} END`;
}

/** A list of texts, whether the value is a list or the JSON of one. */
export function listOf(value: string): string {
  return `from_json(${jsonTextOf(value)}, '["VARCHAR"]')`;
}

function withoutNulls(given: string, value: string): string {
  return `array_agg(${given}) FILTER (WHERE (${value}) IS NOT NULL)`;
}

function added([unit = '', count = '', time = '']: readonly string[]): string {
  return `((${time})::TIMESTAMP + INTERVAL (${count}) ${unitOf(unit)})`;
}

function difference([unit = '', from = '', to = '']: readonly string[]): string {
  return `date_diff(${unitText(unit)}, (${from})::TIMESTAMP, (${to})::TIMESTAMP)`;
}

function sliced([time = '', count = '', unit = '', side = "'START'"]: readonly string[]): string {
  const width = `INTERVAL (${count}) ${unitOf(unit)}`;
  const start = `time_bucket(${width}, (${time})::TIMESTAMP, TIMESTAMP '1970-01-01')`;
  return unquoted(side).toLowerCase() === 'end' ? `(${start} + ${width})` : start;
}

function substring([
  text = '',
  pattern = '',
  position = '1',
  occurrence = '1',
  options = "''",
  group = '0',
]: readonly string[]) {
  if (position.trim() !== '1' || occurrence.trim() !== '1')
    throw new UserError('regexp_substr is known for the first place and the first occurrence alone');
  const own = unquoted(options).toLowerCase().includes('e') && group === '0' ? '1' : group;
  const flags = unquoted(options).toLowerCase().includes('i') ? ", 'i'" : '';
  return `nullif(regexp_extract(${text}, ${pattern}, ${own}${flags}), '')`;
}

function fullMatch([text = '', pattern = '', options]: readonly string[]): string {
  return `regexp_full_match(${text}, ${pattern}${options === undefined ? '' : `, ${options}`})`;
}

const UNITS: readonly (readonly [string, RegExp])[] = [
  ['millisecond', /^(ms|milliseconds?)$/],
  ['second', /^(s|secs?|seconds?)$/],
  ['minute', /^(m|mi|mins?|minutes?)$/],
  ['hour', /^(h|hh|hrs?|hours?)$/],
  ['day', /^(d|dd|days?)$/],
  ['week', /^(w|wk|weeks?)$/],
  ['month', /^(mm|mon|mons|months?)$/],
  ['quarter', /^(q|qtr|quarters?)$/],
  ['year', /^(y|yy|yyyy|yrs?|years?)$/],
];

/** `'day'`, `day`, `DD`. */
function unitOf(given: string): string {
  const name = unquoted(given).toLowerCase();
  const unit = UNITS.find(([, names]) => names.test(name))?.[0];
  if (unit === undefined) throw new UserError(`"${given.trim()}" is not a unit of time such as day or 'hour'`);
  return unit;
}

function unitText(given: string): string {
  return `'${unitOf(given)}'`;
}

function unquoted(text: string): string {
  return text.trim().replace(/^(['"])(.*)\1$/, '$2');
}
