/**
 * What an event must have for a rule to be worth running: a condition that holds for every event on which the rule
 * would not simply answer "no". Conditions are JSON, and their checks are exact: a check says yes or no about the value
 * of a field, so that its opposite can be used too.
 */

export type Scalar = string | number | boolean;
export type Kind = 'missing' | 'null' | 'boolean' | 'number' | 'text' | 'list' | 'map';
/** How a text is changed before it is compared with ASCII texts. */
export type Fold = 'lower' | 'upper';

export type Check =
  | { readonly is: 'kind'; readonly kinds: readonly Kind[] }
  | { readonly is: 'equal'; readonly values: readonly Scalar[]; readonly fold?: Fold }
  | { readonly is: 'prefix' | 'suffix'; readonly texts: readonly string[]; readonly fold?: Fold }
  /** A text with this part, or a list with this element. */
  | { readonly is: 'has'; readonly text: string; readonly fold?: Fold }
  /** A number or boolean on this side of a number. */
  | { readonly is: '<' | '<=' | '>' | '>='; readonly number: number }
  /** A list or map without elements. */
  | { readonly is: 'empty' };

export interface FieldCheck {
  readonly op: 'field';
  readonly path: readonly string[];
  /** Keys are looked up as written, then ignoring case: so do Python rules. */
  readonly ignoreCase: boolean;
  readonly not: boolean;
  readonly check: Check;
}

export type Condition =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[] }
  | FieldCheck;

export const TRUE: Condition = { op: 'true' };
export const FALSE: Condition = { op: 'false' };

/** A condition beyond this size is not worth its evaluation: it becomes `true`, which is always right. */
const MAX_JSON_LENGTH = 20_000;

const keys = new WeakMap<Condition, string>();

export function keyOf(condition: Condition): string {
  let key = keys.get(condition);
  if (key === undefined) {
    key = JSON.stringify(condition);
    keys.set(condition, key);
  }
  return key;
}

export function all(...conditions: readonly Condition[]): Condition {
  return combine('all', conditions);
}

export function any(...conditions: readonly Condition[]): Condition {
  return combine('any', conditions);
}

export function not(condition: Condition): Condition {
  if (condition.op === 'true') return FALSE;
  if (condition.op === 'false') return TRUE;
  if (condition.op === 'field') return { ...condition, not: !condition.not };
  const parts = condition.of.map(not);
  return condition.op === 'all' ? any(...parts) : all(...parts);
}

/** `all` and `any` are each other's mirror: `unit` is what changes nothing, `end` what decides alone. */
function combine(op: 'all' | 'any', conditions: readonly Condition[]): Condition {
  const [unit, end] = op === 'all' ? (['true', 'false'] as const) : (['false', 'true'] as const);
  const parts = new Map<string, Condition>();
  for (const one of conditions.flatMap((part) => (part.op === op ? part.of : [part]))) {
    if (one.op === end) return one;
    if (one.op !== unit) parts.set(keyOf(one), one);
  }
  const reduced = reduce(op, [...parts.values()]);
  if (reduced === undefined) return { op: end };
  const merged = op === 'any' ? mergeEqual(reduced) : reduced;
  if (merged.length <= 1) return merged[0] ?? { op: unit };
  const result: Condition = { op, of: merged };
  return keyOf(result).length > MAX_JSON_LENGTH ? TRUE : result;
}

/** Drops what other parts already say. Undefined: the parts decide the whole. */
function reduce(op: 'all' | 'any', parts: readonly Condition[]): readonly Condition[] | undefined {
  const isHolding = op === 'all';
  const facts = parts.filter((part) => part.op === 'field');
  const kept: Condition[] = [];
  for (const part of parts) {
    const rest = given(part, facts, isHolding);
    if (rest.op === (isHolding ? 'false' : 'true')) return undefined;
    if (rest.op !== (isHolding ? 'true' : 'false')) kept.push(rest);
  }
  return kept;
}

/** A condition where the facts hold (or, in `any`, where they do not). A fact is not judged by itself. */
function given(condition: Condition, facts: readonly FieldCheck[], isHolding: boolean): Condition {
  if (condition.op === 'field') return givenFacts(condition, facts, isHolding);
  if (condition.op !== 'all' && condition.op !== 'any') return condition;
  const parts = condition.of.map((part) => given(part, facts, isHolding));
  const hasChanged = parts.some((part, index) => part !== condition.of[index]);
  if (!hasChanged) return condition;
  return condition.op === 'all' ? all(...parts) : any(...parts);
}

function givenFacts(check: FieldCheck, facts: readonly FieldCheck[], isHolding: boolean): Condition {
  for (const fact of facts) {
    if (fact === check) continue;
    const truth = implied(isHolding ? fact : { ...fact, not: !fact.not }, check);
    // Of two facts that say the same of each other, the earlier one stays.
    if (truth === undefined || (truth === isHolding && facts.indexOf(check) >= 0 && isMutual(fact, check, facts))) continue;
    return truth ? TRUE : FALSE;
  }
  return check;
}

