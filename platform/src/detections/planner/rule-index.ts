/**
 * All rules' conditions in one index. Conditions that ask for certain values of a field, or for texts that it starts or
 * ends with, are found through a map from value to rules, so that an event costs little more with a thousand rules than
 * with ten; the rest of a condition is checked only for the rules found. Fields are read once per event.
 */

import { type Affix, type Affixes as AffixMap, createAffixes } from './affixes.ts';
import { type Access, type Condition, canBeUnsure, type TestCondition } from './condition.ts';
import { compileAccess, compileCondition, indexKey, type Reader, UNSURE } from './evaluate.ts';

export interface RuleIndex {
  /** Fills `out` from 0 with the keys of the rules that could match or fail on the event; returns their number. */
  candidates(event: object, out: number[]): number;
}

export interface IndexedRule {
  readonly key: number;
  readonly condition: Condition;
}

interface Entry {
  readonly key: number;
  readonly check: (() => boolean) | undefined;
  /** The event for which it was last looked at: a rule can be found in more than one way. */
  seen: number;
}

interface Field {
  readonly read: Reader;
  readonly byValue: Map<unknown, Entry[]>;
  /** Where the field cannot be reached. */
  readonly unsure: Entry[];
  /** Where the value is a map or a list. */
  readonly containers: Entry[];
  readonly affixes: Affixes;
  /** Those of the affixes, where the value is no text: asking for them raises. */
  readonly notText: Entry[];
}

type Affixes = AffixMap<Entry>;

/** A condition cannot hold unless the field has one of the values, or cannot be reached. */
interface Anchor {
  readonly leaf: TestCondition;
  readonly values: readonly unknown[];
  /** Instead of values. */
  readonly affix?: Affix;
}

export function createRuleIndex(rules: readonly IndexedRule[]): RuleIndex {
  const always: Entry[] = [];
  const fields = new Map<string, Field>();
  const readers = new Map<string, Reader>();
  let event: object = {};
  let stamp = 0;

  function reader(access: Access): Reader {
    const id = idOf(access);
    let read = readers.get(id);
    if (read === undefined) {
      read = once(compileAccess(access));
      readers.set(id, read);
    }
    return read;
  }

  function once(reach: (event: object) => unknown): Reader {
    let readAt = 0;
    let value: unknown;
    return () => {
      if (readAt === stamp) return value;
      value = reach(event);
      readAt = stamp;
      return value;
    };
  }

  function fieldOf(access: Access): Field {
    const id = idOf(access);
    let field = fields.get(id);
    if (field === undefined) {
      const own = { byValue: new Map(), unsure: [], containers: [], affixes: createAffixes<Entry>(), notText: [] };
      field = { read: reader(access), ...own };
      fields.set(id, field);
    }
    return field;
  }

  function add({ key, condition }: IndexedRule): void {
    if (condition.op === 'false') return;
    const anchors = condition.op === 'true' ? undefined : anchorsOf(condition, costs);
    const isWhole = condition.op === 'true' || isCovered(condition);
    const entry: Entry = { key, check: isWhole ? undefined : compileCondition(condition, reader), seen: 0 };
    if (anchors === undefined) always.push(entry);
    else for (const anchor of anchors) register(anchor, entry);
  }

  function register({ leaf, values, affix }: Anchor, entry: Entry): void {
    const field = fieldOf(leaf);
    if (affix !== undefined) {
      field.affixes.add(affix, entry);
      field.notText.push(entry);
    }
    for (const value of values) pushTo(field.byValue, value, entry);
    if (canBeUnsure(leaf)) field.unsure.push(entry);
    if (leaf.test.is === 'in' && leaf.test.isHashed) field.containers.push(entry);
  }

  const costs = countValues(rules);
  for (const rule of rules) add(rule);
  const ways = [...fields].map(([id, field]) => ({ ...field, isPython: id.startsWith('["python"') }));
  let count = 0;

  function take(entries: readonly Entry[], out: number[]): void {
    for (const entry of entries) {
      if (entry.seen === stamp) continue;
      entry.seen = stamp;
      if (entry.check !== undefined && !entry.check()) continue;
      out[count] = entry.key;
      count += 1;
    }
  }

  return {
    candidates(given, out) {
      event = given;
      stamp += 1;
      count = 0;
      take(always, out);
      for (const { read, byValue, unsure, containers, affixes, notText, isPython } of ways) {
        const value = read();
        if (value === UNSURE) {
          take(unsure, out);
          continue;
        }
        if (typeof value !== 'string') take(notText, out);
        else if (affixes.size > 0) affixes.find(value, (entries) => take(entries, out));
        if (typeof value === 'object' && value !== null) take(containers, out);
        else {
          const found = byValue.get(indexKey(value, isPython));
          if (found !== undefined) take(found, out);
        }
      }
      return count;
    },
  };
}

