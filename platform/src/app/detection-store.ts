/** Detections in the state: installing content, reading what is live, counting what was seen. */

import type { Transaction } from 'kysely';
import { type Detection, storedDetection } from '../detections/detection.ts';
import type { DetectionCounts } from '../detections/engine.ts';
import type { LoadedDetections } from '../detections/load.ts';
import type { Clock } from '../ports/clock.ts';
import type { State } from '../ports/state/state.ts';
import type { Tables } from '../ports/state/tables.ts';
import { tryAgain } from './detection-faults.ts';
import type { Log } from './log.ts';

/** Everything in the state that is valid; what is not is logged and left out. */
export async function readDetections(state: State, log: Log): Promise<readonly Detection[]> {
  const rows = await state.db
    .selectFrom('detections')
    .select(['id', 'spec', 'body', 'enabled'])
    .orderBy('id')
    .execute();
  return rows.flatMap((row) => {
    try {
      return [storedDetection(row)];
    } catch (error) {
      log.error({ detection: row.id, error }, 'stored detection is not valid');
      return [];
    }
  });
}

/**
 * Makes the state have the detections of one origin (a pack, a folder) as they are now. Whether one is enabled stays as
 * the user set it; one of another origin is left alone; one that is gone from its origin is removed.
 */
export async function installContent(
  state: State,
  clock: Clock,
  origin: string,
  { detections }: LoadedDetections,
): Promise<{ readonly added: number; readonly updated: number; readonly removed: number }> {
  const at = clock.now().toISOString();
  return state.transaction(async (tx) => {
    const rows = await tx.selectFrom('detections').select(['id', 'version', 'origin']).execute();
    const known = new Map(rows.map((row) => [row.id, row]));
    const ids = new Set(detections.map(({ id }) => id));
    const added = detections.filter(({ id }) => !known.has(id));
    const updated = detections.filter(({ id, version }) => {
      const row = known.get(id);
      return row !== undefined && row.origin === origin && row.version !== version;
    });
    const removed = rows.filter((row) => row.origin === origin && !ids.has(row.id));
    for (const one of added) await insertDetection(tx, one, origin, at);
    for (const one of updated) {
      await tx.updateTable('detections').set(contentOf(one, at)).where('id', '=', one.id).execute();
      await insertVersion(tx, one, at);
      await tryAgain(tx, one.id);
    }
    for (const { id } of removed) await tx.deleteFrom('detections').where('id', '=', id).execute();
    return { added: added.length, updated: updated.length, removed: removed.length };
  });
}

async function insertDetection(tx: Transaction<Tables>, one: Detection, origin: string, at: string): Promise<void> {
  const enabled = one.isEnabled ? (1 as const) : (0 as const);
  const row = { id: one.id, ...contentOf(one, at), enabled, origin, created_at: at };
  await tx.insertInto('detections').values(row).execute();
  await insertVersion(tx, one, at);
}

async function insertVersion(tx: Transaction<Tables>, one: Detection, at: string): Promise<void> {
  const { version, spec, body } = contentOf(one, at);
  await tx
    .insertInto('detection_versions')
    .values({ id: one.id, version, spec, body, created_at: at, created_by: 'system' })
    .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
    .execute();
}

function contentOf(detection: Detection, at: string) {
  return {
    type: detection.type,
    language: detection.language,
    spec: JSON.stringify(detection.spec),
    body: detection.body,
    version: detection.version,
    updated_at: at,
    updated_by: 'system',
  };
}

/** Adds to the counts of a day. */
export async function addCounts(state: State, now: Date, counts: ReadonlyMap<string, DetectionCounts>): Promise<void> {
  const day = now.toISOString().slice(0, 10);
  await state.transaction(async (tx) => {
    for (const [detection_id, count] of counts) {
      if (count.events === 0) continue;
      await tx
        .insertInto('detection_stats')
        .values({ detection_id, day, ...count })
        .onConflict((conflict) =>
          conflict.columns(['detection_id', 'day']).doUpdateSet((eb) => ({
            events: eb('detection_stats.events', '+', count.events),
            candidates: eb('detection_stats.candidates', '+', count.candidates),
            matches: eb('detection_stats.matches', '+', count.matches),
            errors: eb('detection_stats.errors', '+', count.errors),
            micros: eb('detection_stats.micros', '+', count.micros),
          })),
        )
        .execute();
    }
  });
}
