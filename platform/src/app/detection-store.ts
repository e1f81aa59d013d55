/** Detections in the state: installing content, reading what is live, counting what was seen. */

import { type Detection, storedDetection } from '../detections/detection.ts';
import type { DetectionCounts } from '../detections/engine.ts';
import type { LoadedDetections } from '../detections/load.ts';
import type { Clock } from '../ports/clock.ts';
import type { State } from '../ports/state/state.ts';
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
 * Adds a pack's detections and updates those it installed before. Whether one is enabled stays as the user set it;
 * one that the user has made or changed is left alone.
 */
export async function installPack(
  state: State,
  clock: Clock,
  pack: string,
  { detections }: LoadedDetections,
): Promise<{ readonly added: number; readonly updated: number }> {
  const origin = `pack:${pack}`;
  let added = 0;
  let updated = 0;
  await state.transaction(async (tx) => {
    const rows = await tx.selectFrom('detections').select(['id', 'version', 'origin']).execute();
    const known = new Map(rows.map((row) => [row.id, row]));
    for (const detection of detections) {
      const row = known.get(detection.id);
      if (row !== undefined && (row.origin !== origin || row.version === detection.version)) continue;
      const at = clock.now().toISOString();
      const content = contentOf(detection, at);
      const { id, version, spec, body } = { id: detection.id, ...content };
      if (row === undefined) {
        const enabled = detection.isEnabled ? (1 as const) : (0 as const);
        await tx
          .insertInto('detections')
          .values({ id, ...content, enabled, origin, created_at: at })
          .execute();
        added += 1;
      } else {
        await tx.updateTable('detections').set(content).where('id', '=', id).execute();
        updated += 1;
      }
      await tx
        .insertInto('detection_versions')
        .values({ id, version, spec, body, created_at: at, created_by: 'system' })
        .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
        .execute();
    }
  });
  return { added, updated };
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
