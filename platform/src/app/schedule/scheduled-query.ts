/** One run of a scheduled query: SQL over the lake, its rows through the rules over them. */
import type { Transaction } from 'kysely';
import type { RuleInfo } from '../../core/detection.ts';
import { createHiding } from '../../detections/exceptions/hiding.ts';
import { queriesOf, queryTextOf, toLakeSql } from '../../detections/schedule/query-text.ts';
import { createRowRules, type Row } from '../../detections/schedule/row-rules.ts';
import type { RunOutcome } from '../../detections/schedule/run-store.ts';
import { createKeyValueSession, type KeyValueSession } from '../../detections/state/key-values.ts';
import type { Tables } from '../../ports/state/tables.ts';
import type { Runners } from '../detections/detection-runners.ts';
import { addHits, readExceptions } from '../detections/exceptions.ts';
import { lookupOnDemand } from '../enrichment/lookup-on-demand.ts';
import { commitResults, createResultEffects } from './scheduled-results.ts';
import type { RunTask, SchedulerRuntime } from './scheduler.ts';

/** A query that gives more is wrong, or a report: rules see the first ones, and the run says so. */
export const MAX_ROWS = 100_000;

export async function runQuery(runtime: SchedulerRuntime, task: RunTask): Promise<RunOutcome> {
  const { adapters, clock } = runtime;
  const sql = toLakeSql(queryTextOf(task.detection.spec), task.scheduledAt, queriesOf(task.detections));
  const keyValues = createKeyValueSession({
    db: adapters.state.db,
    now: () => clock.now(),
    lookup: lookupOnDemand(adapters),
  });
  return task.runners.use(keyValues, (runners) => runWith(runtime, task, sql, keyValues, runners));
}

async function runWith(
  runtime: SchedulerRuntime,
  task: RunTask,
  sql: string,
  keyValues: KeyValueSession,
  runners: Runners,
): Promise<RunOutcome> {
  const { adapters, clock, lake } = runtime;
  const exceptions = await readExceptions(adapters.state, task.detections);
  const hiding = createHiding(exceptions, () => clock.now());
  const rules = createRowRules({
    detections: task.detections,
    queryName: task.detection.id,
    runId: task.run.id,
    scheduledAt: task.scheduledAt,
    now: clock.now(),
    ...runners,
  });
  const infos = new Map<string, RuleInfo>(task.detections.map(({ id, info }) => [id, info]));
  let matches = 0;
  const source = {
    get pendingCount() {
      return rules.pendingCount;
    },
    async drain() {
      const results = hiding.keep(await rules.drain());
      matches += results.filter(({ kind }) => kind === 'match').length;
      return results;
    },
    changes: {
      async apply(tx: Transaction<Tables>) {
        await keyValues.apply(tx);
        await addHits(tx, hiding.hidden, clock.now());
      },
      settle: () => keyValues.clear(),
    },
  };
  const effects = createResultEffects(runtime, source, (id) => infos.get(id));
  try {
    const timeoutMs = task.schedule.timeoutMinutes * 60_000;
    const result = await lake.query(sql, { maxRows: MAX_ROWS, timeoutMs, signal: task.signal });
    const names = result.columns.map(({ name }) => name);
    for await (const batch of result.rows) {
      if (rules.ruleCount === 0) continue;
      for (const row of batch) rules.offer(toRow(names, row));
      await effects.pressure();
    }
    const { rows, truncated } = result.stats();
    const error = truncated ? `only the first ${MAX_ROWS} rows were looked at` : '';
    const outcome = { state: 'succeeded', rows, truncated, error } as const;
    await commitResults(runtime, effects, (tx) => task.end(tx, { ...outcome, matches }));
    return { ...outcome, matches };
  } catch (error) {
    await effects.abort();
    throw error;
  } finally {
    await effects.close();
  }
}

/** A row by the names of its columns. */
export function toRow(names: readonly string[], values: readonly unknown[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}
