/**
 * What an event must have for a rule to match or fail on it: a necessary condition, as JSON that can be kept. It is
 * never negated: what holds when an expression is false is derived on its own, so that "unsure" always keeps the event.
 */

export type RuleLanguage = 'python' | 'typescript';
export type Scalar = string | number | boolean | null;
/** What stands in for a missing value: a scalar, or an empty map or list. */
export type Fallback = Scalar | { readonly [key: string]: never } | readonly never[];

/**
 * How a value is reached, step by step from the event.
 * `get`, `item`, `deep`, `or`: Python's `.get(k, d)`, `[k]`, `deep_get`, `or d`. `member`, `nullish`: TypeScript's `.k`
 * and `?? d`; `end`: end of an optional chain. `udm`: what a data model maps a name to; only the first step can be one. A `deep` of TypeScript has no fallback: it gives `undefined`.
 */
export type Step =
  | { readonly by: 'get'; readonly key: string; readonly fallback: Fallback }
  | { readonly by: 'item'; readonly key: string }
  | {
      readonly by: 'deep';
      readonly keys: readonly string[];
      readonly fallback?: Fallback;
      /** Of the helper module: whether null becomes the fallback depends on its version. */
      readonly isHelper?: true;
    }
  | {
      readonly by: 'udm';
      readonly name: string;
      readonly fallback: Fallback;
      /** What the data model of the log type has for the name; null: nothing. Absent: not known yet, see `models.ts`. */
      readonly path?: readonly string[] | null;
    }
  | { readonly by: 'member'; readonly key: string; readonly isOptional?: true }
  | { readonly by: 'or' | 'nullish'; readonly fallback: Fallback }
  | { readonly by: 'lower' | 'upper' | 'end' };

export type Test =
  /** `isHashed`: of a Python set, which raises for a map or a list. */
  | { readonly is: 'in'; readonly values: readonly Scalar[]; readonly isHashed?: true }
  | { readonly is: 'same'; readonly value: boolean | null }
  | { readonly is: 'startsWith' | 'endsWith'; readonly values: readonly string[] }
  | { readonly is: 'contains'; readonly value: string }
  | { readonly is: 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual'; readonly value: number }
  | { readonly is: 'typeof'; readonly name: string }
  | { readonly is: 'truthy' | 'boolean' | 'nullish' | 'undefined' };

/** A value of the event, and how it is reached. */
export interface Access {
  readonly language: RuleLanguage;
  readonly steps: readonly Step[];
}

/** Holds when the test's result is `when`, or is not known: the access or the test would raise. */
export interface TestCondition extends Access {
  readonly op: 'test';
  readonly test: Test;
  readonly when: 'true' | 'false' | 'unsure';
}

export type Condition =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | TestCondition;

export const TRUE: Condition = { op: 'true' };
export const FALSE: Condition = { op: 'false' };

export function and(...conditions: readonly Condition[]): Condition {
  const parts = flatten('and', conditions);
  if (parts.some(({ op }) => op === 'false')) return FALSE;
  return pack('and', distinct(parts.filter(({ op }) => op !== 'true')), TRUE);
}

export function or(...conditions: readonly Condition[]): Condition {
  const parts = flatten('or', conditions);
  if (parts.some(({ op }) => op === 'true')) return TRUE;
  const different = distinct(parts.filter(({ op }) => op !== 'false'));
  return coversAll(different) ? TRUE : pack('or', withoutImplied(different), FALSE);
}

export function test(access: Access, test: Test, when: TestCondition['when']): Condition {
  const { language, steps } = access;
  if (when === 'unsure' && !canBeUnsure(access) && !canTestBeUnsure(test)) return FALSE;
  return { op: 'test', language, steps, test, when };
}

/** Whether reaching the value can fail. */
export function canBeUnsure({ steps }: Access): boolean {
  return steps.some((step, index) => {
    if (step.by === 'get' || step.by === 'member') return index > 0;
    if (step.by === 'udm') return step.path === undefined;
    if (step.by === 'deep') return step.isHelper === true && step.fallback !== null;
    return step.by === 'item' || step.by === 'lower' || step.by === 'upper';
  });
}

const ALWAYS_SURE = new Set<Test['is']>(['in', 'same', 'typeof', 'truthy', 'boolean', 'nullish', 'undefined']);

function canTestBeUnsure(test: Test): boolean {
  return !ALWAYS_SURE.has(test.is) || (test.is === 'in' && test.isHashed === true);
}

function flatten(op: 'and' | 'or', conditions: readonly Condition[]): readonly Condition[] {
  return conditions.flatMap((one) => (one.op === op ? one.of : [one]));
}

function pack(op: 'and' | 'or', parts: readonly Condition[], none: Condition): Condition {
  if (parts.length > 1) return { op, of: parts };
  return parts[0] ?? none;
}

function distinct(parts: readonly Condition[]): readonly Condition[] {
  if (parts.length < 2) return parts;
  return [...new Map(parts.map((one) => [JSON.stringify(one), one])).values()];
}

/** "Unsure" is part of every other result of the same test; `x or (x and y)` is `x`. */
function withoutImplied(parts: readonly Condition[]): readonly Condition[] {
  if (parts.length < 2) return parts;
  const given = new Set(parts.flatMap((one) => (one.op === 'test' && one.when !== 'unsure' ? [unsureKey(one)] : [])));
  const left = parts.filter((one) => !given.has(JSON.stringify(one)));
  for (const one of left) given.add(JSON.stringify(one));
  return left.filter((one) => one.op !== 'and' || !one.of.some((part) => given.has(JSON.stringify(part))));
}

/** Whether one part holds where another does not. */
function coversAll(parts: readonly Condition[]): boolean {
  const opposites = parts.flatMap((one) =>
    one.op === 'test' && one.when === 'true' ? [{ ...one, when: 'false' }] : [],
  );
  const keys = new Set(opposites.map((one) => JSON.stringify(one)));
  return keys.size > 0 && parts.some((one) => keys.has(JSON.stringify(one)));
}

function unsureKey(condition: TestCondition): string {
  return JSON.stringify({ ...condition, when: 'unsure' });
}
