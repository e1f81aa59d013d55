/** Counts what exceptions hide, with the last events of each; bounded, however many there are. */
import type { LogEvent } from '../../core/event.ts';

export interface HiddenEvent {
  readonly rowId: string;
  readonly logType: string;
  /** As events have it. */
  readonly eventTime: string;
}

export interface Hidden {
  readonly count: number;
  /** Newest first. */
  readonly recent: readonly HiddenEvent[];
}

/** By exception id. */
export type HiddenCounts = ReadonlyMap<string, Hidden>;

/** Kept of each exception. */
export const KEPT_EVENTS = 50;

export interface HiddenCounter {
  add(exceptionId: string, event: LogEvent): void;
  /** Since the last call. */
  take(): HiddenCounts;
}

export function createHiddenCounter(): HiddenCounter {
  let counts = new Map<string, Hidden>();
  return {
    add(id, { p_row_id: rowId, p_log_type: logType, p_event_time: eventTime }) {
      const { count, recent } = counts.get(id) ?? { count: 0, recent: [] };
      const kept = [{ rowId, logType, eventTime }, ...recent].slice(0, KEPT_EVENTS);
      counts.set(id, { count: count + 1, recent: kept });
    },
    take() {
      const taken = counts;
      counts = new Map();
      return taken;
    },
  };
}

/** By all exceptions together. */
export function countHidden(counts: HiddenCounts): number {
  return [...counts.values()].reduce((sum, { count }) => sum + count, 0);
}

/** Counts of both, `later` being the newer ones. */
export function addHidden(counts: HiddenCounts, later: HiddenCounts): HiddenCounts {
  if (later.size === 0) return counts;
  const sum = new Map(counts);
  for (const [id, { count, recent }] of later) {
    const before = sum.get(id);
    const all = [...recent, ...(before?.recent ?? [])].slice(0, KEPT_EVENTS);
    sum.set(id, { count: count + (before?.count ?? 0), recent: all });
  }
  return sum;
}
