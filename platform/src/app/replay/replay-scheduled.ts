/**
 * Runs a scheduled rule over the past: each of its queries at each of its times, over what the lake has now, and the rule
 * over the rows. Nothing is changed.
 */
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { queryTextOf, toLakeSql } from '../../detections/schedule/query-text.ts';
import { createRowRules } from '../../detections/schedule/row-rules.ts';
import { scheduleOf, slotsBetween } from '../../detections/schedule/slots.ts';
import { createKeyValuesInMemory } from '../../detections/state/key-values.ts';
import { createRunners, type Runners } from '../detections/detection-runners.ts';
import { MAX_ROWS, toRow } from '../schedule/scheduled-query.ts';
import { gather } from './gather.ts';
import type { ReplayDeps, ReplayOutcome, ReplayRequest } from './replay.ts';

/** Of all queries together: a month of runs every five minutes. */
const MAX_RUNS = 10_000;
const MS_PER_MINUTE = 60_000;

interface PastRun {
  readonly query: Detection;
  readonly at: Date;
}

export async function replayScheduled(deps: ReplayDeps, request: ReplayRequest): Promise<ReplayOutcome> {
  const { rule, from, to, signal } = request;
  const startedAt = performance.now();
  const runs = runsOf(request);
  const runners = createRunners(createKeyValuesInMemory(deps.lookup), deps.packages);
  const gathered = gather(rule, to.getTime() - from.getTime());
  let rows = 0;
  try {
    for (const [done, run] of runs.entries()) {
      signal.throwIfAborted();
      request.onProgress?.({ events: runs.length, done, matches: gathered.matches });
      rows += await replayRun(deps, request, run, runners, gathered);
    }
    request.onProgress?.({ events: runs.length, done: runs.length, matches: gathered.matches });
    const durationMs = Math.round(performance.now() - startedAt);
    return { ...gathered.end(), events: rows, candidates: rows, hidden: 0, durationMs };
  } finally {
    await runners.close();
  }
}

/** In the order of their times. */
function runsOf({ rule, detections, from, to }: ReplayRequest): readonly PastRun[] {
  const names = rule.spec.ScheduledQueries as readonly string[];
  const runs = names.flatMap((name) => {
    const query = detections.find(({ id, type }) => id === name && type === 'scheduled_query');
    if (query === undefined)
      throw new UserError(`there is no scheduled query ${name}, which it is about`, { field: 'ScheduledQueries' });
    // A run at the beginning counts, one at the end does not.
    const [after, until] = [new Date(from.getTime() - 1), new Date(to.getTime() - 1)];
    const { times, earlier } = slotsBetween(scheduleOf(query.spec), after, until, MAX_RUNS);
    if (earlier > 0) throw tooMany();
    return times.map((at) => ({ query, at }));
  });
  if (runs.length > MAX_RUNS) throw tooMany();
  return runs.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function tooMany(): UserError {
  return new UserError(`its queries run more than ${MAX_RUNS} times in this time: choose a shorter one`, {
    field: 'from',
  });
}

/** Returns the number of rows. */
async function replayRun(
  { sql, now }: ReplayDeps,
  { rule, detections, signal }: ReplayRequest,
  { query, at }: PastRun,
  runners: Runners,
  gathered: ReturnType<typeof gather>,
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
  const text = toLakeSql(queryTextOf(query.spec), at);
  const result = await sql.query(text, { maxRows: MAX_ROWS, timeoutMs, signal });
  const names = result.columns.map(({ name }) => name);
  let rows = 0;
  for await (const batch of result.rows) {
    rows += batch.length;
    for (const row of batch) rules.offer(toRow(names, row));
    gathered.add(await rules.drain());
  }
  gathered.order();
  return rows;
}
