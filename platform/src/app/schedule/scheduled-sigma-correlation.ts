/**
 * One run of a Sigma correlation, over the matches of its rules in the lake: those of its time span are looked at once
 * more in every run, so that what comes late counts; what was reported before is left out. A window that is decided at its
 * end is decided once, by the first run after it and the time that late events have.
 */
import type { RuleMatch } from '../../core/detection.ts';
import { UserError } from '../../core/errors.ts';
import type { LogEvent } from '../../core/event.ts';
import { sha256Hex } from '../../core/ids.ts';
import { toEpochMs } from '../../core/time.ts';
import {
  correlationMatch,
  keepReports,
  newReports,
  type ReportName,
  type Run,
} from '../../detections/correlation/report.ts';
import { keepDecided, readDecided } from '../../detections/correlation/windows.ts';
import type { Detection } from '../../detections/detection.ts';
import type { RunOutcome } from '../../detections/schedule/run-store.ts';
import { type CorrelationMatch, createCorrelator } from '../../detections/sigma/correlation/correlator.ts';
import type { CorrelationPart } from '../../detections/sigma/correlation/specification.ts';
import { literal } from '../../lake/sql-text.ts';
import { readLakeEvents } from '../replay/lake-events.ts';
import { commitMatches } from './scheduled-results.ts';
import type { RunTask, SchedulerRuntime } from './scheduler.ts';

/** Of one run: more is a rule that matches everything. */
const MAX_MATCHES = 500_000;
/** Time spans that are looked back: what is later than one of them does not count. */
export const LOOK_BACK = 2;

interface Window {
  readonly from: Date;
  readonly to: Date;
}

export interface SigmaReport extends ReportName {
  readonly match: CorrelationMatch<LogEvent>;
}

export async function runSigmaCorrelation(runtime: SchedulerRuntime, task: RunTask): Promise<RunOutcome> {
  const { detection } = task;
  const { correlations } = detection.spec.Sigma as CorrelationPart;
  const window = windowOf(correlations, task);
  const events = await readMatches(runtime, task, correlations, window);
  const { db } = runtime.adapters.state;
  const correlator = createCorrelator<LogEvent>(correlations, { decidedUntil: await readDecided(db, detection.id) });
  const atOnce = events.flatMap((event) =>
    correlator.add(String(event.p_rule_id), event, toEpochMs(event.p_event_time)),
  );
  const found = [...atOnce, ...correlator.decide(task.scheduledAt.getTime())]
    .filter(({ correlationId }) => correlationId === detection.id)
    .map(toSigmaReport);
  const reports = await newReports(db, detection.id, found);
  const run = { runId: task.run.id, scheduledAt: task.scheduledAt, now: runtime.clock.now() };
  const matches = reports.map((one) => toSigmaMatch(detection, one, run));
  const outcome = {
    state: 'succeeded',
    rows: events.length,
    matches: reports.length,
    truncated: false,
    error: '',
  } as const;
  return commitMatches(runtime, task, matches, outcome, async (tx) => {
    await keepReports(tx, detection.id, reports, window.from);
    await keepDecided(tx, detection.id, correlator.decided, window.from);
  });
}

function windowOf(correlations: CorrelationPart['correlations'], { scheduledAt, previousAt }: RunTask): Window {
  const spanMs = correlations.reduce((sum, { timespanSeconds }) => sum + timespanSeconds * 1_000, 0);
  const from = Math.min(scheduledAt.getTime(), previousAt.getTime()) - LOOK_BACK * spanMs;
  return { from: new Date(from), to: scheduledAt };
}

/** In the order of their times. */
async function readMatches(
  { adapters, catalog, duckdb, dir, lake, nonce }: SchedulerRuntime,
  task: RunTask,
  correlations: CorrelationPart['correlations'],
  { from, to }: Window,
): Promise<readonly LogEvent[]> {
  const wanted = new Set(correlations.flatMap(({ rules }) => rules));
  const rules = task.detections.filter(({ id, type }) => wanted.has(id) && type === 'rule');
  const logTypes = new Set(rules.flatMap(({ info }) => info.logTypes));
  const tables = lake
    .tables()
    .filter(({ database, logType }) => database === 'panther_rule_matches' && logTypes.has(logType));
  const where = `p_rule_id IN (${rules.map(({ id }) => literal(id)).join(', ')})`;
  const deps = { catalog, duckdb, nonce, files: adapters.lakeFiles, tmpDir: dir.tmp };
  const selected = tables.map((table) => ({ table, where }));
  const events: LogEvent[] = [];
  for await (const batch of readLakeEvents(deps, { tables: selected, from, to, signal: task.signal })) {
    events.push(...batch);
    if (events.length > MAX_MATCHES)
      throw new UserError(`its rules have more than ${MAX_MATCHES} matches in its time span`, { field: 'rules' });
  }
  return events.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

export function sortKey({ p_event_time, p_row_id, p_rule_id }: LogEvent): string {
  return `${p_event_time} ${p_row_id} ${String(p_rule_id)}`;
}

export function toSigmaReport(match: CorrelationMatch<LogEvent>): SigmaReport {
  const key = sha256Hex(JSON.stringify(match.group)).slice(0, 32);
  return { key, lastEventAt: new Date(match.endMs ?? match.timeMs).toISOString(), match };
}

export function toSigmaMatch(
  detection: Detection,
  { key, lastEventAt, match }: SigmaReport,
  run: Pick<Run, 'runId' | 'scheduledAt' | 'now'>,
): RuleMatch {
  const { group, event } = match;
  const values = Object.values(group);
  const ruleId = String(event.p_rule_id);
  const memberMatches = { last: { ruleId, count: 1, matches: [{ time: event.p_event_time, rowId: event.p_row_id }] } };
  const context = { ...group, memberMatches };
  return correlationMatch(detection, { key, lastEventAt, values, memberMatches }, run, {
    dedup: values.join(':'),
    context,
  });
}
