/** Saving single detections. What is saved here is the user's own from then on: no pack changes it any more. */
import { stringify } from 'yaml';
import type { DetectionsTable, DetectionVersionsTable } from '../../ports/state/tables.ts';
import type { DetectionSource, detectionVersionRoutes } from '../contract/detection-versions.ts';
import type { ApiDeps, ReadDetection } from '../deps.ts';
import { actorId } from '../http/audit.ts';
import { conflict, invalid, notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { detectionSummary, requireDetection } from './detections.ts';

export const detectionVersionHandlers: Handlers<typeof detectionVersionRoutes> = {
  async getDetectionSource({ deps, params }) {
    return toSource(await requireDetection(deps, params.id));
  },
  async saveDetection({ deps, params, body, caller }) {
    const read = await deps.detections.read({ yaml: body.yaml, body: body.body });
    if (read.id !== params.id) throw invalid(`its id is ${read.id}, not ${params.id}`, 'yaml');
    await write(deps, read, { expected: body.expectedVersion, actor: actorId(caller), userId: caller.userId });
    await deps.detections.reload();
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
    return toSource({ ...(await requireVersion(deps, params.id, params.version)) });
  },
  async rollBackDetection({ deps, params, body, caller }) {
    const row = await requireDetection(deps, params.id);
    const source = toSource(await requireVersion(deps, params.id, body.version));
    const read = await deps.detections.read(source);
    await write(deps, read, { expected: row.version, actor: actorId(caller), userId: caller.userId });
    await deps.detections.reload();
    return detectionSummary(deps, await requireDetection(deps, params.id));
  },
  async deleteDetection({ deps, params }) {
    const row = await deps.state.db.selectFrom('detections').selectAll().where('id', '=', params.id).executeTakeFirst();
    if (row === undefined) return undefined;
    if (!row.origin.startsWith('user:')) throw conflict(`${row.id} comes with ${row.origin}: disable it instead`, 'id');
    await deps.state.db.deleteFrom('detections').where('id', '=', row.id).execute();
    await deps.detections.reload();
    return undefined;
  },
};

interface Saving {
  readonly expected: string | null;
  readonly actor: string;
  readonly userId: string;
}

/** The row and its version in one transaction. @throws HttpError when another version has been saved meanwhile */
async function write({ state, clock }: ApiDeps, read: ReadDetection, saving: Saving): Promise<void> {
  const at = clock.now().toISOString();
  const { id, type, language, body, version } = read;
  const spec = JSON.stringify(read.spec);
  const changed = { type, language, spec, body, version, updated_at: at, updated_by: saving.actor };
  await state.transaction(async (tx) => {
    const row = await tx.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirst();
    if ((row?.version ?? null) !== saving.expected) throw conflict(stale(id, row));
    const origin = `user:${saving.userId}`;
    if (row === undefined) {
      const enabled = read.isEnabled ? (1 as const) : (0 as const);
      await tx
        .insertInto('detections')
        .values({ id, ...changed, enabled, origin, created_at: at })
        .execute();
    } else {
      await tx
        .updateTable('detections')
        .set({ ...changed, origin, enabled: enabledAfter(row, read) })
        .where('id', '=', id)
        .execute();
    }
    await tx
      .insertInto('detection_versions')
      .values({ id, version, spec, body, created_at: at, created_by: saving.actor })
      .onConflict((same) => same.columns(['id', 'version']).doUpdateSet({ created_at: at, created_by: saving.actor }))
      .execute();
    await tx.deleteFrom('detection_faults').where('detection_id', '=', id).execute();
  });
}

function stale(id: string, row: DetectionsTable | undefined): string {
  if (row === undefined) return `there is no ${id} any more`;
  return `${id} has been saved meanwhile, or existed already: load it again, and make the change there`;
}

/** The switch stays as it is unless the specification says something new. */
function enabledAfter(row: DetectionsTable, read: ReadDetection): 0 | 1 {
  const before = (JSON.parse(row.spec) as { readonly Enabled?: unknown }).Enabled;
  if (before === read.spec.Enabled) return row.enabled;
  return read.isEnabled ? 1 : 0;
}

/** Sigma rules are kept as they were written; other specifications as data. */
function toSource(row: Pick<DetectionsTable, 'spec' | 'body' | 'version'>): DetectionSource {
  const spec = JSON.parse(row.spec) as Record<string, unknown>;
  if (spec.Sigma !== undefined && row.body !== '') return { yaml: row.body, body: '', version: row.version };
  return { yaml: stringify(spec, { lineWidth: 100 }), body: row.body, version: row.version };
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
