/** Detections. */
import { switchDetections } from '../../detections/packs/stored.ts';
import type { DetectionsTable } from '../../ports/state/tables.ts';
import type { DetectionDetail, DetectionSummary, detectionRoutes } from '../contract/detections.ts';
import type { ApiDeps } from '../deps.ts';
import { changerOf } from '../http/audit.ts';
import { notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { listAlerts } from './alert-list.ts';
import { listDetections, readFaults, type ShownDetection, sumOfWeek, toSummary } from './detection-list.ts';

const DAY = 86_400_000;

export const detectionHandlers: Handlers<typeof detectionRoutes> = {
  async listDetections({ deps, query }) {
    return listDetections(deps, query);
  },
  async getDetection({ deps, params, caller }) {
    return detail(deps, await requireDetection(deps, params.id), caller.userId);
  },
  async updateDetection({ deps, params, body, caller }) {
    const { id, version } = await requireDetection(deps, params.id);
    const [by, at] = [changerOf(caller), deps.clock.now().toISOString()];
    await deps.state.transaction((tx) => switchDetections(tx, [{ id, version }], body.enabled, by, at));
    await deps.detections.reload();
    return detectionSummary(deps, await requireDetection(deps, params.id));
  },
  async testDetection({ deps, params, body }) {
    await requireDetection(deps, params.id);
    return deps.detections.test(params.id, body.names);
  },
};

/** @throws HttpError when there is none */
export async function requireDetection({ state }: ApiDeps, id: string): Promise<DetectionsTable> {
  const row = await state.db.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('detection', id);
  return row;
}

function show(deps: ApiDeps, row: DetectionsTable): ShownDetection {
  return { row, info: deps.detections.describe(row) };
}

export async function detectionSummary(deps: ApiDeps, row: DetectionsTable): Promise<DetectionSummary> {
  const faults = await readFaults(deps, row.id);
  return toSummary(show(deps, row), await sumOfWeek(deps, row.id), faults.get(row.id));
}

async function detail(deps: ApiDeps, row: DetectionsTable, userId: string): Promise<DetectionDetail> {
  const { info } = show(deps, row);
  const alerts = await listAlerts(deps.state, { ruleId: row.id, limit: 10 }, userId);
  return {
    ...(await detectionSummary(deps, row)),
    description: info.description,
    reference: info.reference,
    runbook: info.runbook,
    dedupPeriodMinutes: info.dedupPeriodMinutes,
    threshold: info.threshold,
    createAlert: info.createAlert,
    outputIds: [...info.outputIds],
    spec: JSON.parse(row.spec) as Record<string, unknown>,
    body: row.body,
    tests: info.tests.map((test) => ({ ...test })),
    condition: await deps.detections.explain(row.id),
    query: await deps.detections.query(row.id),
    stats: await statsByDay(deps, row.id),
    recentAlerts: alerts.items,
  };
}

async function statsByDay({ state, clock }: ApiDeps, id: string): Promise<DetectionDetail['stats']> {
  const since = new Date(clock.now().getTime() - 30 * DAY).toISOString().slice(0, 10);
  return state.db
    .selectFrom('detection_stats')
    .select(['day', 'events', 'candidates', 'matches', 'errors', 'micros'])
    .where('detection_id', '=', id)
    .where('day', '>', since)
    .orderBy('day')
    .execute();
}
