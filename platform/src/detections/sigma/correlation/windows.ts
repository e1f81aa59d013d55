/** Time windows of one group of events. */
import { type Aggregate, createAggregate, type Entry, holdsFor } from './aggregate.ts';
import type { CorrelationRule } from './resolve.ts';

export interface GroupWindow {
  readonly size: number;
  /** Takes an event; whether the correlation holds because of it. */
  add(entry: Entry): boolean;
  /** For windows that are decided at their end: whether it holds, for each that is over by that time. */
  close(watermarkMs: number): readonly Closed[];
  /** When `close` should be called at the latest. */
  readonly dueMs: number;
}

export interface Closed {
  readonly endMs: number;
  readonly holds: boolean;
  readonly count: number;
}

/** More than this in one window are not counted one by one. */
const MAX_ENTRIES = 100_000;

/**
 * A window that ends at every event. Events can be late by as much as the time span: windows that ended before are
 * looked at again.
 */
export function slidingWindow(rule: CorrelationRule): GroupWindow {
  const spanMs = rule.timespanSeconds * 1_000;
  const entries: Entry[] = [];
  /** Of the window that ends at the newest event. */
  let start = 0;
  const running = createAggregate(rule);

  function slide(): void {
    const newest = entries.at(-1) as Entry;
    while ((entries[start] as Entry).timeMs < newest.timeMs - spanMs || entries.length - start > MAX_ENTRIES) {
      running.remove(entries[start] as Entry);
      start += 1;
    }
    if (start < 256 || start < entries.length / 2) return;
    const kept = entries.findIndex(({ timeMs }) => timeMs >= newest.timeMs - 2 * spanMs);
    const drop = Math.min(start, Math.max(kept, entries.length - 2 * MAX_ENTRIES));
    entries.splice(0, drop);
    start -= drop;
  }

  function addLate(entry: Entry): boolean {
    const at = entries.findLastIndex(({ timeMs }) => timeMs <= entry.timeMs) + 1;
    if (at === 0 && entry.timeMs < (entries.at(-1) as Entry).timeMs - 2 * spanMs) return false;
    entries.splice(at, 0, entry);
    if (at >= start && entry.timeMs >= (entries.at(-1) as Entry).timeMs - spanMs) running.add(entry);
    else start += 1;
    for (let end = at; end < entries.length; end += 1) {
      const { timeMs } = entries[end] as Entry;
      if (timeMs - entry.timeMs > spanMs) return false;
      if (holdsAt(end)) return true;
    }
    return false;
  }

  function holdsAt(end: number): boolean {
    const from = (entries[end] as Entry).timeMs - spanMs;
    const within = entries.slice(0, end + 1).filter(({ timeMs }) => timeMs >= from);
    return holdsFor(rule, aggregateOf(rule, within), within);
  }

  return {
    get size() {
      return entries.length;
    },
    dueMs: Number.POSITIVE_INFINITY,
    add(entry) {
      const newest = entries.at(-1);
      if (newest !== undefined && entry.timeMs < newest.timeMs) return addLate(entry);
      // Of one after the other of the same rule, the last serves whatever comes next.
      if (rule.type === 'temporal_ordered' && newest?.child === entry.child && start < entries.length) entries.pop();
      entries.push(entry);
      running.add(entry);
      slide();
      return holdsFor(rule, running, needsEntries(rule) ? entries.slice(start) : []);
    },
    close: () => [],
  };
}

function needsEntries({ type, expression }: CorrelationRule): boolean {
  return expression !== undefined || !['event_count', 'value_count', 'value_sum', 'temporal'].includes(type);
}

function aggregateOf(rule: CorrelationRule, entries: readonly Entry[]): Aggregate {
  const aggregate = createAggregate(rule);
  for (const entry of entries) aggregate.add(entry);
  return aggregate;
}

/**
 * Windows that begin with an event and last the time span, one after the other: for conditions that are only known when
 * nothing more can come ("fewer than", "exactly", averages, what is missing).
 */
export function closingWindow(rule: CorrelationRule): GroupWindow {
  const spanMs = rule.timespanSeconds * 1_000;
  const entries: Entry[] = [];

  function firstMs(): number {
    return entries[0]?.timeMs ?? Number.POSITIVE_INFINITY;
  }

  return {
    get size() {
      return entries.length;
    },
    get dueMs() {
      return firstMs() + spanMs;
    },
    add(entry) {
      const at = entries.findLastIndex(({ timeMs }) => timeMs <= entry.timeMs) + 1;
      entries.splice(at, 0, entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
      return false;
    },
    close(watermarkMs) {
      const closed: Closed[] = [];
      while (entries.length > 0 && firstMs() + spanMs < watermarkMs) {
        const end = firstMs() + spanMs;
        const count = entries.filter(({ timeMs }) => timeMs <= end).length;
        const within = entries.splice(0, count);
        closed.push({ endMs: end, holds: holdsFor(rule, aggregateOf(rule, within), within), count });
      }
      return closed;
    },
  };
}
