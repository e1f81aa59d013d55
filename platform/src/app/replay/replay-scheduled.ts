/**
 * Runs a scheduled rule over the past: each of its queries at each of its times, over what the lake has now, and the rule
 * over the rows. Nothing is changed.
 */
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { countHidden } from '../../detections/exceptions/hidden.ts';
import { createHiding } from '../../detections/exceptions/hiding.ts';
import { queriesOf, queryTextOf, toLakeSql } from '../../detections/schedule/query-text.ts';
import { createRowRules } from '../../detections/schedule/row-rules.ts';
import { scheduleOf } from '../../detections/schedule/slots.ts';
import { createKeyValuesInMemory } from '../../detections/state/key-values.ts';
import { createRunners, type Runners } from '../detections/detection-runners.ts';
import { MAX_ROWS, toRow } from '../schedule/scheduled-query.ts';
import type { Gathered } from './gather.ts';
import type { PastRulesCounts, PastRulesSink } from './past-rules.ts';
import { type PastRun, pastRuns } from './past-slots.ts';
import type { ReplayDeps, ReplayRequest } from './replay.ts';

const MS_PER_MINUTE = 60_000;

/** `rule` is a scheduled rule. */
export type PastQueries = Pick<ReplayRequest, 'rule' | 'detections' | 'from' | 'to' | 'signal'>;

export async function replayScheduled(
  deps: ReplayDeps,
  request: ReplayRequest,
  gathered: Gathered,
): Promise<PastRulesCounts> {
  const hiding = createHiding(request.exceptions ?? [], deps.now);
  const rows = await runPastQueries(deps, request, {
    take: (results) => gathered.add(hiding.keep(results)),
    order: gathered.order,
    progress: (events, done) => request.onProgress?.({ events, done, matches: gathered.matches }),
  });
  return { events: rows, candidates: rows, hidden: countHidden(hiding.hidden) };
}

/** Returns the number of rows. */
export async function runPastQueries(deps: ReplayDeps, past: PastQueries, sink: PastRulesSink): Promise<number> {
  const runs = runsOf(past);
  const runners = createRunners(createKeyValuesInMemory(deps.lookup), deps.packages);
  let rows = 0;
  try {
    for (const [done, run] of runs.entries()) {
      past.signal.throwIfAborted();
      sink.progress(runs.length, done);
      rows += await replayRun(deps, past, run, runners, sink);
    }
    sink.progress(runs.length, runs.length);
    return rows;
  } finally {
    await runners.close();
  }
}

function runsOf({ rule, detections, from, to }: PastQueries): readonly PastRun<Detection>[] {
  const queries = (rule.spec.ScheduledQueries as readonly string[]).map((name) => {
    const query = detections.find(({ id, type }) => id === name && type === 'scheduled_query');
    if (query === undefined)
      throw new UserError(`there is no scheduled query ${name}, which it is about`, { field: 'ScheduledQueries' });
    return { of: query, schedule: scheduleOf(query.spec) };
  });
  return pastRuns(queries, from, to);
}

/** Returns the number of rows. */
async function replayRun(
  { sql, now }: ReplayDeps,
  { rule, detections, signal }: PastQueries,
  { of: query, at }: PastRun<Detection>,
  runners: Runners,
  sink: PastRulesSink,
): Promise<number> {
  const others = detections.filter(({ type, id }) => type !== 'scheduled_rule' && id !== rule.id);
  const rules = createRowRules({
    detections: [{ ...rule, isEnabled: true }, ...others],
    queryName: query.id,
    runId: `replay ${query.id} ${at.toISOString()}`,
    scheduledAt: at,
    now: now(),
    ...runners,
  });
  const timeoutMs = scheduleOf(query.spec).timeoutMinutes * MS_PER_MINUTE;
  const text = toLakeSql(queryTextOf(query.spec), at, queriesOf(detections));
  const result = await sql.query(text, { maxRows: MAX_ROWS, timeoutMs, signal });
  const names = result.columns.map(({ name }) => name);
  let rows = 0;
  for await (const batch of result.rows) {
    rows += batch.length;
    for (const row of batch) rules.offer(toRow(names, row));
    sink.take(await rules.drain());
  }
  sink.order?.();
  return rows;
}
