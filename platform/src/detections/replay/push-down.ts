/**
 * The planner's condition as SQL over the columns of a log type, so that a replay reads only events that can matter.
 * What SQL cannot say becomes `true`: the result is a superset, and the planner looks at what is read once more.
 *
 * A condition is never negated, so leaving out a part of an "and" or keeping a whole "or" is always safe.
 */
import type { Column, ColumnType, ScalarType } from '../../core/table.ts';
import type { Condition, Scalar, Step, Test, TestCondition } from '../planner/condition.ts';
import { holds, isAscii } from '../planner/evaluate.ts';

/** SQL for `WHERE`; undefined when every event has to be read. */
export function pushDown(condition: Condition, columns: readonly Column[]): string | undefined {
  const sql = translate(condition, columns);
  return sql === 'true' ? undefined : sql;
}

function translate(condition: Condition, columns: readonly Column[]): string {
  switch (condition.op) {
    case 'true':
    case 'false':
      return condition.op;
    case 'test':
      return leaf(condition, columns);
    default:
      return combine(
        condition.op,
        condition.of.map((one) => translate(one, columns)),
      );
  }
}

function combine(op: 'and' | 'or', parts: readonly string[]): string {
  const [neutral, deciding] = op === 'and' ? ['true', 'false'] : ['false', 'true'];
  if (parts.includes(deciding)) return deciding;
  const left = [...new Set(parts)].filter((part) => part !== neutral);
  if (left.length < 2) return left[0] ?? neutral;
  return left.map((part) => `(${part})`).join(op === 'and' ? ' AND ' : ' OR ');
}

/**
 * Where nothing is stored, the planner itself is asked about an event in which the value is missing; where something
 * is, SQL asks the same question as the planner would.
 */
function leaf(condition: TestCondition, columns: readonly Column[]): string {
  const path = pathOf(condition.steps);
  if (path === undefined || !canBeWritten(condition.test)) return 'true';
  const found = find(path.keys, columns);
  if (found === undefined) return 'true';
  const cases = found.sql.map((sql, depth) => ({
    when: `${sql} IS NULL`,
    kept: holdsWithout(condition, found.names.slice(0, depth)),
  }));
  const present = ofPresent(condition, path, found, cases);
  if (cases.every(({ kept }) => String(kept) === present)) return present;
  return `CASE ${cases.map(({ when, kept }) => `WHEN ${when} THEN ${kept}`).join(' ')} ELSE ${present} END`;
}

interface Case {
  readonly when: string;
  readonly kept: boolean;
}

/** Of a value that is there. May add cases of its own. */
function ofPresent(condition: TestCondition, path: AccessPath, found: Found, cases: Case[]): string {
  const { names, sql, type, rest } = found;
  const value = sql.at(-1);
  if (value === undefined || type === undefined) return String(holdsWithout(condition, names));
  if (type.kind === 'scalar' && type.type === 'json') return inJson(condition, path, found, value);
  if (rest.length > 0 || type.kind !== 'scalar') return 'true';
  if (path.hasOr) {
    if (type.type !== 'string') return 'true';
    // What is empty gives way to the fallback.
    cases.push({ when: `${value} = ''`, kept: holds(condition, withLast(names, '')) });
  }
  return onColumn(condition, path, type.type, value);
}

function canBeWritten(test: Test): boolean {
  const values = 'values' in test ? test.values : 'value' in test ? [test.value] : [];
  return values.every((one) => typeof one !== 'string' || (one.isWellFormed() && !one.includes('\0')));
}

interface AccessPath {
  readonly keys: readonly string[];
  readonly fold: 'lower' | 'upper' | undefined;
  readonly hasOr: boolean;
}

/** Fallbacks matter only where something is missing or empty; a change of case only at the end. */
function pathOf(steps: readonly Step[]): AccessPath | undefined {
  const keys: string[] = [];
  let fold: AccessPath['fold'];
  let hasOr = false;
  for (const step of steps) {
    // Another field in each log type.
    if (step.by === 'udm') return undefined;
    if (step.by === 'lower' || step.by === 'upper') {
      if (fold !== undefined) return undefined;
      fold = step.by;
    } else if (step.by === 'or') {
      hasOr = true;
    } else if (step.by !== 'end' && step.by !== 'nullish') {
      if (fold !== undefined) return undefined;
      hasOr = false;
      keys.push(...('keys' in step ? step.keys : 'key' in step ? [step.key] : []));
    }
  }
  return keys.length === 0 ? undefined : { keys, fold, hasOr };
}

interface Found {
  /** SQL of every value on the way, from the column. */
  readonly sql: readonly string[];
  readonly names: readonly string[];
  /** Of the last one; undefined: there is no such field, so it is never there. */
  readonly type: ColumnType | undefined;
  /** Keys that lead on from there. */
  readonly rest: readonly string[];
}

/** Undefined where a name differs from a field's only in case: languages read those differently. */
function find(keys: readonly string[], columns: readonly Column[]): Found | undefined {
  const sql: string[] = [];
  const names: string[] = [];
  let fields = columns;
  for (const [index, key] of keys.entries()) {
    const field = fields.find(({ name }) => name === key);
    if (field === undefined) {
      const isLike = fields.some(({ name }) => name.toLowerCase() === key.toLowerCase());
      return isLike || !isAscii(key) ? undefined : { sql, names, type: undefined, rest: [] };
    }
    sql.push(sql.length === 0 ? identifier(key) : `${sql.at(-1)}[${literal(key)}]`);
    names.push(key);
    const rest = keys.slice(index + 1);
    if (field.type.kind !== 'struct' || rest.length === 0) return { sql, names, type: field.type, rest };
    fields = field.type.fields;
  }
  return undefined;
}

