/** Switches rules off that keep failing: they cost others their time, and find nothing. */
import type { LogEvent } from '../core/event.ts';
import type { Answer, Trouble } from './runner.ts';

/** Errors by which a rule costs others their time. */
const OVERRUNS = new Set(['TimeoutError', 'MemoryError', 'RecursionError', 'SystemError']);
const MAX_OVERRUNS = 3;
/** Without one event on which the rule works. */
const MAX_FAILURES_IN_A_ROW = 1_000;

/** Class of the error that tells of it; groups the alert. */
export const SWITCHED_OFF = 'SwitchedOff';

export interface SwitchedOff {
  readonly key: number;
  /** The last that it failed on. */
  readonly event: LogEvent;
  readonly reason: string;
}

export interface Faults {
  isOn(key: number): boolean;
  /** What a batch gave: the rules that it switches off. */
  judge(
    batch: readonly { readonly event: LogEvent; readonly keys: readonly number[] }[],
    answers: readonly Answer[],
  ): readonly SwitchedOff[];
  /** Whether what was judged is durable now. If not it happens again, and is told again. */
  settle(isCommitted: boolean): void;
}

interface Record {
  overruns: number;
  failures: number;
  isOn: boolean;
}

export function createFaults(): Faults {
  const records = new Map<number, Record>();
  const unsettled: Record[] = [];

  function recordOf(key: number): Record {
    const known = records.get(key) ?? { overruns: 0, failures: 0, isOn: true };
    records.set(key, known);
    return known;
  }

  function judgeOne(key: number, errors: readonly Answer[], given: number): string | undefined {
    const record = recordOf(key);
    record.failures = errors.length < given ? 0 : record.failures + errors.length;
    record.overruns += errors.filter(({ error }) => OVERRUNS.has(error?.type ?? '')).length;
    if (!record.isOn) return undefined;
    const reason = reasonOf(record, errors.at(-1)?.error);
    if (reason === undefined) return undefined;
    record.isOn = false;
    unsettled.push(record);
    return reason;
  }

  return {
    isOn: (key) => records.get(key)?.isOn !== false,
    judge(batch, answers) {
      const failed = Map.groupBy(
        answers.filter(({ error }) => error !== undefined),
        ({ rule }) => rule,
      );
      if (failed.size === 0 && records.size === 0) return [];
      const found: SwitchedOff[] = [];
      for (const [key, given] of countKeys(batch)) {
        const errors = failed.get(key) ?? [];
        if (errors.length === 0 && !records.has(key)) continue;
        const reason = judgeOne(key, errors, given);
        const event = batch[errors.at(-1)?.event ?? 0]?.event;
        if (reason !== undefined && event !== undefined) found.push({ key, event, reason });
      }
      return found;
    },
    settle(isCommitted) {
      if (!isCommitted)
        for (const record of unsettled) Object.assign(record, { isOn: true, overruns: MAX_OVERRUNS - 1 });
      unsettled.length = 0;
    },
  };
}

function reasonOf({ overruns, failures }: Record, last: Trouble | undefined): string | undefined {
  const why = last === undefined ? '' : `: ${last.type}: ${last.message}`;
  if (overruns >= MAX_OVERRUNS) return `it went beyond its limits ${MAX_OVERRUNS} times${why}`;
  if (failures >= MAX_FAILURES_IN_A_ROW) return `it failed on the last ${failures} events, without one success${why}`;
  return undefined;
}

function countKeys(batch: readonly { readonly keys: readonly number[] }[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { keys } of batch) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
