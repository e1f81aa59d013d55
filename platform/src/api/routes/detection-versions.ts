/** Saving single detections, the versions they had, and going back to one. */
import { isOfPack, recordChange, saveDetection } from '../../detections/packs/stored.ts';
import type { DetectionsTable, DetectionVersionsTable } from '../../ports/state/tables.ts';
import type { DetectionSource, detectionVersionRoutes } from '../contract/detection-versions.ts';
import type { ApiDeps, ReadDetection } from '../deps.ts';
import { changerOf } from '../http/audit.ts';
import { conflict, invalid, notFound } from '../http/errors.ts';
import type { Caller, Handlers } from '../http/handler.ts';
import { toSource } from './detection-source.ts';
import { detectionSummary, requireDetection } from './detections.ts';

export const detectionVersionHandlers: Handlers<typeof detectionVersionRoutes> = {
  async getDetectionSource({ deps, params }) {
    return toVersionSource(await requireDetection(deps, params.id));
  },
  async saveDetection({ deps, params, body, caller }) {
    const read = await deps.detections.read({ yaml: body.yaml, body: body.body });
    if (read.id !== params.id) throw invalid(`its id is ${read.id}, not ${params.id}`, 'yaml');
    await write(deps, read, { expected: body.expectedVersion, caller, note: body.note, action: 'saved' });
    return detectionSummary(deps, await requireDetection(deps, read.id));
  },
  async listDetectionVersions({ deps, params }) {
    const { version: current } = await requireDetection(deps, params.id);
    const rows = await versionsOf(deps, params.id);
    const names = await userNames(deps);
    const items = rows.map(({ version, created_at: createdAt, created_by: createdBy }) => {
      const createdByName = createdBy === 'system' ? 'Panther' : (names.get(createdBy) ?? createdBy);
      return { version, createdAt, createdBy, createdByName, isCurrent: version === current };
    });
    return { items };
  },
  async getDetectionVersion({ deps, params }) {
    await requireDetection(deps, params.id);
    return toVersionSource(await requireVersion(deps, params.id, params.version));
  },
  async rollBackDetection({ deps, params, body, caller }) {
    const row = await requireDetection(deps, params.id);
    const source = toSource(await requireVersion(deps, params.id, body.version));
    const read = await deps.detections.read(source);
    await write(deps, read, { expected: row.version, caller, note: body.note, action: 'rolled-back' });
    return detectionSummary(deps, await requireDetection(deps, params.id));
  },
  async deleteDetection({ deps, params, caller }) {
    const row = await deps.state.db.selectFrom('detections').selectAll().where('id', '=', params.id).executeTakeFirst();
    if (row === undefined) return undefined;
    if (isOfPack(row)) throw conflict(`${row.id} comes with ${row.origin}: disable it instead`, 'id');
    const [by, at] = [changerOf(caller), deps.clock.now().toISOString()];
    const change = { id: row.id, action: 'removed' as const, fromVersion: row.version, toVersion: null };
    await deps.state.transaction(async (tx) => {
      await tx.deleteFrom('detections').where('id', '=', row.id).execute();
      await recordChange(tx, change, by, at);
    });
    await deps.detections.reload();
    return undefined;
  },
};

interface Saving {
  readonly expected: string | null;
  readonly caller: Caller;
  readonly note: string;
  readonly action: 'saved' | 'rolled-back';
}

/** @throws HttpError when another version has been saved meanwhile */
async function write({ state, clock, detections }: ApiDeps, read: ReadDetection, saving: Saving): Promise<void> {
  const { expected, caller, note, action } = saving;
  const [by, at] = [changerOf(caller, note), clock.now().toISOString()];
  await state.transaction(async (tx) => {
    const row = await tx.selectFrom('detections').selectAll().where('id', '=', read.id).executeTakeFirst();
    if ((row?.version ?? null) !== expected) throw conflict(stale(read.id, row));
    await saveDetection(tx, row, read, { userId: caller.userId, action, by, at });
  });
  await detections.reload();
}

function stale(id: string, row: DetectionsTable | undefined): string {
  if (row === undefined) return `there is no ${id} any more`;
  return `${id} has been saved meanwhile, or existed already: load it again, and make the change there`;
}

function toVersionSource(row: Pick<DetectionsTable, 'spec' | 'body' | 'version' | 'spec_text'>): DetectionSource {
  return { ...toSource(row), version: row.version };
}

async function versionsOf({ state }: ApiDeps, id: string): Promise<readonly DetectionVersionsTable[]> {
  return state.db
    .selectFrom('detection_versions')
    .selectAll()
    .where('id', '=', id)
    .orderBy('created_at', 'desc')
    .orderBy('version')
    .limit(200)
    .execute();
}

async function requireVersion({ state }: ApiDeps, id: string, version: string): Promise<DetectionVersionsTable> {
  const row = await state.db
    .selectFrom('detection_versions')
    .selectAll()
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (row === undefined) throw notFound('version', version);
  return row;
}

async function userNames({ state }: ApiDeps): Promise<ReadonlyMap<string, string>> {
  const rows = await state.db.selectFrom('users').select(['id', 'name']).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