/** A key that no field has. */
const OTHER = { '\u0001': 1 };

/** Of an event that has what stands at the names, and nothing below them. */
function holdsWithout(condition: TestCondition, names: readonly string[]): boolean {
  // Whether the parent is empty can matter.
  return holds(condition, withLast(names, {})) || holds(condition, withLast(names, OTHER));
}

function withLast(names: readonly string[], value: unknown): object {
  return names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}

const NEVER_UNSURE: readonly Test['is'][] = ['in', 'same', 'typeof', 'truthy', 'boolean', 'nullish', 'undefined'];
const SURE_OF_TEXT: readonly Test['is'][] = [...NEVER_UNSURE, 'startsWith', 'endsWith', 'contains'];

function onColumn({ test, when }: TestCondition, { fold }: AccessPath, type: ScalarType, sql: string): string {
  // Letters outside of ASCII change their case differently from language to language.
  const isFolded = `strlen(${sql}) <> length(${sql})`;
  if (when === 'unsure') {
    const sure = type === 'string' ? SURE_OF_TEXT : NEVER_UNSURE;
    if (!sure.includes(test.is)) return 'true';
    return fold === undefined ? 'false' : type === 'string' ? isFolded : 'true';
  }
  if (type === 'string') {
    const asked = textTest(test, fold === undefined ? sql : `${fold}(${sql})`);
    if (asked === undefined) return 'true';
    const sign = when === 'true' ? asked : `NOT (${asked})`;
    return fold === undefined ? sign : `(${isFolded} OR ${sign})`;
  }
  const asked =
    fold !== undefined
      ? undefined
      : type === 'boolean'
        ? booleanTest(test, sql)
        : ['int', 'smallint', 'bigint'].includes(type)
          ? integerTest(test, sql)
          : undefined;
  if (asked === undefined) return 'true';
  return when === 'true' ? asked : `NOT (${asked})`;
}

/** Undefined: SQL cannot tell. */
function textTest(test: Test, sql: string): string | undefined {
  switch (test.is) {
    case 'in':
      return among(sql, textsOf(test.values).map(literal));
    case 'startsWith':
      return some(test.values, (one) => `starts_with(${sql}, ${literal(one)})`);
    case 'endsWith':
      return some(test.values, (one) => `suffix(${sql}, ${literal(one)})`);
    case 'contains':
      return `contains(${sql}, ${literal(test.value)})`;
    case 'truthy':
      return `${sql} <> ''`;
    case 'nullish':
    case 'undefined':
    case 'boolean':
      return 'false';
    default:
      return undefined;
  }
}

function textsOf(values: readonly Scalar[]): readonly string[] {
  return values.filter((one) => typeof one === 'string');
}

function among(sql: string, values: readonly string[]): string {
  return values.length === 0 ? 'false' : `${sql} IN (${values.join(', ')})`;
}

function some(values: readonly string[], one: (value: string) => string): string {
  return values.length === 0 ? 'false' : `(${values.map(one).join(' OR ')})`;
}

function booleanTest(test: Test, sql: string): string | undefined {
  if (test.is === 'truthy') return sql;
  return test.is === 'same' && typeof test.value === 'boolean' ? `${sql} = ${test.value}` : undefined;
}

function integerTest(test: Test, sql: string): string | undefined {
  // In Python true is 1.
  if (test.is !== 'in' || test.values.some((one) => typeof one === 'boolean')) return undefined;
  const numbers = test.values.filter((one) => typeof one === 'number');
  return numbers.every(Number.isSafeInteger) ? among(sql, numbers.map(String)) : undefined;
}

/** What can be in the way to a value inside of JSON. */
const ODD: readonly unknown[] = [[], ['x'], 'x', '', 1, 0, true, false, null];

/**
 * A value inside of JSON that equals a text has the text in it, as long as JSON writes it as it is. Other values may
 * stand there, or on the way, so this holds only where nothing else than equality is asked.
 */
function inJson(condition: TestCondition, { fold }: AccessPath, { names, rest }: Found, sql: string): string {
  const { test, when } = condition;
  if (rest.length === 0 || fold !== undefined || when !== 'true' || test.is !== 'in' || test.isHashed) return 'true';
  const texts = textsOf(test.values);
  if (texts.length < test.values.length || !texts.every((one) => /^[\x20-\x7e]+$/.test(one) && !/["\\]/.test(one)))
    return 'true';
  const parents = rest.map((_key, depth) => [...names, ...rest.slice(0, depth)]);
  if (parents.some((one) => holdsWithout(condition, one))) return 'true';
  const isOddKept = parents.map((one) => ODD.some((odd) => holds(condition, withLast(one, odd))));
  if (isOddKept.includes(true, 1)) return 'true';
  const guard = isOddKept[0] ? ` OR NOT starts_with(${sql}, '{')` : '';
  const found = some(texts, (one) => `contains(${sql}, ${literal(one)})`);
  return `(${found} OR contains(${sql}, '\\u') OR contains(${sql}, '\\/')${guard})`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