/** Whether being found by its anchor is all that a condition asks for. */
function isCovered(condition: Condition): boolean {
  return condition.op === 'test' && condition.when === 'true' && condition.test.is === 'in';
}

function idOf({ language, steps }: Access): string {
  return JSON.stringify([language, steps]);
}

function pushTo(map: Map<unknown, Entry[]>, value: unknown, entry: Entry): void {
  const entries = map.get(value);
  if (entries === undefined) map.set(value, [entry]);
  else entries.push(entry);
}

/** Values that fields of most events have, missing ones among them: an index by them finds too much. */
const COMMON = new Set<unknown>([null, undefined, '', 0, 1, true, false]);
const COST_OF_COMMON = 1_000;

/** What finding a condition by an anchor costs: the more rules ask for a value, the more events have it. */
type Costs = ReadonlyMap<string, number>;

function countValues(rules: readonly IndexedRule[]): Costs {
  const costs = new Map<string, number>();
  const visit = (condition: Condition): void => {
    if (condition.op === 'and' || condition.op === 'or') condition.of.forEach(visit);
    if (condition.op !== 'test') return;
    for (const { leaf, values } of leafAnchors(condition) ?? []) {
      for (const value of values) {
        const id = costId(leaf, value);
        costs.set(id, (costs.get(id) ?? 0) + 1);
      }
    }
  };
  for (const { condition } of rules) visit(condition);
  return costs;
}

function costId(leaf: TestCondition, value: unknown): string {
  return `${idOf(leaf)}\n${typeof value}\n${String(value)}`;
}

/** The cheapest set of anchors; undefined when the condition can hold for any value. */
function anchorsOf(condition: Condition, costs: Costs): readonly Anchor[] | undefined {
  if (condition.op === 'test') return leafAnchors(condition);
  if (condition.op === 'or') {
    const parts = condition.of.map((part) => anchorsOf(part, costs));
    return parts.includes(undefined) ? undefined : (parts.flat() as Anchor[]);
  }
  if (condition.op !== 'and') return undefined;
  const choices = condition.of.flatMap((part) => {
    const anchors = anchorsOf(part, costs);
    return anchors === undefined ? [] : [anchors];
  });
  return choices.sort((a, b) => costOf(a, costs) - costOf(b, costs))[0];
}

function leafAnchors(leaf: TestCondition): readonly Anchor[] | undefined {
  const { test, when, language } = leaf;
  const isPython = language === 'python';
  const isIn = test.is === 'in';
  if (when === 'unsure') {
    if (OF_TEXTS.has(test.is)) return [{ leaf, values: [], affix: { is: 'startsWith', texts: [] } }];
    return isIn || SURE_TESTS.has(test.is) ? [{ leaf, values: [] }] : undefined;
  }
  if (when !== 'true') return undefined;
  if (isIn) return [{ leaf, values: test.values.map((value) => indexKey(value, isPython)) }];
  if (test.is === 'startsWith' || test.is === 'endsWith')
    return [{ leaf, values: [], affix: { is: test.is, texts: test.values } }];
  return test.is === 'same' ? [{ leaf, values: [indexKey(test.value, isPython)] }] : undefined;
}

/** Sure where the value is a text. */
const OF_TEXTS = new Set(['startsWith', 'endsWith', 'contains']);
/** Unsure only where the field cannot be reached. */
const SURE_TESTS = new Set(['same', 'typeof', 'truthy', 'boolean', 'nullish', 'undefined']);

function costOf(anchors: readonly Anchor[], costs: Costs): number {
  return anchors.reduce((sum, { leaf, values, affix }) => {
    const own = values.map((value) => (COMMON.has(value) ? COST_OF_COMMON : (costs.get(costId(leaf, value)) ?? 1)));
    const ofAffix = affix?.texts.reduce((total, { length }) => total + (length < SHORT ? COST_OF_SHORT : 2), 0) ?? 0;
    return sum + 1 + ofAffix + own.reduce((total, cost) => total + cost, 0);
  }, 0);
}

/** Many values start or end with a text of fewer characters. */
const SHORT = 4;
const COST_OF_SHORT = 100;
