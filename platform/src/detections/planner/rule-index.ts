/**
 * All rules' conditions in one index. Conditions that ask for certain values of a field are found through a map from
 * value to rules, so that an event costs little more with a thousand rules than with ten; the rest of a condition is
 * checked only for the rules found. Fields are read once per event.
 */
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
}

/** A condition cannot hold unless the field has one of the values, or cannot be reached. */
interface Anchor {
  readonly leaf: TestCondition;
  readonly values: readonly unknown[];
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
      field = { read: reader(access), byValue: new Map(), unsure: [], containers: [] };
      fields.set(id, field);
    }
    return field;
  }

  function add({ key, condition }: IndexedRule): void {
    if (condition.op === 'false') return;
    const anchors = condition.op === 'true' ? undefined : anchorsOf(condition);
    const isWhole = condition.op === 'true' || isCovered(condition);
    const entry: Entry = { key, check: isWhole ? undefined : compileCondition(condition, reader), seen: 0 };
    if (anchors === undefined) always.push(entry);
    else for (const anchor of anchors) register(anchor, entry);
  }

  function register({ leaf, values }: Anchor, entry: Entry): void {
    const field = fieldOf(leaf);
    for (const value of values) pushTo(field.byValue, value, entry);
    if (canBeUnsure(leaf)) field.unsure.push(entry);
    if (leaf.test.is === 'in' && leaf.test.isHashed) field.containers.push(entry);
  }

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
      for (const { read, byValue, unsure, containers, isPython } of ways) {
        const value = read();
        if (value === UNSURE) take(unsure, out);
        else if (typeof value === 'object' && value !== null) take(containers, out);
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

/** The cheapest set of anchors; undefined when the condition can hold for any value. */
function anchorsOf(condition: Condition): readonly Anchor[] | undefined {
  if (condition.op === 'test') return leafAnchors(condition);
  if (condition.op === 'or') {
    const parts = condition.of.map(anchorsOf);
    return parts.includes(undefined) ? undefined : (parts.flat() as Anchor[]);
  }
  if (condition.op !== 'and') return undefined;
  const choices = condition.of.flatMap((part) => {
    const anchors = anchorsOf(part);
    return anchors === undefined ? [] : [anchors];
  });
  return choices.sort((a, b) => costOf(a) - costOf(b))[0];
}

function leafAnchors(leaf: TestCondition): readonly Anchor[] | undefined {
  const { test, when, language } = leaf;
  const isPython = language === 'python';
  const isIn = test.is === 'in';
  if (when === 'unsure') return isIn || SURE_TESTS.has(test.is) ? [{ leaf, values: [] }] : undefined;
  if (when !== 'true') return undefined;
  if (isIn) return [{ leaf, values: test.values.map((value) => indexKey(value, isPython)) }];
  return test.is === 'same' ? [{ leaf, values: [indexKey(test.value, isPython)] }] : undefined;
}

/** Unsure only where the field cannot be reached. */
const SURE_TESTS = new Set(['same', 'typeof', 'truthy', 'boolean', 'nullish', 'undefined']);

function costOf(anchors: readonly Anchor[]): number {
  const values = anchors.flatMap((anchor) => [...anchor.values]);
  return values.reduce<number>((sum, value) => sum + (COMMON.has(value) ? COST_OF_COMMON : 1), anchors.length);
}
