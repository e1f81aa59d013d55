/** Exceptions against what is known to be right: unit tests that expect a match, and alerts that were resolved. */
import { compileConditions } from '../../detections/exceptions/exception.ts';
import { asSeen } from '../../detections/exceptions/hiding.ts';
import type { DetectionsTable } from '../../ports/state/tables.ts';
import type { ExceptionCheck } from '../contract/exceptions.ts';
import type { ApiDeps } from '../deps.ts';
import { requireDetection } from './detections.ts';

/** Resolved: the alert was right, and somebody acted. Closed ones were not. The newest are looked at. */
const TRUE_POSITIVE = 'RESOLVED';
const ALERTS = 50;
const EVENTS_OF_ALERT = 100;

type Verified = Pick<ExceptionCheck, 'hides' | 'checked'>;

/** Of conditions without issues. */
export async function verifyException(
  deps: ApiDeps,
  detectionId: string,
  conditions: readonly unknown[],
): Promise<Verified> {
  const detection = await requireDetection(deps, detectionId);
  const holds = compileConditions(conditions);
  const tests = positiveTests(deps, detection);
  const hides: ExceptionCheck['hides'] = hiddenTests(deps, detection, conditions).map((name) => ({
    kind: 'test',
    id: name,
    title: name,
    events: 1,
  }));
  const alerts = await deps.state.db
    .selectFrom('alerts')
    .selectAll()
    .where('rule_id', '=', detectionId)
    .where('type', '=', 'RULE')
    .where('status', '=', TRUE_POSITIVE)
    .orderBy('created_at', 'desc')
    .limit(ALERTS)
    .execute();
  let events = tests.length;
  for (const alert of alerts) {
    const { items } = await deps.alertEvents(alert, { limit: EVENTS_OF_ALERT });
    events += items.length;
    const hidden = items.filter((event) => holds(asSeen(event))).length;
    if (hidden > 0) hides.push({ kind: 'alert', id: alert.id, title: alert.title, events: hidden });
  }
  return { hides, checked: { tests: tests.length, alerts: alerts.length, events } };
}

/** Names of the tests that expect a match and would not see one. */
export function hiddenTests(deps: ApiDeps, detection: DetectionsTable, conditions: readonly unknown[]): string[] {
  const holds = compileConditions(conditions);
  const isOfRows = detection.type === 'scheduled_rule';
  const seen = (log: unknown) => (isOfRows ? asSeen({ ...(log as object), row: log }) : log);
  return positiveTests(deps, detection).flatMap(({ name, log }) => (holds(seen(log)) ? [name] : []));
}

function positiveTests(deps: ApiDeps, detection: DetectionsTable) {
  return deps.detections.describe(detection).tests.filter(({ expectedResult }) => expectedResult);
}
