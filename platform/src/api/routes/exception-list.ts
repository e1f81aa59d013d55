/** Exceptions of the state and of files, with what they have hidden. */
import type { DetectionsTable, ExceptionHitsTable, ExceptionsTable } from '../../ports/state/tables.ts';
import type { Exception } from '../contract/exceptions.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound } from '../http/errors.ts';

/** Having hidden nothing for so long, it is asked whether it is still needed. */
const STALE_MS = 30 * 86_400_000;

/** Newest first; of one detection, or of all. */
export async function readExceptionList(deps: ApiDeps, detectionId?: string): Promise<Exception[]> {
  const { db } = deps.state;
  const stored = await db.selectFrom('exceptions').selectAll().execute();
  const inFiles = await db.selectFrom('detections').selectAll().where('type', '=', 'exception').execute();
  const hits = new Map(
    (await db.selectFrom('exception_hits').selectAll().execute()).map((row) => [row.exception_id, row]),
  );
  const all = [...stored.map(ofState), ...inFiles.map(ofFile)].filter(
    (one) => detectionId === undefined || one.detectionId === detectionId,
  );
  const names = await namesOf(deps, new Set(all.map((one) => one.detectionId)));
  const now = deps.clock.now();
  return all
    .map((one) => complete(one, hits.get(one.id), names.get(one.detectionId), now))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** @throws HttpError when there is none */
export async function findException(deps: ApiDeps, id: string): Promise<Exception> {
  const found = (await readExceptionList(deps)).find((one) => one.id === id);
  if (found === undefined) throw notFound('exception', id);
  return found;
}

type Known = Pick<
  Exception,
  | 'id'
  | 'detectionId'
  | 'conditions'
  | 'reason'
  | 'owner'
  | 'expiresAt'
  | 'origin'
  | 'forceReason'
  | 'createdAt'
  | 'createdBy'
  | 'updatedAt'
> & { readonly isEnabled: boolean };

function ofState(row: ExceptionsTable): Known {
  return {
    id: row.id,
    detectionId: row.detection_id,
    conditions: JSON.parse(row.conditions) as Record<string, unknown>[],
    reason: row.reason,
    owner: row.owner,
    expiresAt: row.expires_at,
    origin: 'user',
    forceReason: row.force_reason,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    isEnabled: row.enabled === 1,
  };
}

function ofFile(row: DetectionsTable): Known {
  const spec = JSON.parse(row.spec) as Readonly<Record<string, unknown>>;
  return {
    id: row.id,
    detectionId: String(spec.DetectionID),
    conditions: spec.Conditions as Record<string, unknown>[],
    reason: String(spec.Reason),
    owner: String(spec.Owner),
    expiresAt: typeof spec.Expires === 'string' ? new Date(spec.Expires).toISOString() : null,
    origin: 'file',
    forceReason: '',
    createdAt: row.created_at,
    createdBy: 'system',
    updatedAt: row.updated_at,
    isEnabled: row.enabled === 1,
  };
}

function complete(known: Known, hits: ExceptionHitsTable | undefined, name: string | undefined, now: Date): Exception {
  const { isEnabled, ...one } = known;
  const isExpired = one.expiresAt !== null && Date.parse(one.expiresAt) <= now.getTime();
  const state = !isEnabled ? 'disabled' : isExpired ? 'expired' : 'live';
  const lastSign = hits?.last_hidden_at ?? one.createdAt;
  return {
    ...one,
    detectionName: name ?? one.detectionId,
    state,
    hiddenCount: hits?.hidden ?? 0,
    lastHiddenAt: hits?.last_hidden_at ?? null,
    recent: hits === undefined ? [] : (JSON.parse(hits.recent) as Exception['recent']),
    isStale: state === 'live' && now.getTime() - Date.parse(lastSign) >= STALE_MS,
  };
}

async function namesOf({ state, detections }: ApiDeps, ids: ReadonlySet<string>): Promise<Map<string, string>> {
  if (ids.size === 0) return new Map();
  const rows = await state.db
    .selectFrom('detections')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, detections.describe(row).displayName]));
}
