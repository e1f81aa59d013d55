/** Packs' detections in the state: their own content under the overrides, and the record of every change. */
import type { Kysely, Transaction } from 'kysely';
import { sha256Hex } from '../../core/ids.ts';
import type { DetectionsTable, Tables } from '../../ports/state/tables.ts';
import { type Detection, storedDetection } from '../detection.ts';
import {
  applyOverrides,
  effectiveOverrides,
  type Overrides,
  overridden,
  overridesBetween,
  readOverrides,
} from './overrides.ts';
import { differingFields, type Installed } from './plan.ts';

export type Db = Kysely<Tables> | Transaction<Tables>;

/** Who makes a change. */
export interface Changer {
  /** User id, `token:<id>`, `cli:<name>` or `system`. */
  readonly id: string;
  readonly name: string;
  readonly note: string;
}

/** Every detection; of one with overrides the content that lies under them. */
export async function readInstalled(db: Db): Promise<readonly Installed[]> {
  const rows = await db
    .selectFrom('detections')
    .leftJoin('detection_versions as base', (join) =>
      join.onRef('base.id', '=', 'detections.id').onRef('base.version', '=', 'detections.pack_version'),
    )
    .select(['detections.id', 'detections.origin', 'detections.enabled', 'detections.overrides'])
    .select(({ fn }) => [
      fn.coalesce('base.version', 'detections.version').as('version'),
      fn.coalesce('base.spec', 'detections.spec').as('spec'),
      fn.coalesce('base.body', 'detections.body').as('body'),
    ])
    .select('detections.spec_text')
    .execute();
  return rows;
}

export type PackContentRow = Pick<DetectionsTable, 'id' | 'type' | 'body' | 'version' | 'spec_text'> & {
  readonly spec: Readonly<Record<string, unknown>>;
};

/** The pack's own content of a detection: what lies under its overrides. */
export async function contentUnder(db: Db, row: DetectionsTable): Promise<PackContentRow> {
  const { id, type, spec_text } = row;
  if (row.pack_version === null)
    return { id, type, body: row.body, version: row.version, spec: JSON.parse(row.spec), spec_text };
  const { body, version, spec } = await db
    .selectFrom('detection_versions')
    .select(['body', 'version', 'spec'])
    .where('id', '=', id)
    .where('version', '=', row.pack_version)
    .executeTakeFirstOrThrow();
  return { id, type, body, version, spec: JSON.parse(spec), spec_text };
}

export interface DetectionChange {
  readonly id: string;
  readonly action: 'added' | 'changed' | 'removed' | 'saved' | 'rolled-back' | 'enabled' | 'disabled' | 'overridden';
  readonly fields?: readonly string[];
  readonly fromVersion: string | null;
  readonly toVersion: string | null;
  /** Id of the pack, and its revision, that brings it. */
  readonly pack?: { readonly id: string; readonly revision: number };
}

export async function recordChange(tx: Db, change: DetectionChange, by: Changer, at: string): Promise<void> {
  const { id, action, fields = [], fromVersion, toVersion, pack } = change;
  const unique = sha256Hex(JSON.stringify([id, action, fromVersion, toVersion, at, by.id])).slice(0, 24);
  await tx
    .insertInto('detection_changes')
    .values({
      id: pack === undefined ? unique : `${pack.id}/${pack.revision}/${id}`,
      detection_id: id,
      at,
      actor: by.id,
      actor_name: by.name,
      action,
      from_version: fromVersion,
      to_version: toVersion,
      pack_id: pack?.id ?? null,
      details: JSON.stringify({ fields, note: by.note }),
    })
    .onConflict((same) => same.column('id').doNothing())
    .execute();
}

/** Keeps a version for roll-back; one that was there before stays as it was, but for the comments in its text. */
export async function keepVersion(
  tx: Db,
  { id, version, spec, body, specText }: Pick<Detection, 'id' | 'version' | 'spec' | 'body' | 'specText'>,
  at: string,
  by: string,
): Promise<void> {
  await tx
    .insertInto('detection_versions')
    .values({
      id,
      version,
      spec: JSON.stringify(spec),
      body,
      created_at: at,
      created_by: by,
      spec_text: specText ?? null,
    })
    .onConflict((same) => {
      const known = same.columns(['id', 'version']);
      return specText === undefined ? known.doNothing() : known.doUpdateSet({ spec_text: specText });
    })
    .execute();
}

/**
 * Makes these the overrides of a pack's detection, in a transaction of the caller's. What says the same as the pack is no
 * override. @throws UserError naming the field that cannot be overridden so
 */
