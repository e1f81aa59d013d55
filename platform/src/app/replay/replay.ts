/** Runs one rule over the lake: what it would have matched and alerted on between two times. Nothing is changed. */
import type { WindowAlert } from '../../alerts/event-windows.ts';
import { UserError } from '../../core/errors.ts';
import type { LakeTable } from '../../core/table.ts';
import type { Detection } from '../../detections/detection.ts';
import type { Exception } from '../../detections/exceptions/exception.ts';
import type { PythonPackage } from '../../detections/python/runner.ts';
import { type ReplayFindings, toRfc3339 } from '../../detections/replay/report.ts';
import type { FindRow } from '../../detections/state/key-values.ts';
import type { LakeSql } from '../../lake/sql.ts';
import { type Gathered, gather } from './gather.ts';
import type { LakeEventsDeps } from './lake-events.ts';
import { type PastRulesCounts, runPastRules, tablesOf } from './past-rules.ts';
import { replayCorrelation } from './replay-correlation.ts';
import { replayScheduled } from './replay-scheduled.ts';

export interface ReplayDeps extends LakeEventsDeps {
  /** For the queries of scheduled rules. */
  readonly sql: Pick<LakeSql, 'query'>;
  readonly tables: readonly LakeTable[];
  readonly packages?: readonly PythonPackage[];
  /** Of lookup tables. */
  readonly lookup?: FindRow;
  readonly now: () => Date;
}

export interface ReplayRequest {
  readonly rule: Detection;
  /** What is installed: its helpers and data models are the rule's. */
  readonly detections: readonly Detection[];
  /** Of today: what they hide is counted, and nothing else. */
  readonly exceptions?: readonly Exception[];
  readonly from: Date;
  readonly to: Date;
  readonly signal: AbortSignal;
  /** Called now and then. */
  onProgress?(progress: ReplayProgress): void;
}

export interface ReplayProgress {
  /** In the hours of the time; of a scheduled rule: runs of its queries; of a correlation rule: of both its members. */
  readonly events: number;
  /** Of these, those that are behind it. */
  readonly done: number;
  readonly matches: number;
}

export interface ReplayOutcome extends ReplayFindings {
  /** Of a scheduled rule: rows; of a correlation rule: what its members were run on. */
  readonly events: number;
  /** Of a correlation rule: matches of its members. */
  readonly candidates: number;
  /** Matches that exceptions hide; in no other figure. */
  readonly hidden: number;
  readonly alertCount: number;
  /** The first ones. */
  readonly alerts: readonly Omit<WindowAlert, 'context' | 'ruleId'>[];
  readonly durationMs: number;
}

/** What is read for each kind of detection. */
const REPLAYS: Readonly<Record<string, Replay>> = {
  rule: replayRule,
  scheduled_rule: replayScheduled,
  correlation_rule: replayCorrelation,
};

type Replay = (deps: ReplayDeps, request: ReplayRequest, gathered: Gathered) => Promise<PastRulesCounts>;

/** @throws UserError when there is nothing that could be replayed. */
export async function replay(deps: ReplayDeps, request: ReplayRequest): Promise<ReplayOutcome> {
  const { rule, from, to } = request;
  if (from >= to) throw new UserError('it must be before the end of the time', { field: 'from' });
  const run = REPLAYS[rule.type];
  if (run === undefined)
    throw new UserError(
      `${rule.id} is a ${rule.type}: rules over log events, scheduled rules and correlation rules can be replayed`,
      { field: 'detectionId' },
    );
  const startedAt = performance.now();
  const gathered = gather(rule, to.getTime() - from.getTime());
  const counts = await run(deps, request, gathered);
  return { ...gathered.end(), ...counts, durationMs: Math.round(performance.now() - startedAt) };
}

async function replayRule(deps: ReplayDeps, request: ReplayRequest, gathered: Gathered): Promise<PastRulesCounts> {
  const { rule } = request;
  if (tablesOf(deps, [rule]).length === 0)
    throw new UserError(`none of its log types is known here: ${rule.info.logTypes.join(', ')}`, { field: 'LogTypes' });
  return runPastRules(
    deps,
    { ...request, rules: [rule] },
    {
      reach: gathered.reach,
      take: gathered.add,
      order: gathered.order,
      progress: (events, done) => request.onProgress?.({ events, done, matches: gathered.matches }),
    },
  );
}

/** As the API and the command line show it: times in RFC 3339. */
export function shownOutcome({ alerts, ...rest }: ReplayOutcome) {
  const shown = alerts.map(({ firstEventTime, lastEventTime, ...alert }) => ({
    ...alert,
    firstEventAt: toRfc3339(firstEventTime),
    lastEventAt: toRfc3339(lastEventTime),
  }));
  return { ...rest, alerts: shown };
}
