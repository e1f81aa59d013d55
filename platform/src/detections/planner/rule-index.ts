/**
 * All rules of a log type in one index. A rule whose condition needs a value of the event to be one of some texts is
 * found through a map from texts to rules: an event costs one look-up for each such value, however many rules there are.
 */
import type { LogEvent } from '../../core/event.ts';
import type { Access, Condition, TestCondition } from './condition.ts';
import { compileAccess, compileCondition } from './evaluate.ts';

export interface IndexedRule {
  readonly key: number;
  readonly condition: Condition;
}

export interface RuleIndex {
  /** Writes the keys of the rules that the event could concern into `out`; gives their number. */
  candidates(event: LogEvent, out: number[]): number;
}

interface Checked {
  readonly key: number;
  readonly holds: () => boolean;
}

/** The rules that ask for the same value. */
interface ValueIndex {
  readonly read: (event: object) => unknown;
  readonly byText: Map<string, Checked[]>;
  readonly all: Checked[];
}

export function createRuleIndex(rules: readonly IndexedRule[]): RuleIndex {
  const byAccess = new Map<string, ValueIndex>();
  const scanned: Checked[] = [];
  let current: object = {};

  function check({ key, condition }: IndexedRule): Checked {
    const holds = compileCondition(condition, (access) => {
      const read = compileAccess(access);
      return () => read(current);
    });
    return { key, holds };
  }

  for (const rule of rules) {
    const leaf = mostTelling(rule.condition);
    if (leaf === undefined) scanned.push(check(rule));
    else addTo(byAccess, leaf, check(rule));
  }
  const indexes = [...byAccess.values()];

  return {
    candidates(event, out) {
      current = event;
      let count = 0;
      for (const rule of scanned) if (rule.holds()) out[count++] = rule.key;
      for (const index of indexes) {
        const value = index.read(event);
        const found = typeof value === 'string' ? index.byText.get(value) : isCertain(value) ? undefined : index.all;
        if (found === undefined) continue;
        for (const rule of found) if (rule.holds()) out[count++] = rule.key;
      }
      return count;
    },
  };
}

/** A value that is certainly no text. */
function isCertain(value: unknown): boolean {
  return value === null || value === undefined || ['number', 'boolean', 'bigint'].includes(typeof value);
}

interface TextLeaf {
  readonly access: Access;
  readonly texts: readonly string[];
}

/** Of the conjuncts that ask for texts, the one with the fewest; names of what happened before names of where. */
function mostTelling(condition: Condition): TextLeaf | undefined {
  const parts = condition.op === 'and' ? condition.of : [condition];
  const leaves = parts.flatMap((part) => toTextLeaf(part) ?? []);
  return leaves.toSorted((a, b) => a.texts.length - b.texts.length || rank(b) - rank(a))[0];
}

function toTextLeaf(condition: Condition): TextLeaf | undefined {
  if (condition.op === 'or') return joined(condition.of);
  if (condition.op !== 'test') return undefined;
  const { test, when, language, steps }: TestCondition = condition;
  if (test.is !== 'in' || when !== 'true') return undefined;
  const texts = test.values.filter((value): value is string => typeof value === 'string');
  return texts.length === test.values.length ? { access: { language, steps }, texts } : undefined;
}

/** Alternatives that ask for the same value ask for one of several texts. */
function joined(alternatives: readonly Condition[]): TextLeaf | undefined {
  // A value that cannot be read, or is no scalar, meets every rule of its index anyway.
  const sure = alternatives.filter((one) => one.op !== 'test' || one.when !== 'unsure');
  const leaves = sure.map((one) => toTextLeaf(one.op === 'and' ? (one.of[0] as Condition) : one));
  const [first] = leaves;
  if (first === undefined) return undefined;
  const id = JSON.stringify(first.access);
  const isSame = (access: Access): boolean => JSON.stringify(access) === id;
  const unsure = alternatives.filter((one): one is TestCondition => one.op === 'test' && one.when === 'unsure');
  if (!leaves.every((leaf) => leaf !== undefined && isSame(leaf.access))) return undefined;
  if (!unsure.every(({ test, language, steps }) => test.is === 'in' && isSame({ language, steps }))) return undefined;
  return { access: first.access, texts: leaves.flatMap((leaf) => leaf?.texts ?? []) };
}

function rank({ access }: TextLeaf): number {
  const last = access.steps.at(-1);
  const name = last === undefined ? '' : 'keys' in last ? (last.keys.at(-1) ?? '') : 'key' in last ? last.key : '';
  return /name|type|action|operation|event(?!source)/i.test(name) ? 1 : 0;
}

function addTo(byAccess: Map<string, ValueIndex>, { access, texts }: TextLeaf, rule: Checked): void {
  const id = JSON.stringify(access);
  const index = byAccess.get(id) ?? { read: compileAccess(access), byText: new Map<string, Checked[]>(), all: [] };
  byAccess.set(id, index);
  index.all.push(rule);
  for (const text of new Set(texts)) {
    const rules = index.byText.get(text) ?? [];
    index.byText.set(text, rules);
    rules.push(rule);
  }
}
