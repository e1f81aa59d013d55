/**
 * Runs the replays that users ask for, one at a time, beside everything else. A replay whose process has gone is marked
 * as interrupted: it changed nothing, so it can be started again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import type { ReplaysTable } from '../../ports/state/tables.ts';
import { readDetections } from '../detections/detection-store.ts';
import { type Draft, readDraft } from '../detections/draft-detection.ts';
import { readExceptions } from '../detections/exceptions.ts';
import { installedPackages } from '../detections/python-packages.ts';
import { lookupOnDemand } from '../enrichment/lookup-on-demand.ts';
import type { Runtime } from '../runtime.ts';
import { type ReplayOutcome, type ReplayProgress, replay, shownOutcome } from './replay.ts';

export type ReplayRuntime = Pick<
  Runtime,
  'adapters' | 'catalog' | 'duckdb' | 'clock' | 'dir' | 'lake' | 'nonce' | 'log'
>;

/** What column `request` holds. */
export interface StoredReplayRequest {
  readonly from: string;
  readonly to: string;
  readonly draft?: Draft | undefined;
}

export interface ReplayRunner {
  /** Runs what waits; false when there was nothing. */
  tick(signal: AbortSignal): Promise<boolean>;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const POLL_MS = 1_000;
const BEAT_MS = 1_000;
/** Without a sign of life for so long its process is gone. */
const GONE_MS = 60_000;
/** Older ones are removed. */
const KEPT = 200;

export function createReplayRunner(runtime: ReplayRuntime): ReplayRunner {
  const { adapters, clock, log } = runtime;
  const { db } = adapters.state;
  const at = () => clock.now().toISOString();

  async function markGone(): Promise<void> {
    const before = new Date(clock.now().getTime() - GONE_MS).toISOString();
    const error = 'Panther stopped while it ran';
    await db
      .updateTable('replays')
      .set({ state: 'interrupted', ended_at: at(), error })
      .where('state', '=', 'running')
      .where('beat_at', '<', before)
      .execute();
  }

  async function removeOld(): Promise<void> {
    const [oldest] = await db
      .selectFrom('replays')
      .select('created_at')
      .orderBy('created_at', 'desc')
      .offset(KEPT)
      .limit(1)
      .execute();
    if (oldest === undefined) return;
    await db
      .deleteFrom('replays')
      .where('created_at', '<=', oldest.created_at)
      .where('state', 'not in', ['queued', 'running'])
      .execute();
  }

  /** Takes the oldest that waits. */
  async function take(): Promise<ReplaysTable | undefined> {
    const row = await db
      .selectFrom('replays')
      .selectAll()
      .where('state', '=', 'queued')
      .orderBy('created_at')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { numUpdatedRows } = await db
      .updateTable('replays')
      .set({ state: 'running', started_at: at(), beat_at: at() })
      .where('id', '=', row.id)
      .where('state', '=', 'queued')
      .executeTakeFirst();
    return numUpdatedRows === 0n ? undefined : row;
  }

  /** False when it was cancelled. */
  async function beat(id: string, progress: ReplayProgress): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('replays')
      .set({ beat_at: at(), progress: JSON.stringify(progress) })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async function end(id: string, state: string, result: string | null, error: string): Promise<void> {
    await db
      .updateTable('replays')
      .set({ state, ended_at: at(), result, error })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .execute();
  }

  async function runOne(row: ReplaysTable, signal: AbortSignal): Promise<void> {
    const cancelled = new AbortController();
    let progress: ReplayProgress = { events: 0, done: 0, matches: 0 };
    const beating = setInterval(() => {
      beat(row.id, progress).then(
        (isWanted) => isWanted || cancelled.abort(),
        (error: unknown) => log.warn({ error }, 'the progress of a replay cannot be written'),
      );
    }, BEAT_MS);
    try {
      const both = AbortSignal.any([signal, cancelled.signal]);
      const outcome = await replayStored(runtime, row, both, (now) => {
        progress = now;
      });
      await beat(row.id, progress);
      await end(row.id, 'succeeded', resultText(outcome), '');
    } catch (error) {
      if (signal.aborted) await end(row.id, 'interrupted', null, 'Panther stopped while it ran');
      else if (!cancelled.signal.aborted) {
        if (!(error instanceof UserError)) log.error({ replay: row.id, error }, 'a replay failed');
        await end(row.id, 'failed', null, errorMessage(error));
      }
    } finally {
      clearInterval(beating);
    }
  }

  async function tick(signal: AbortSignal): Promise<boolean> {
    await markGone();
    const row = await take();
    if (row === undefined) return false;
    await runOne(row, signal);
    await removeOld();
    return true;
  }

  return {
    tick,
    async run(signal) {
      while (!signal.aborted) {
        const hasRun = await tick(signal).catch((error: unknown) => {
          log.error({ error }, 'replays cannot be read');
          return false;
        });
        if (!hasRun) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      }
    },
  };
}

async function replayStored(
  runtime: ReplayRuntime,
  row: ReplaysTable,
  signal: AbortSignal,
  onProgress: (progress: ReplayProgress) => void,
): Promise<ReplayOutcome> {
  const { adapters, catalog, duckdb, dir, lake, nonce, log } = runtime;
  const request = JSON.parse(row.request) as StoredReplayRequest;
  const detections = await readDetections(adapters.state, log);
  const deps = {
    catalog,
    duckdb,
    sql: lake,
    files: adapters.lakeFiles,
    tables: lake.tables(),
    tmpDir: dir.tmp,
    nonce,
    packages: installedPackages(dir.pythonPackages),
    lookup: lookupOnDemand(adapters),
    now: () => runtime.clock.now(),
  };
  const [from, to] = [new Date(request.from), new Date(request.to)];
  const rule = await ruleOf(row.detection_id, request.draft, detections, dir.tmp);
  const exceptions = await readExceptions(adapters.state, detections);
  return replay(deps, { rule, detections, exceptions, from, to, signal, onProgress });
}

async function ruleOf(
  id: string,
  draft: Draft | undefined,
  detections: readonly Detection[],
  tmpDir: string,
): Promise<Detection> {
  if (draft !== undefined) return readDraft(draft, tmpDir);
  const rule = detections.find((one) => one.id === id);
  if (rule === undefined) throw new UserError(`there is no valid detection ${id} any more`, { field: 'detectionId' });
  return rule;
}

/** Events keep the digits of their numbers. */
function resultText(outcome: ReplayOutcome): string {
  return stringifyEvent(shownOutcome(outcome));
}
