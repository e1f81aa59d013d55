/**
 * Runs one rule over the lake: what it would have matched and alerted on between two times. It changes nothing: no
 * match rows, no alerts, stateful helpers begin empty and are thrown away. Hour by hour, so memory does not grow with
 * the time or with the number of matches.
 */
import type { WindowAlert } from '../../alerts/event-windows.ts';
import { UserError } from '../../core/errors.ts';
import type { LakeTable } from '../../core/table.ts';
import type { Detection } from '../../detections/detection.ts';
import { createDetectionEngine, type DetectionEngine } from '../../detections/engine.ts';
import type { Exception } from '../../detections/exceptions/exception.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import type { PythonPackage } from '../../detections/python/runner.ts';
import { pushDown } from '../../detections/replay/push-down.ts';
import { type ReplayFindings, toRfc3339 } from '../../detections/replay/report.ts';
import { createKeyValuesInMemory, type FindRow } from '../../detections/state/key-values.ts';
import type { LiveFile } from '../../lake/catalog.ts';
import type { LakeSql } from '../../lake/sql.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { createRunners } from '../detections/detection-runners.ts';
import { gather } from './gather.ts';
import { type LakeEventsDeps, lakeHour, readLakeEvents } from './lake-events.ts';
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
  /** In the hours of the time; of a scheduled rule: runs of its queries. */
  readonly events: number;
  /** Of these, those that are behind it. */
  readonly done: number;
  readonly matches: number;
}

export interface ReplayOutcome extends ReplayFindings {
  /** Of a scheduled rule: rows. */
  readonly events: number;
  readonly candidates: number;
  /** Matches that exceptions hide; in no other figure. */
  readonly hidden: number;
  readonly alertCount: number;
  /** The first ones. */
  readonly alerts: readonly Omit<WindowAlert, 'context' | 'ruleId'>[];
  readonly durationMs: number;
}

/** Rows that are read together at least; an hour is never divided. */
const ROWS_TOGETHER = 200_000;
/** Candidates that are evaluated together. */
const BATCH = 2_000;

/** @throws UserError when there is nothing that could be replayed. */
export async function replay(deps: ReplayDeps, request: ReplayRequest): Promise<ReplayOutcome> {
  const { rule, detections, from, to, signal } = request;
  if (from >= to) throw new UserError('it must be before the end of the time', { field: 'from' });
  if (rule.type === 'scheduled_rule') return replayScheduled(deps, request);
  const startedAt = performance.now();
  const tables = tablesOf(deps, rule);
  const runners = createRunners(createKeyValuesInMemory(deps.lookup), deps.packages);
  try {
    const condition = await planDetection(rule, (source) => runners.python.ast(source));
    const others = detections.filter(({ type, id }) => type !== 'rule' && id !== rule.id);
    const engine = createDetectionEngine({
      detections: [{ ...rule, isEnabled: true }, ...others],
      ...runners,
      conditionOf: () => condition,
      stringify: stringifyEvent,
      exceptions: request.exceptions ?? [],
      now: deps.now,
    });
    const gathered = gather(rule, to.getTime() - from.getTime());
    const counts = await countFiles(deps, tables, from, to);
    const selected = tables.map((table) => ({ table, where: pushDown(condition, table.columns) }));
    let done = 0;
    for (const hours of counts.groups) {
      signal.throwIfAborted();
      request.onProgress?.({ events: counts.rows, done, matches: gathered.matches });
      gathered.reach(hours.from);
      const { fromHour, toHour } = hours;
      for await (const events of readLakeEvents(deps, { tables: selected, from, to, fromHour, toHour, signal })) {
        for (const event of events) engine.offer(event);
        if (engine.pendingCount >= BATCH) gathered.add(await engine.drain());
        request.onProgress?.({ events: counts.rows, done, matches: gathered.matches });
      }
      gathered.add(await engine.drain());
      gathered.order();
      done += hours.rows;
    }
    request.onProgress?.({ events: counts.rows, done, matches: gathered.matches });
    const candidates = candidatesOf(engine, rule.id);
    const hidden = [...engine.takeHidden().values()].reduce((sum, { count }) => sum + count, 0);
    return {
      ...gathered.end(),
      events: counts.rows,
      candidates,
      hidden,
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    await runners.close();
  }
}

function tablesOf({ tables }: ReplayDeps, rule: Detection): readonly LakeTable[] {
  if (rule.type !== 'rule')
    throw new UserError(`${rule.id} is a ${rule.type}: rules over log events and scheduled rules can be replayed`, {
      field: 'detectionId',
    });
  const own = tables.filter(
    ({ database, logType }) => database === 'panther_logs' && rule.info.logTypes.includes(logType),
  );
  if (own.length > 0) return own;
  throw new UserError(`none of its log types is known here: ${rule.info.logTypes.join(', ')}`, { field: 'LogTypes' });
}

function candidatesOf(engine: DetectionEngine, id: string): number {
  return engine.takeCounts().get(id)?.candidates ?? 0;
}

/** Hours that are read together; times as the lake has them. */
interface Hours {
  readonly fromHour: string;
  readonly toHour: string;
  /** `YYYY-MM-DD HH:MM:SS`. */
  readonly from: string;
  readonly rows: number;
}

async function countFiles(deps: ReplayDeps, tables: readonly LakeTable[], from: Date, to: Date) {
  const rowsByHour = new Map<string, number>();
  for (const file of await filesOf(deps, tables, lakeHour(from), lakeHour(to)))
    rowsByHour.set(file.hour, (rowsByHour.get(file.hour) ?? 0) + file.rowCount);
  const groups: Hours[] = [];
  for (const [hour, rows] of [...rowsByHour].sort()) {
    const last = groups.at(-1);
    if (last !== undefined && last.rows + rows <= ROWS_TOGETHER)
      groups[groups.length - 1] = { ...last, toHour: hour, rows: last.rows + rows };
    else groups.push({ fromHour: hour, toHour: hour, from: `${hour.replace('T', ' ')}:00:00.000000000`, rows });
  }
  return { groups, rows: [...rowsByHour.values()].reduce((sum, rows) => sum + rows, 0) };
}

async function filesOf(
  { catalog }: ReplayDeps,
  tables: readonly LakeTable[],
  fromHour: string,
  toHour: string,
): Promise<readonly LiveFile[]> {
  const found = await Promise.all(
    tables.map(({ database, name }) => catalog.liveFiles({ database, table: name, fromHour, toHour })),
  );
  return found.flat();
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
