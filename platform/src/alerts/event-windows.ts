/** Groups matches into alerts by the times of their events, for logs of the past. */
import type { RuleInfo, RuleMatch, Severity } from '../core/detection.ts';

export interface WindowAlert {
  readonly ruleId: string;
  readonly title: string;
  readonly severity: Severity;
  readonly dedup: string;
  readonly eventCount: number;
  /** As events have them. */
  readonly firstEventTime: string;
  readonly lastEventTime: string;
  readonly logTypes: readonly string[];
  readonly context: unknown;
}

interface Window {
  readonly first: RuleMatch;
  readonly endsAtMs: number;
  count: number;
  firstTime: string;
  lastTime: string;
  readonly logTypes: Set<string>;
  /** What the threshold counts, where it counts distinct values. */
  readonly uniques: Set<string>;
}

export interface AlertWindows {
  /** The alerts that are complete because of it. */
  add(match: RuleMatch): readonly WindowAlert[];
  /** Those whose period is over at a time, where matches come in the order of their events' times. */
  closeBefore(time: string): readonly WindowAlert[];
  /** Everything that is still open. */
  end(): readonly WindowAlert[];
}

export function createAlertWindows(infoOf: (ruleId: string) => RuleInfo | undefined): AlertWindows {
  const open = new Map<string, Window>();

  function toAlert({ first, count, firstTime, lastTime, logTypes, uniques }: Window): readonly WindowAlert[] {
    const info = infoOf(first.ruleId);
    const counted = uniques.size > 0 ? uniques.size : count;
    if (info?.createAlert === false || counted < (info?.threshold ?? 1)) return [];
    return [
      {
        ruleId: first.ruleId,
        title: first.title || info?.displayName || first.ruleId,
        severity: first.severity,
        dedup: first.dedup,
        eventCount: count,
        firstEventTime: firstTime,
        lastEventTime: lastTime,
        logTypes: [...logTypes].sort(),
        context: first.context === undefined ? {} : JSON.parse(first.context),
      },
    ];
  }

  return {
    add(match) {
      const key = `${match.ruleId}\0${match.dedup}`;
      const time = match.event.p_event_time;
      const current = open.get(key);
      if (current !== undefined && millis(time) < current.endsAtMs) {
        current.count += 1;
        if (time < current.firstTime) current.firstTime = time;
        if (time > current.lastTime) current.lastTime = time;
        current.logTypes.add(match.event.p_log_type);
        if (match.unique !== undefined) current.uniques.add(match.unique);
        return [];
      }
      const minutes = infoOf(match.ruleId)?.dedupPeriodMinutes ?? 60;
      open.set(key, {
        first: match,
        endsAtMs: millis(time) + minutes * 60_000,
        count: 1,
        firstTime: time,
        lastTime: time,
        logTypes: new Set([match.event.p_log_type]),
        uniques: new Set(match.unique === undefined ? [] : [match.unique]),
      });
      return current === undefined ? [] : toAlert(current);
    },
    closeBefore(time) {
      const now = millis(time);
      const over = [...open].filter(([, { endsAtMs }]) => endsAtMs <= now);
      for (const [key] of over) open.delete(key);
      return over.flatMap(([, window]) => toAlert(window));
    },
    end: () => [...open.values()].flatMap(toAlert),
  };
}

/** Of `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, UTC. */
function millis(time: string): number {
  return Date.parse(`${time.slice(0, 10)}T${time.slice(11, 23)}Z`);
}
