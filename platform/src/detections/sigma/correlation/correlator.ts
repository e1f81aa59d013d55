/**
 * Correlations over a stream of what rules matched. Memory is bounded: of too many groups the one that was silent for
 * longest is forgotten. Pure: time is that of the events.
 */
import type { Reader } from '../fields.ts';
import { textOf } from '../fold.ts';
import { readerOf } from '../run.ts';
import { isKnownAtOnce } from './aggregate.ts';
import type { CorrelationRule } from './resolve.ts';
import { closingWindow, type GroupWindow, slidingWindow } from './windows.ts';

export interface CorrelationMatch<E extends object = object> {
  readonly correlationId: string;
  /** The fields of `group-by` with their values. */
  readonly group: Readonly<Record<string, string>>;
  readonly timeMs: number;
  /** The event because of which it matched: the last one. */
  readonly event: E;
  /** Of the window, where it was decided at its end. */
  readonly endMs?: number;
}

export interface Correlator<E extends object = object> {
  /** `ruleId` matched the event. Gives the correlations that hold because of it, those of correlations included. */
  add(ruleId: string, event: E, timeMs: number): readonly CorrelationMatch<E>[];
  /** Decides the windows of which nothing more is waited for at that time; with `decidedUntil`. */
  decide(nowMs: number): readonly CorrelationMatch<E>[];
  /** Nothing more will come: what only the end of a window tells. */
  end(): readonly CorrelationMatch<E>[];
  /** Groups of the last correlation whose windows were decided → the end of the newest of them. */
  readonly decided: ReadonlyMap<string, number>;
}

export interface CorrelatorLimits {
  /** Groups of one correlation. */
  readonly maxGroups?: number;
  /** Events that are kept of all groups of one correlation. */
  readonly maxEntries?: number;
  /**
   * Of the last correlation: groups → up to when they were decided before; events up to then count no more. With it
   * windows are decided by `decide` alone.
   */
  readonly decidedUntil?: ReadonlyMap<string, number>;
}

interface Group<E> {
  readonly window: GroupWindow;
  readonly shown: Readonly<Record<string, string>>;
  last: Input<E>;
}

interface Input<E> {
  /** The rule or correlation that the event came through. */
  readonly child: string;
  /** The rule that matched it. */
  readonly base: string;
  readonly event: E;
  readonly timeMs: number;
}

interface Evaluator<E> {
  readonly rule: CorrelationRule;
  take(input: Input<E>): readonly Output<E>[];
  closeUntil(ms: number): readonly Output<E>[];
  readonly graceMs: number;
  readonly decided: ReadonlyMap<string, number>;
}

interface Output<E> {
  readonly input: Input<E>;
  readonly group: Readonly<Record<string, string>>;
  readonly endMs?: number;
}

const MAX_GROUPS = 100_000;
const MAX_ENTRIES = 1_000_000;

/** @param rules Each after those that it refers to, as they are loaded. */
export function createCorrelator<E extends object>(
  rules: readonly CorrelationRule[],
  limits: CorrelatorLimits = {},
): Correlator<E> {
  const last = rules.at(-1);
  const { decidedUntil, ...inner } = limits;
  const evaluators = rules.map((rule) => createEvaluator<E>(rule, rule === last ? limits : inner));
  const listeners = new Map<string, Evaluator<E>[]>();
  for (const one of evaluators) {
    for (const id of new Set(one.rule.rules)) listeners.set(id, [...(listeners.get(id) ?? []), one]);
  }

  function feed(input: Input<E>): readonly CorrelationMatch<E>[] {
    return (listeners.get(input.child) ?? []).flatMap((one) =>
      one.take(input).flatMap((output) => passOn(one.rule.id, output)),
    );
  }

  function passOn(id: string, { input, group, endMs }: Output<E>): readonly CorrelationMatch<E>[] {
    const { event, timeMs } = input;
    const match = { correlationId: id, group, timeMs, event, ...(endMs !== undefined && { endMs }) };
    return [match, ...feed({ ...input, child: id })];
  }

  function close(untilOf: (one: Evaluator<E>) => number): readonly CorrelationMatch<E>[] {
    return evaluators.flatMap((one) => one.closeUntil(untilOf(one)).flatMap((output) => passOn(one.rule.id, output)));
  }

  return {
    add: (ruleId, event, timeMs) => feed({ child: ruleId, base: ruleId, event, timeMs }),
    decide: (nowMs) => close(({ graceMs }) => nowMs - graceMs),
    end: () => close(() => Number.POSITIVE_INFINITY),
    decided: evaluators.at(-1)?.decided ?? new Map(),
  };
}

