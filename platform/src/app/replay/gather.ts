/** What a replay finds, as alerts and figures. */
import { createAlertWindows, type WindowAlert } from '../../alerts/event-windows.ts';
import type { RuleMatch, RuleResult } from '../../core/detection.ts';
import { UserError } from '../../core/errors.ts';
import type { LogEvent } from '../../core/event.ts';
import type { Detection } from '../../detections/detection.ts';
import { SWITCHED_OFF } from '../../detections/faults.ts';
import { createReplayReport } from '../../detections/replay/report.ts';

const MAX_ALERTS = 200;
/** Matches that wait for those before them. More of an hour come in the order of the files, which is nearly theirs. */
const MAX_WAITING = 200_000;

export type Gathered = ReturnType<typeof gather>;

/** Matches become alerts and figures. */
export function gather(rule: Detection, rangeMs: number) {
  const report = createReplayReport(rule.info.displayName || rule.id, rangeMs);
  const windows = createAlertWindows(() => rule.info);
  const alerts: WindowAlert[] = [];
  let alertCount = 0;
  /** Without their events, but for what windows look at. */
  let waiting: RuleMatch[] = [];

  function order(): void {
    for (const match of waiting.sort(byTime)) opened(windows.add(match));
    waiting = [];
  }

  function opened(found: readonly WindowAlert[]): void {
    alertCount += found.length;
    alerts.push(...found.slice(0, MAX_ALERTS - alerts.length));
  }

  return {
    get matches() {
      return report.matches;
    },
    /** Everything before this time was given. */
    reach: (time: string) => opened(windows.closeBefore(time)),
    add(results: readonly RuleResult[]) {
      for (const result of results) {
        report.add(result);
        if (result.kind === 'match') waiting.push({ ...result, event: headOf(result.event) });
        else if (result.dedup === SWITCHED_OFF) throw new UserError(result.message);
      }
      if (waiting.length > MAX_WAITING) order();
    },
    /** Everything up to the end of an hour was given. */
    order,
    end() {
      opened(windows.end());
      const shown = alerts
        .map(({ context: _context, ruleId: _ruleId, ...alert }) => alert)
        .sort((a, b) => (a.firstEventTime < b.firstEventTime ? -1 : 1));
      return { ...report.end(), alertCount, alerts: shown };
    },
  };
}

function headOf({ p_event_time, p_log_type, p_row_id, p_parse_time }: LogEvent): LogEvent {
  return { p_event_time, p_log_type, p_row_id, p_parse_time };
}

function byTime({ event: a }: RuleMatch, { event: b }: RuleMatch): number {
  if (a.p_event_time !== b.p_event_time) return a.p_event_time < b.p_event_time ? -1 : 1;
  return a.p_row_id < b.p_row_id ? -1 : 1;
}
