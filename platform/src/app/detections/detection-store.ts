/** Detections in the state: installing content, reading what is live, counting what was seen. */

import type { Transaction } from 'kysely';
import { type Detection, storedDetection } from '../../detections/detection.ts';
import type { DetectionCounts } from '../../detections/engine.ts';
import type { LoadedDetections } from '../../detections/load.ts';
import { overridden, readOverrides } from '../../detections/packs/overrides.ts';
import {
  enabledAfter,
  type Installed,
  type PlannedChange,
  planContent,
  StalePlan,
} from '../../detections/packs/plan.ts';
import { type Changer, keepVersion, readInstalled, recordChange } from '../../detections/packs/stored.ts';
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
  readonly by?: Changer;
  /** The revision of the pack that the plan was made for. @throws StalePlan when there is a newer one */
  readonly expectedRevision?: number;
  /** Where the content came from; kept with the pack. */
  readonly source?: object | undefined;
}

export interface Installation {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
}

const PANTHER: Changer = { id: 'system', name: 'Panther', note: '' };

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
  { origin, content: { detections }, by = PANTHER, expectedRevision, source }: Install,
): Promise<Installation> {
  const at = clock.now().toISOString();
  return state.transaction(async (tx) => {
    const rows = await readInstalled(tx);
    const revision = await revisionOf(tx, origin);
    if (expectedRevision !== undefined && expectedRevision !== revision)
      throw new StalePlan('the pack has been changed meanwhile: look at the difference again', { field: origin });
    const { changes } = planContent(rows, origin, detections);
    const known = new Map(rows.map((row) => [row.id, row]));
    const next = new Map(detections.map((one) => [one.id, one]));
    const done = changes.filter((change): change is DoneChange => change.action !== 'keep');
    for (const { id, action } of done) {
      const [one, row] = [next.get(id), known.get(id)];
      if (action === 'remove') await tx.deleteFrom('detections').where('id', '=', id).execute();
      else if (one !== undefined && row === undefined) await insertDetection(tx, one, origin, at, by.id);
      else if (one !== undefined && row !== undefined) await updateDetection(tx, row, one, at, by.id);
    }
    for (const one of detections) await keepText(tx, known.get(one.id), one, origin);
    if (done.length > 0) await recordRevision(tx, { origin, revision: revision + 1, done, by, at, source });
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
  readonly done: readonly DoneChange[];
  readonly by: Changer;
  readonly at: string;
  readonly source: object | undefined;
}

type DoneChange = PlannedChange & { readonly action: keyof typeof DONE };
const DONE = { add: 'added', change: 'changed', remove: 'removed' } as const;

async function recordRevision(tx: Transaction<Tables>, recorded: Recorded): Promise<void> {
  const { origin, revision, done, by, at } = recorded;
  const source = recorded.source === undefined ? null : JSON.stringify(recorded.source);
  const items = await tx
    .selectFrom('detections')
    .select(({ fn }) => ['id', fn.coalesce('pack_version', 'version').as('version')])
    .where('origin', '=', origin)
    .orderBy('id')
    .execute();
  await tx
    .insertInto('packs')
    .values({ id: origin, revision, installed_at: at, updated_at: at, source })
    .onConflict((same) => same.column('id').doUpdateSet({ revision, updated_at: at, source }))
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
      source,
    })
    .execute();
  const pack = { id: origin, revision };
  for (const { action, ...change } of done) await recordChange(tx, { ...change, action: DONE[action], pack }, by, at);
}

/** Comments are no change of a detection, but they are shown with it. */
async function keepText(tx: Transaction<Tables>, row: Installed | undefined, one: Detection, origin: string) {
  const { id, version, specText: spec_text } = one;
  const isSame = row?.origin === origin && row.version === version;
  if (!isSame || spec_text === undefined || spec_text === row.spec_text) return;
  await tx.updateTable('detections').set({ spec_text }).where('id', '=', id).execute();
  await tx
    .updateTable('detection_versions')
    .set({ spec_text })
    .where('id', '=', id)
    .where('version', '=', version)
    .execute();
}

/** The new content goes under what users have overridden. @throws UserError when the overrides do not fit it */
async function updateDetection(
  tx: Transaction<Tables>,
  row: Installed,
  one: Detection,
  at: string,
  by: string,
): Promise<void> {
  const enabled = enabledAfter(row, one);
  const text = one.specText === undefined ? {} : { specText: one.specText };
  const next = row.overrides === null ? one : { ...overridden(one, readOverrides(row), enabled), ...text };
  await tx
    .updateTable('detections')
    .set({ ...contentOf(next, at, by), enabled, pack_version: row.overrides === null ? null : one.version })
    .where('id', '=', one.id)
    .execute();
  await keepVersion(tx, one, at, by);
  await keepVersion(tx, next, at, by);
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
  await keepVersion(tx, one, at, by);
}

function contentOf(detection: Detection, at: string, by: string) {
  return {
    type: detection.type,
    language: detection.language,
    spec: JSON.stringify(detection.spec),
    spec_text: detection.specText ?? null,
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
