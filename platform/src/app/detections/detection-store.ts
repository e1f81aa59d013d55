/** Detections in the state: installing content, reading what is live, counting what was seen. */

import type { Transaction } from 'kysely';
import { UserError } from '../../core/errors.ts';
import { type Detection, storedDetection } from '../../detections/detection.ts';
import type { DetectionCounts } from '../../detections/engine.ts';
import type { LoadedDetections } from '../../detections/load.ts';
import { enabledAfter, type PlannedChange, planContent } from '../../detections/packs/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';
import type { Log } from '../log.ts';
import { tryAgain } from './detection-faults.ts';

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

export interface Install {
  /** Of the content: `pack:<id>`, `folder:<path>`. */
  readonly origin: string;
  readonly content: Pick<LoadedDetections, 'detections'>;
  /** Who installs it; Panther itself without it. */
  readonly by?: Installer;
  /** The revision of the pack that the plan was made for. @throws StalePlan when there is a newer one */
  readonly expectedRevision?: number;
}

export interface Installer {
  /** User id, `token:<id>` or the name of who ran the command. */
  readonly id: string;
  readonly name: string;
  readonly note: string;
}

export interface Installation {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
}

const PANTHER: Installer = { id: 'system', name: 'Panther', note: '' };

/** The pack has changed since the plan was made. */
export class StalePlan extends UserError {}

/**
 * Makes the state have the detections of one origin (a pack, a folder) as they are now, in one transaction. Whether one
 * is enabled stays as the user set it; one of another origin is left alone; one that is gone from its origin is removed.
 * Changes are recorded, and a revision of the pack to roll back to.
 */
export async function installContent(
  state: State,
  clock: Clock,
  origin: string,
  content: Pick<LoadedDetections, 'detections'>,
): Promise<Installation> {
  return install(state, clock, { origin, content });
}

export async function install(
  state: State,
  clock: Clock,
  { origin, content: { detections }, by = PANTHER, expectedRevision }: Install,
): Promise<Installation> {
  const at = clock.now().toISOString();
  return state.transaction(async (tx) => {
    const rows = await tx
      .selectFrom('detections')
      .select(['id', 'version', 'origin', 'spec', 'body', 'enabled'])
      .execute();
    const revision = await revisionOf(tx, origin);
    if (expectedRevision !== undefined && expectedRevision !== revision)
      throw new StalePlan('the pack has been changed meanwhile: look at the difference again', { field: origin });
    const { changes } = planContent(rows, origin, detections);
    const known = new Map(rows.map((row) => [row.id, row]));
    const next = new Map(detections.map((one) => [one.id, one]));
    const done = changes.filter(({ action }) => action !== 'keep');
    for (const { id, action } of done) {
      const [one, row] = [next.get(id), known.get(id)];
      if (action === 'remove') await tx.deleteFrom('detections').where('id', '=', id).execute();
      else if (one !== undefined && row === undefined) await insertDetection(tx, one, origin, at, by.id);
      else if (one !== undefined && row !== undefined)
        await updateDetection(tx, one, enabledAfter(row, one), at, by.id);
    }
    if (done.length > 0) await recordRevision(tx, { origin, revision: revision + 1, done, by, at });
    const count = (wanted: string) => done.filter(({ action }) => action === wanted).length;
    return { added: count('add'), updated: count('change'), removed: count('remove') };
  });
}

/** 0: there is no such pack yet. */
export async function revisionOf(db: Transaction<Tables> | State['db'], origin: string): Promise<number> {
  const row = await db.selectFrom('packs').select('revision').where('id', '=', origin).executeTakeFirst();
  return row?.revision ?? 0;
}

interface Recorded {
  readonly origin: string;
  readonly revision: number;
  readonly done: readonly PlannedChange[];
  readonly by: Installer;
  readonly at: string;
}

const DONE = { add: 'added', change: 'changed', remove: 'removed', keep: 'kept' } as const;

async function recordRevision(tx: Transaction<Tables>, { origin, revision, done, by, at }: Recorded): Promise<void> {
  const items = await tx
    .selectFrom('detections')
    .select(['id', 'version'])
    .where('origin', '=', origin)
    .orderBy('id')
    .execute();
  await tx
    .insertInto('packs')
    .values({ id: origin, revision, installed_at: at, updated_at: at })
    .onConflict((same) => same.column('id').doUpdateSet({ revision, updated_at: at }))
    .execute();
  await tx
    .insertInto('pack_revisions')
    .values({
      pack_id: origin,
      revision,
      at,
      actor: by.id,
      actor_name: by.name,
      note: by.note,
      items: JSON.stringify(items),
    })
    .execute();
  for (const [index, { id, action, fromVersion, toVersion, fields }] of done.entries()) {
    await tx
      .insertInto('detection_changes')
      .values({
        id: `${origin}/${revision}/${index}`,
        detection_id: id,
        at,
        actor: by.id,
        actor_name: by.name,
        action: DONE[action],
        from_version: fromVersion,
        to_version: toVersion,
        pack_id: origin,
        details: JSON.stringify({ fields }),
      })
      .execute();
  }
}

async function updateDetection(
  tx: Transaction<Tables>,
  one: Detection,
  enabled: 0 | 1,
  at: string,
  by: string,
): Promise<void> {
  await tx
    .updateTable('detections')
    .set({ ...contentOf(one, at, by), enabled })
    .where('id', '=', one.id)
    .execute();
  await insertVersion(tx, one, at, by);
  await tryAgain(tx, one.id);
}

async function insertDetection(
  tx: Transaction<Tables>,
  one: Detection,
  origin: string,
  at: string,
  by: string,
): Promise<void> {
  const enabled = one.isEnabled ? (1 as const) : (0 as const);
  const row = { id: one.id, ...contentOf(one, at, by), enabled, origin, created_at: at };
  await tx.insertInto('detections').values(row).execute();
  await insertVersion(tx, one, at, by);
}

async function insertVersion(tx: Transaction<Tables>, one: Detection, at: string, by: string): Promise<void> {
  const { version, spec, body } = contentOf(one, at, by);
  await tx
    .insertInto('detection_versions')
    .values({ id: one.id, version, spec, body, created_at: at, created_by: by })
    .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
    .execute();
}

function contentOf(detection: Detection, at: string, by: string) {
  return {
    type: detection.type,
    language: detection.language,
    spec: JSON.stringify(detection.spec),
    body: detection.body,
    version: detection.version,
    updated_at: at,
    updated_by: by,
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
