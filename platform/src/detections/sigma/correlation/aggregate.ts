/** What a correlation computes over the events of a group within its time span. */
import type { ConditionTree } from '../rule.ts';
import type { CorrelationRule } from './resolve.ts';

/** What is kept of an event. */
export interface Entry {
  readonly timeMs: number;
  /** The rule or correlation that it came through. */
  readonly child: string;
  /** Of the fields that the condition names, joined; undefined without one. */
  readonly value: string | undefined;
}

/** Grows and shrinks with the window. */
export interface Aggregate {
  add(entry: Entry): void;
  remove(entry: Entry): void;
  /** `entries` are those in the window, in the order of their times. Undefined: nothing to compare. */
  result(entries: readonly Entry[]): number | undefined;
}

export function createAggregate(rule: CorrelationRule): Aggregate {
  switch (rule.type) {
    case 'event_count':
      return counting();
    case 'value_count':
      return distinct((entry) => entry.value);
    case 'temporal':
      return distinct((entry) => entry.child);
    case 'value_sum':
      return summing();
    case 'temporal_ordered':
      return fromEntries((entries) => longestChain(entries, rule.rules));
    default:
      return fromEntries((entries) => statisticOf(rule, entries));
  }
}

function counting(): Aggregate {
  let count = 0;
  return {
    add() {
      count += 1;
    },
    remove() {
      count -= 1;
    },
    result: () => count,
  };
}

function summing(): Aggregate {
  let sum = 0;
  let count = 0;
  const change = ({ value }: Entry, by: 1 | -1) => {
    const number = numberOf(value);
    if (number === undefined) return;
    count += by;
    // Nothing is left of what rounding made of the numbers before.
    sum = count === 0 ? 0 : sum + by * number;
  };
  return {
    add: (entry) => change(entry, 1),
    remove: (entry) => change(entry, -1),
    result: () => (count === 0 ? undefined : sum),
  };
}

function distinct(keyOf: (entry: Entry) => string | undefined): Aggregate {
  const counts = new Map<string, number>();
  return {
    add(entry) {
      const key = keyOf(entry);
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    remove(entry) {
      const key = keyOf(entry);
      if (key === undefined) return;
      const left = (counts.get(key) ?? 0) - 1;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    },
    result: () => counts.size,
  };
}

function fromEntries(compute: (entries: readonly Entry[]) => number | undefined): Aggregate {
  return { add: () => undefined, remove: () => undefined, result: compute };
}

/** How many of the rules come one after the other. */
function longestChain(entries: readonly Entry[], rules: readonly string[]): number {
  const longest = rules.map(() => 0);
  for (const { child } of entries) {
    // From the last, so that one event is not two steps where a rule is named twice.
    for (let index = rules.length - 1; index >= 0; index -= 1) {
      if (rules[index] !== child) continue;
      longest[index] = 1 + Math.max(0, ...longest.slice(0, index));
    }
  }
  return Math.max(0, ...longest);
}

const DEFAULT_PERCENTILE = 50;

function statisticOf({ type, percentile }: CorrelationRule, entries: readonly Entry[]): number | undefined {
  const numbers = entries.map(({ value }) => numberOf(value)).filter((one) => one !== undefined);
  if (numbers.length === 0) return undefined;
  switch (type) {
    case 'value_avg':
      return numbers.reduce((total, one) => total + one, 0) / numbers.length;
    case 'value_min':
      return numbers.reduce((least, one) => Math.min(least, one));
    case 'value_max':
      return numbers.reduce((most, one) => Math.max(most, one));
    default:
      return percentileOf(numbers, type === 'value_median' ? 50 : (percentile ?? DEFAULT_PERCENTILE));
  }
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Between two values, the part of the way. */
function percentileOf(numbers: readonly number[], percentile: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (percentile / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** Whether the condition holds for the events in the window. */
export function holdsFor(rule: CorrelationRule, aggregate: Aggregate, entries: readonly Entry[]): boolean {
  if (rule.expression !== undefined) return expressionHolds(rule.expression, rule, entries);
  const result = aggregate.result(entries);
  if (result === undefined) return false;
  if (rule.limits.length === 0) return result >= rule.rules.length;
  return rule.limits.every(({ op, value }) => COMPARE[op](result, value));
}

const COMPARE = {
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
  eq: (a: number, b: number) => a === b,
  neq: (a: number, b: number) => a !== b,
};

function expressionHolds(tree: ConditionTree, rule: CorrelationRule, entries: readonly Entry[]): boolean {
  const seen = new Set(entries.map(({ child }) => child));
  const needsOrder = rule.type === 'temporal_ordered';
  if (needsOrder && !isInOrder(tree, rule, entries)) return false;
  return treeHolds(tree, (name) => seen.has(rule.names[name] ?? name));
}

function treeHolds(tree: ConditionTree, holds: (name: string) => boolean): boolean {
  switch (tree.op) {
    case 'search':
      return holds(tree.name);
    case 'not':
      return !treeHolds(tree.of, holds);
    case 'and':
      return tree.of.every((one) => treeHolds(one, holds));
    default:
      return tree.op === 'or' && tree.of.some((one) => treeHolds(one, holds));
  }
}

/** Whether those of the rules named that occurred did so in the order given. */
function isInOrder(tree: ConditionTree, rule: CorrelationRule, entries: readonly Entry[]): boolean {
  const named = new Set(namesIn(tree).map((name) => rule.names[name] ?? name));
  const present = rule.rules.filter((id) => named.has(id) && entries.some(({ child }) => child === id));
  return longestChain(entries, present) >= present.length;
}

function namesIn(tree: ConditionTree): readonly string[] {
  if (tree.op === 'search') return [tree.name];
  if (tree.op === 'not') return [];
  return tree.op === 'of' ? [] : tree.of.flatMap(namesIn);
}

/** Whether more events can only make it hold, so that it is known at once and not when the time is over. */
export function isKnownAtOnce({ type, limits, expression }: CorrelationRule): boolean {
  if (expression !== undefined) return !hasNot(expression);
  const onlyLower = limits.every(({ op }) => op === 'gt' || op === 'gte');
  return onlyLower && !['value_avg', 'value_min', 'value_percentile', 'value_median'].includes(type);
}

function hasNot(tree: ConditionTree): boolean {
  if (tree.op === 'not') return true;
  return 'of' in tree && Array.isArray(tree.of) && tree.of.some(hasNot);
}