function createEvaluator<E extends object>(rule: CorrelationRule, limits: CorrelatorLimits): Evaluator<E> {
  const { maxGroups = MAX_GROUPS, maxEntries = MAX_ENTRIES, decidedUntil } = limits;
  const isSliding = isKnownAtOnce(rule);
  /** The group that was silent for longest comes first. */
  const groups = new Map<string, Group<E>>();
  const readers = compileReaders(rule);
  /** Events that are later than this do not count where a window is decided at its end. */
  const graceMs = rule.timespanSeconds * 500;
  const decided = new Map<string, number>();
  let entries = 0;
  let newestMs = Number.NEGATIVE_INFINITY;
  let nextDueMs = Number.POSITIVE_INFINITY;

  function groupOf(key: string, shown: readonly string[], input: Input<E>): Group<E> {
    const old = groups.get(key);
    groups.delete(key);
    const group = old ?? {
      window: isSliding ? slidingWindow(rule) : closingWindow(rule),
      shown: Object.fromEntries(rule.groupBy.map((name, index) => [name, shown[index] as string])),
      last: input,
    };
    if (input.timeMs >= group.last.timeMs) group.last = input;
    groups.set(key, group);
    return group;
  }

  function forget(): void {
    for (const [key, { window }] of groups) {
      if (groups.size <= maxGroups && entries <= maxEntries) return;
      groups.delete(key);
      entries -= window.size;
    }
  }

  /** Windows that nothing can come to any more. */
  function closeUntil(watermarkMs: number): readonly Output<E>[] {
    const outputs: Output<E>[] = [];
    nextDueMs = Number.POSITIVE_INFINITY;
    for (const [key, { window, shown, last }] of groups) {
      const before = window.size;
      for (const { holds, endMs } of window.close(watermarkMs)) {
        if (holds) outputs.push({ input: last, group: shown, endMs });
        decided.set(key, endMs);
      }
      entries += window.size - before;
      if (window.size === 0) groups.delete(key);
      else nextDueMs = Math.min(nextDueMs, window.dueMs);
    }
    return outputs;
  }

  return {
    rule,
    take(input) {
      const read = readers.get(`${input.child}\0${input.base}`);
      const shown = read?.groupBy.map((one) => valueText(one(input.event)));
      // Events that lack a field of the group belong to none.
      if (read === undefined || shown === undefined || shown.includes(undefined)) return [];
      const key = JSON.stringify(shown);
      if (!isSliding && input.timeMs <= (decidedUntil?.get(key) ?? Number.NEGATIVE_INFINITY)) return [];
      newestMs = Math.max(newestMs, input.timeMs);
      const watermarkMs = newestMs - graceMs;
      const isDue = decidedUntil === undefined && watermarkMs > nextDueMs;
      const closed = isDue ? closeUntil(watermarkMs) : [];
      const { window, shown: group } = groupOf(key, shown as readonly string[], input);
      const before = window.size;
      const holds = window.add({ timeMs: input.timeMs, child: input.child, value: joined(read.values, input.event) });
      entries += window.size - before;
      nextDueMs = Math.min(nextDueMs, window.dueMs);
      forget();
      return holds ? [...closed, { input, group }] : closed;
    },
    closeUntil,
    graceMs,
    decided,
  };
}

interface Readers {
  readonly groupBy: readonly Reader[];
  readonly values: readonly Reader[];
}

/** By child and base. */
function compileReaders({ places }: CorrelationRule): ReadonlyMap<string, Readers> {
  const readers = new Map<string, Readers>();
  for (const [child, byBase] of Object.entries(places)) {
    for (const [base, { groupBy, values }] of Object.entries(byBase)) {
      readers.set(`${child}\0${base}`, { groupBy: groupBy.map(readerOf), values: values.map(readerOf) });
    }
  }
  return readers;
}

function valueText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}

/** Undefined when one of them is missing. */
function joined(readers: readonly Reader[], event: object): string | undefined {
  const [only] = readers;
  if (readers.length < 2) return only === undefined ? undefined : valueText(only(event));
  const texts = readers.map((read) => valueText(read(event)));
  return texts.includes(undefined) ? undefined : JSON.stringify(texts);
}