function isMutual(fact: FieldCheck, check: FieldCheck, facts: readonly FieldCheck[]): boolean {
  return facts.indexOf(fact) > facts.indexOf(check) && implied(check, fact) === true;
}

/** Whether a check must hold, must not hold, or may do either where a fact holds. */
function implied(fact: FieldCheck, check: FieldCheck): boolean | undefined {
  if (fact.ignoreCase !== check.ignoreCase) return undefined;
  if (isSamePath(fact.path, check.path)) return impliedBySame(fact, check);
  const isInside = fact.path.length > check.path.length && check.path.every((key, index) => key === fact.path[index]);
  if (!isInside || check.check.is !== 'kind' || !saysPresent(fact)) return undefined;
  return check.check.kinds.includes('map') !== check.not;
}

function impliedBySame(fact: FieldCheck, { check, not: isNot }: FieldCheck): boolean | undefined {
  if (JSON.stringify(fact.check) === JSON.stringify(check)) return fact.not === isNot;
  if (fact.not) return undefined;
  if (fact.check.is === 'equal' && fact.check.fold === undefined) {
    const results = new Set(fact.check.values.map((value) => holds(check, value)));
    return results.size === 1 ? results.has(true) !== isNot : undefined;
  }
  if (check.is !== 'kind') return undefined;
  const possible = kindsOf(fact.check);
  if (possible.every((kind) => check.kinds.includes(kind))) return !isNot;
  return possible.some((kind) => check.kinds.includes(kind)) ? undefined : isNot;
}

/** Kinds of value for which a check can hold. */
function kindsOf(check: Check): readonly Kind[] {
  if (check.is === 'kind') return check.kinds;
  if (check.is === 'equal') return check.fold ? ['text'] : [...new Set(check.values.map(kindOf))];
  if (check.is === 'prefix' || check.is === 'suffix') return ['text'];
  if (check.is === 'has') return ['text', 'list'];
  return check.is === 'empty' ? ['list', 'map'] : ['number', 'boolean'];
}

function saysPresent({ check, not: isNot }: FieldCheck): boolean {
  if (isNot) return check.is === 'kind' && check.kinds.includes('missing');
  return !kindsOf(check).includes('missing');
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

/** `x = a or x = b` is `x in {a, b}`. */
function mergeEqual(parts: readonly Condition[]): readonly Condition[] {
  const merged = new Map<string, Condition>();
  for (const part of parts) {
    if (part.op !== 'field' || part.not || part.check.is !== 'equal') {
      merged.set(keyOf(part), part);
      continue;
    }
    const key = JSON.stringify([part.path, part.ignoreCase, part.check.fold]);
    const earlier = merged.get(key) as (FieldCheck & { check: { values: readonly Scalar[] } }) | undefined;
    const values = [...new Set([...(earlier?.check.values ?? []), ...part.check.values])];
    merged.set(key, { ...part, check: { ...part.check, values } });
  }
  return [...merged.values()];
}

export function kindOf(value: unknown): Kind {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'map';
  return 'number';
}

/** Of the value of a field; `undefined` where the event has none. */
export function holds(check: Check, value: unknown): boolean {
  switch (check.is) {
    case 'kind':
      return check.kinds.includes(kindOf(value));
    case 'equal':
      return isEqual(fold(value, check.fold), check.values);
    case 'prefix':
      return startsOrEnds(fold(value, check.fold), check.texts, 'startsWith');
    case 'suffix':
      return startsOrEnds(fold(value, check.fold), check.texts, 'endsWith');
    case 'has':
      return hasPart(fold(value, check.fold), check.text);
    case 'empty':
      return typeof value === 'object' && value !== null && isEmpty(value);
    default:
      return isOnSide(value, check.is, check.number);
  }
}

function isEqual(value: unknown, values: readonly Scalar[]): boolean {
  const plain = typeof value === 'bigint' ? Number(value) : value;
  return values.includes(plain as Scalar);
}

function startsOrEnds(value: unknown, texts: readonly string[], method: 'startsWith' | 'endsWith'): boolean {
  return typeof value === 'string' && texts.some((text) => value[method](text));
}

function hasPart(value: unknown, text: string): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.includes(text);
}

function isEmpty(value: object): boolean {
  for (const key in value) return (value as Record<string, unknown>)[key] === undefined;
  return true;
}

function isOnSide(value: unknown, side: '<' | '<=' | '>' | '>=', limit: number): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return false;
  const number = Number(value);
  if (side === '<') return number < limit;
  if (side === '<=') return number <= limit;
  return side === '>' ? number > limit : number >= limit;
}

export function fold(value: unknown, how: Fold | undefined): unknown {
  if (how === undefined) return value;
  if (typeof value !== 'string') return undefined;
  return how === 'lower' ? value.toLowerCase() : value.toUpperCase();
}