export async function setOverrides(
  tx: Db,
  row: DetectionsTable,
  wanted: Overrides,
  by: Changer,
  at: string,
): Promise<void> {
  const base = await contentUnder(tx, row);
  const overrides = effectiveOverrides(base.spec, wanted);
  const isNone = Object.keys(overrides).length === 0;
  const next = overridden(base, overrides, row.enabled);
  await keepVersion(tx, { ...next, ...(base.spec_text !== null && { specText: base.spec_text }) }, at, by.id);
  await tx
    .updateTable('detections')
    .set({
      spec: JSON.stringify(next.spec),
      version: next.version,
      overrides: isNone ? null : JSON.stringify(overrides),
      pack_version: isNone ? null : base.version,
      updated_at: at,
      updated_by: by.id,
    })
    .where('id', '=', row.id)
    .execute();
  const fields = changedFields(readOverrides(row), overrides);
  if (fields.length === 0) return;
  const change = { id: row.id, action: 'overridden' as const, fields, fromVersion: row.version };
  await recordChange(tx, { ...change, toVersion: next.version }, by, at);
}

function changedFields(before: Overrides, after: Overrides): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Switches detections on or off. One that Panther has switched off because it kept failing is given another try. */
export async function switchDetections(
  tx: Db,
  rows: readonly Pick<DetectionsTable, 'id' | 'version'>[],
  isOn: boolean,
  by: Changer,
  at: string,
): Promise<void> {
  const action = isOn ? ('enabled' as const) : ('disabled' as const);
  for (const { id, version } of rows) {
    await tx
      .updateTable('detections')
      .set({ enabled: isOn ? 1 : 0, updated_at: at, updated_by: by.id })
      .where('id', '=', id)
      .execute();
    if (isOn) await tx.deleteFrom('detection_faults').where('detection_id', '=', id).execute();
    await recordChange(tx, { id, action, fromVersion: version, toVersion: version }, by, at);
  }
}

/** A detection to be saved. `language` and `type` as in the table. */
export type Saved = Pick<Detection, 'id' | 'isEnabled' | 'spec' | 'specText' | 'body' | 'version'> & {
  readonly type: string;
  readonly language: string;
};

/** Whether it came with a pack or a folder, and nobody made it their own. */
export function isOfPack({ origin }: Pick<DetectionsTable, 'origin'>): boolean {
  return !origin.startsWith('user:');
}

/**
 * Saves what a user has written, in a transaction of the caller's. Of a pack's detection fields become overrides; when
 * more than they differ, it is the user's own from then on. The switch stays as it is unless the specification says
 * something new.
 */
export async function saveDetection(
  tx: Db,
  row: DetectionsTable | undefined,
  next: Saved,
  save: {
    readonly userId: string;
    readonly action: 'saved' | 'rolled-back';
    readonly by: Changer;
    readonly at: string;
  },
): Promise<void> {
  const { userId, action, by, at } = save;
  const enabled = enabledBySave(row, next);
  if (row !== undefined && isOfPack(row) && next.language !== 'sigma') {
    const base = await contentUnder(tx, row);
    const switched = { ...next.spec, Enabled: base.spec.Enabled };
    const overrides = base.body === next.body ? overridesBetween(base.type, base.spec, switched) : undefined;
    if (overrides !== undefined) {
      if (enabled !== row.enabled) await switchDetections(tx, [row], enabled === 1, by, at);
      return setOverrides(tx, { ...row, enabled }, overrides, by, at);
    }
  }
  const { id, type, language, body, version } = next;
  const changed = { type, language, spec: JSON.stringify(next.spec), body, version, updated_at: at, updated_by: by.id };
  const spec_text = next.specText ?? null;
  const own = { ...changed, spec_text, origin: `user:${userId}`, enabled, overrides: null, pack_version: null };
  if (row === undefined)
    await tx
      .insertInto('detections')
      .values({ id, ...own, created_at: at })
      .execute();
  else await tx.updateTable('detections').set(own).where('id', '=', id).execute();
  await keepVersion(tx, next, at, by.id);
  await tx.deleteFrom('detection_faults').where('detection_id', '=', id).execute();
  const fields = row && differingFields(JSON.parse(row.spec), next.spec, row.body, body);
  const change = { id, action, fields: fields ?? [], fromVersion: row?.version ?? null, toVersion: version };
  await recordChange(tx, change, by, at);
}

function enabledBySave(row: DetectionsTable | undefined, next: Saved): 0 | 1 {
  const asWritten = next.isEnabled ? (1 as const) : (0 as const);
  if (row === undefined) return asWritten;
  const { Enabled: before } = JSON.parse(row.spec) as { readonly Enabled?: unknown };
  return before === next.spec.Enabled ? row.enabled : asWritten;
}

/**
 * Changes fields that can be overridden: as overrides of a pack's detection, as another version of a user's own.
 * Returns why it cannot be; empty when it is done. @throws UserError for values that are wrong
 */
export async function changeFields(
  tx: Db,
  row: DetectionsTable,
  fields: Overrides,
  by: Changer,
  at: string,
): Promise<string> {
  if (isOfPack(row)) {
    await setOverrides(tx, row, { ...readOverrides(row), ...fields }, by, at);
    return '';
  }
  if (row.language === 'sigma') return 'it is a Sigma rule of your own: change its text';
  const spec = applyOverrides(JSON.parse(row.spec), fields);
  const next = storedDetection({ ...row, spec: JSON.stringify(spec) });
  const save = { userId: row.origin.slice('user:'.length), action: 'saved' as const, by, at };
  if (next.version !== row.version) await saveDetection(tx, row, next, save);
  return '';
}
