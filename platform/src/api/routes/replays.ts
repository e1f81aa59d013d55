/** Replays: asked for here, run in the background by whoever takes them up. */
import { UserError } from '../../core/errors.ts';
import type { ReplaysTable } from '../../ports/state/tables.ts';
import type { Replay, ReplayResult, replayRoutes } from '../contract/replays.ts';
import type { ApiDeps } from '../deps.ts';
import { actorId } from '../http/audit.ts';
import { notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';

const LISTED = 50;
const ID_BYTES = 8;

export const replayHandlers: Handlers<typeof replayRoutes> = {
  async startReplay({ deps, body, caller }) {
    const { state, clock } = deps;
    const { detectionId, draft } = body;
    if (draft === undefined) await requireDetection(deps, detectionId);
    const now = clock.now().toISOString();
    const from = new Date(body.from).toISOString();
    const to = new Date(body.to ?? now).toISOString();
    if (from >= to) throw new UserError('the time must begin before it ends', { field: 'from' });
    const row: ReplaysTable = {
      id: Buffer.from(deps.randomBytes(ID_BYTES)).toString('hex'),
      detection_id: detectionId,
      request: JSON.stringify({ from, to, draft }),
      state: 'queued',
      created_at: now,
      created_by: actorId(caller),
      started_at: null,
      ended_at: null,
      beat_at: now,
      progress: JSON.stringify({ events: 0, done: 0, matches: 0 }),
      result: null,
      error: '',
    };
    await state.db.insertInto('replays').values(row).execute();
    return toReplay(row);
  },
  async listReplays({ deps, query }) {
    let ask = deps.state.db.selectFrom('replays').selectAll().orderBy('created_at', 'desc').orderBy('id').limit(LISTED);
    if (query.detectionId !== undefined) ask = ask.where('detection_id', '=', query.detectionId);
    return { items: (await ask.execute()).map((row) => toReplay({ ...row, result: null })) };
  },
  async getReplay({ deps, params }) {
    return toReplay(await requireReplay(deps, params.id));
  },
  async cancelReplay({ deps, params }) {
    await requireReplay(deps, params.id);
    await deps.state.db
      .updateTable('replays')
      .set({ state: 'cancelled', ended_at: deps.clock.now().toISOString() })
      .where('id', '=', params.id)
      .where('state', 'in', ['queued', 'running'])
      .execute();
    return toReplay(await requireReplay(deps, params.id));
  },
};

async function requireDetection({ state }: ApiDeps, id: string): Promise<void> {
  const row = await state.db.selectFrom('detections').select('id').where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('detection', id);
}

async function requireReplay({ state }: ApiDeps, id: string): Promise<ReplaysTable> {
  const row = await state.db.selectFrom('replays').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('replay', id);
  return row;
}

function toReplay(row: ReplaysTable): Replay {
  const { from, to, draft } = JSON.parse(row.request) as { from: string; to: string; draft?: unknown };
  return {
    id: row.id,
    detectionId: row.detection_id,
    isDraft: draft !== undefined,
    from,
    to,
    state: row.state as Replay['state'],
    createdAt: row.created_at,
    createdBy: row.created_by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    progress: JSON.parse(row.progress) as Replay['progress'],
    result: row.result === null ? null : (JSON.parse(row.result) as ReplayResult),
    error: row.error,
  };
}
