/** What scheduled runs find goes the way of every rule result: match rows, grouping, alerts, in one commit. */
import type { Transaction } from 'kysely';
import type { RuleInfo, RuleMatch, RuleResult } from '../../core/detection.ts';
import type { LakeTable } from '../../core/table.ts';
import { createHiding } from '../../detections/exceptions/hiding.ts';
import type { RunOutcome } from '../../detections/schedule/run-store.ts';
import { createLakeWriter } from '../../lake/writer.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { CommitConflict, type Effects } from '../../log-analysis/unit-commit.ts';
import type { Tables } from '../../ports/state/tables.ts';
import { addHits, readExceptions } from '../detections/exceptions.ts';
import { createEffects, type DetectionChanges } from '../log-processing/effects.ts';
import type { Runtime } from '../runtime.ts';
import type { RunTask } from './scheduler.ts';

/** Where the results of a run come from. */
export interface ResultSource {
  readonly pendingCount: number;
  drain(): Promise<readonly RuleResult[]>;
  readonly changes?: DetectionChanges;
}

export function createResultEffects(
  runtime: Pick<Runtime, 'adapters' | 'catalog' | 'duckdb' | 'clock' | 'dir' | 'lake' | 'nonce'>,
  source: ResultSource,
  ruleInfo: (ruleId: string) => RuleInfo | undefined,
): Effects {
  const { adapters, catalog, duckdb, clock, dir, lake } = runtime;
  const { state, objects, metrics } = adapters;
  const tables = lake.tables();

  function resultTable(logType: string, kind: RuleResult['kind']): LakeTable {
    const database = kind === 'match' ? 'panther_rule_matches' : 'panther_rule_errors';
    const table = tables.find((one) => one.database === database && one.logType === logType);
    if (table === undefined) throw new Error(`no schema for the log type ${logType}`);
    return table;
  }

  const detections = {
    offer() {},
    get pendingCount() {
      return source.pendingCount;
    },
    drain: () => source.drain(),
    changes: source.changes,
  };
  return createEffects(
    {
      state,
      clock,
      metrics,
      tmpDir: dir.tmp,
      detections,
      ruleInfo,
      stringify: stringifyEvent,
      logTable: (logType) => resultTable(logType, 'match'),
      resultTable,
      createWriter: (commitId) => createLakeWriter({ objects, catalog, duckdb, tmpDir: dir.tmp, commitId }),
      promote: catalog.promote,
    },
    `scheduled-${runtime.nonce()}`,
  );
}

const MAX_ATTEMPTS = 8;

/** Makes the results durable together with what `also` writes; again as long as other commits get in between. */
export async function commitResults(
  { adapters }: Pick<Runtime, 'adapters'>,
  effects: Effects,
  also: (tx: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await effects.prepare();
    try {
      await adapters.state.transaction(async (tx) => {
        await also(tx);
        await effects.apply(tx);
      });
      return effects.committed();
    } catch (error) {
      if (!(error instanceof CommitConflict) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Makes the matches of a correlation durable, with what `also` writes and the end of its run. */
export async function commitMatches(
  runtime: Parameters<typeof createResultEffects>[0],
  { detection, detections, end }: Pick<RunTask, 'detection' | 'detections' | 'end'>,
  matches: readonly RuleMatch[],
  found: RunOutcome,
  also: (tx: Transaction<Tables>) => Promise<void>,
): Promise<RunOutcome> {
  const { adapters, clock } = runtime;
  const hiding = createHiding(await readExceptions(adapters.state, detections), () => clock.now());
  let pending = hiding.keep(matches);
  const outcome = { ...found, matches: pending.length };
  const source = {
    get pendingCount() {
      return pending.length;
    },
    async drain() {
      const results = pending;
      pending = [];
      return results;
    },
  };
  const effects = createResultEffects(runtime, source, (id) => (id === detection.id ? detection.info : undefined));
  try {
    await commitResults(runtime, effects, async (tx) => {
      await also(tx);
      await addHits(tx, hiding.hidden, clock.now());
      await end(tx, outcome);
    });
    return outcome;
  } catch (error) {
    await effects.abort();
    throw error;
  } finally {
    await effects.close();
  }
}
