/** Sigma correlations over matches of the past. */
import type { LogEvent } from '../../core/event.ts';
import { toEpochMs } from '../../core/time.ts';
import type { Detection } from '../../detections/detection.ts';
import { createCorrelator } from '../../detections/sigma/correlation/correlator.ts';
import type { CorrelationPart } from '../../detections/sigma/correlation/specification.ts';
import {
  LOOK_BACK,
  type SigmaReport,
  sortKey,
  toSigmaMatch,
  toSigmaReport,
} from '../schedule/scheduled-sigma-correlation.ts';
import type { PastEvaluator } from './past-evaluator.ts';

export function sigmaEvaluator(rule: Detection, now: Date): PastEvaluator<SigmaReport> {
  const { correlations } = rule.spec.Sigma as CorrelationPart;
  const inner = new Set(correlations.map(({ id }) => id));
  const spanMs = correlations.reduce((sum, { timespanSeconds }) => sum + timespanSeconds * 1_000, 0);
  const correlator = createCorrelator<LogEvent>(correlations, { decidedUntil: new Map() });
  let events: LogEvent[] = [];
  let behind = 0;
  return {
    members: correlations.flatMap(({ rules }) => rules).filter((id) => !inner.has(id)),
    lookBackMs: LOOK_BACK * spanMs,
    add: ({ event, ruleId }) => void events.push({ ...event, p_rule_id: ruleId }),
    begin() {
      const keyed = events.map((event) => ({ event, key: sortKey(event) }));
      events = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ event }) => event);
    },
    find(scheduledAt) {
      const found = [];
      for (; behind < events.length; behind += 1) {
        const event = events[behind] as LogEvent;
        const timeMs = toEpochMs(event.p_event_time);
        if (timeMs >= scheduledAt.getTime()) break;
        found.push(...correlator.add(String(event.p_rule_id), event, timeMs));
      }
      found.push(...correlator.decide(scheduledAt.getTime()));
      return found.filter(({ correlationId }) => correlationId === rule.id).map(toSigmaReport);
    },
    toMatch(report, scheduledAt) {
      const runId = `replay ${rule.id} ${scheduledAt.toISOString()}`;
      return toSigmaMatch(rule, report, { runId, scheduledAt, now });
    },
  };
}
