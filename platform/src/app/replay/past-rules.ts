/**
 * Rules over the events that the lake has between two times, hour by hour, so memory does not grow with the time or with
 * the number of matches. It changes nothing: no match rows, no alerts; stateful helpers begin empty and are thrown away.
 */
import type { RuleResult } from '../../core/detection.ts';
import type { LakeTable } from '../../core/table.ts';
import type { Detection } from '../../detections/detection.ts';
import { createDetectionEngine } from '../../detections/engine.ts';
import { countHidden } from '../../detections/exceptions/hidden.ts';
import type { Condition } from '../../detections/planner/condition.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import { pushDown } from '../../detections/replay/push-down.ts';
import { createKeyValuesInMemory } from '../../detections/state/key-values.ts';
import type { LiveFile } from '../../lake/catalog.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { createRunners, type Runners } from '../detections/detection-runners.ts';
import { lakeHour, readLakeEvents } from './lake-events.ts';
import type { ReplayDeps, ReplayRequest } from './replay.ts';

export interface PastRules extends Pick<ReplayRequest, 'detections' | 'exceptions' | 'from' | 'to' | 'signal'> {
  /** Enabled or not. */
  readonly rules: readonly Detection[];
}

export interface PastRulesSink {
  /** What follows is not older: `YYYY-MM-DD HH:MM:SS`. */
  reach?(time: string): void;
  take(results: readonly RuleResult[]): void;
  /** Everything up to the end of an hour was given. */
  order?(): void;
  /** Of so many events so many are behind it. */
  progress(events: number, done: number): void;
}

export interface PastRulesCounts {
  readonly events: number;
  readonly candidates: number;
  readonly hidden: number;
}

/** Rows that are read together at least; an hour is never divided. */
const ROWS_TOGETHER = 200_000;
/** Candidates that are evaluated together. */
const BATCH = 2_000;

export async function runPastRules(deps: ReplayDeps, past: PastRules, sink: PastRulesSink): Promise<PastRulesCounts> {
  const { rules, from, to, signal } = past;
  const runners = createRunners(createKeyValuesInMemory(deps.lookup), deps.packages);
  try {
    const conditions = await planAll(rules, runners);
    const engine = openEngine(deps, past, conditions, runners);
    const tables = tablesOf(deps, rules);
    const counts = await countFiles(deps, tables, from, to);
    const selected = tables.map((table) => ({ table, where: whereOf(table, rules, conditions) }));
    let done = 0;
    for (const hours of counts.groups) {
      signal.throwIfAborted();
      sink.progress(counts.rows, done);
      sink.reach?.(hours.from);
      const { fromHour, toHour } = hours;
      for await (const events of readLakeEvents(deps, { tables: selected, from, to, fromHour, toHour, signal })) {
        for (const event of events) engine.offer(event);
        if (engine.pendingCount >= BATCH) sink.take(await engine.drain());
        sink.progress(counts.rows, done);
      }
      sink.take(await engine.drain());
      sink.order?.();
      done += hours.rows;
    }
    sink.progress(counts.rows, done);
    const candidates = [...engine.takeCounts().values()].reduce((sum, one) => sum + one.candidates, 0);
    return { events: counts.rows, candidates, hidden: countHidden(engine.takeHidden()) };
  } finally {
    await runners.close();
  }
}

/** By the rules' ids. */
type Conditions = ReadonlyMap<string, Condition>;

async function planAll(rules: readonly Detection[], { python }: Runners): Promise<Conditions> {
  const conditions = new Map<string, Condition>();
  for (const rule of rules) conditions.set(rule.id, await planDetection(rule, (source) => python.ast(source)));
  return conditions;
}

function openEngine(deps: ReplayDeps, past: PastRules, conditions: Conditions, runners: Runners) {
  const own = new Set(past.rules.map(({ id }) => id));
  const others = past.detections.filter(({ type, id }) => type !== 'rule' && !own.has(id));
  return createDetectionEngine({
    detections: [...past.rules.map((rule) => ({ ...rule, isEnabled: true })), ...others],
    ...runners,
    conditionOf: ({ id }) => conditions.get(id) ?? { op: 'true' },
    stringify: stringifyEvent,
    exceptions: past.exceptions ?? [],
    now: deps.now,
  });
}

/** Of every rule's log types; none of a log type that is not known here. */
export function tablesOf({ tables }: Pick<ReplayDeps, 'tables'>, rules: readonly Detection[]): readonly LakeTable[] {
  const logTypes = new Set(rules.flatMap(({ info }) => info.logTypes));
  return tables.filter(({ database, logType }) => database === 'panther_logs' && logTypes.has(logType));
}

/** What an event must be for any of the rules; undefined when every event has to be read. */
function whereOf({ logType, columns }: LakeTable, rules: readonly Detection[], conditions: Conditions) {
  const own = rules.filter(({ info }) => info.logTypes.includes(logType));
  const of = own.map(({ id }) => conditions.get(id) as Condition);
  return pushDown({ op: 'or', of }, columns);
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
