/** Alerts. */
import type { AlertsTable } from '../../ports/state/tables.ts';
import { randomId } from '../auth/tokens.ts';
import type { AlertDetail, alertRoutes, Comment, Delivery } from '../contract/alerts.ts';
import type { ApiDeps } from '../deps.ts';
import { actorId } from '../http/audit.ts';
import { invalid, notFound } from '../http/errors.ts';
import type { Caller, Handlers } from '../http/handler.ts';
import { listAlerts } from './alert-list.ts';
import { toAlertSummaries, userNames } from './alert-rows.ts';

export const alertHandlers: Handlers<typeof alertRoutes> = {
  async listAlerts({ deps, query, caller }) {
    return listAlerts(deps.state, query, caller.userId);
  },
  async getAlert({ deps, params }) {
    return detail(deps, await requireAlert(deps, params.id));
  },
  async listAlertEvents({ deps, params, query }) {
    const alert = await requireAlert(deps, params.id);
    return deps.alertEvents(alert, { cursor: query.cursor, limit: query.limit ?? 25 });
  },
  async updateAlert({ deps, params, body, caller }) {
    await requireAlert(deps, params.id);
    await update(deps, [params.id], body, caller);
    return summary(deps, await requireAlert(deps, params.id));
  },
  async updateAlerts({ deps, body, caller, audit }) {
    const ids = [...new Set(body.ids)];
    audit.target = ids.length === 1 ? (ids[0] ?? '') : `${ids.length} alerts`;
    const rows = await deps.state.db.selectFrom('alerts').select('id').where('id', 'in', ids).execute();
    const known = new Set(rows.map((row) => row.id));
    await update(deps, [...known], body, caller);
    return { updated: known.size, missing: ids.filter((id) => !known.has(id)) };
  },
  async commentAlert({ deps, params, body, caller }) {
    await requireAlert(deps, params.id);
    const id = randomId(deps.randomBytes);
    const created_at = deps.clock.now().toISOString();
    const row = { id, alert_id: params.id, author: caller.userId, body: body.body, created_at };
    await deps.state.db.insertInto('alert_comments').values(row).execute();
    const names = await userNames(deps.state.db, [row.author]);
    return { id, author: { id: row.author, name: names(row.author) }, body: row.body, createdAt: created_at };
  },
  async resendAlert({ deps, params, body }) {
    await requireAlert(deps, params.id);
    return { queued: await deps.resendAlert(params.id, body.destinationIds) };
  },
};

async function requireAlert({ state }: ApiDeps, id: string): Promise<AlertsTable> {
  const row = await state.db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('alert', id);
  return row;
}

interface Changes {
  readonly status?: string | undefined;
  readonly assignee?: string | null | undefined;
}

async function update(deps: ApiDeps, ids: readonly string[], changes: Changes, caller: Caller): Promise<void> {
  const { status, assignee } = changes;
  if (status === undefined && assignee === undefined) throw invalid('say what to change: status or assignee');
  if (typeof assignee === 'string') await requireAssignable(deps, assignee);
  if (ids.length === 0) return;
  const at = deps.clock.now().toISOString();
  await deps.state.db
    .updateTable('alerts')
    .set({
      ...(status !== undefined && { status, status_by: actorId(caller), status_at: at }),
      ...(assignee !== undefined && { assignee }),
    })
    .where('id', 'in', ids)
    .execute();
}

async function requireAssignable({ state }: ApiDeps, id: string): Promise<void> {
  const query = state.db.selectFrom('users').select('id').where('id', '=', id).where('disabled_at', 'is', null);
  if ((await query.executeTakeFirst()) === undefined) throw invalid(`there is no active user ${id}`, 'assignee');
}

async function summary({ state }: ApiDeps, row: AlertsTable) {
  const [item] = await toAlertSummaries(state.db, [row]);
  if (item === undefined) throw new Error(`alert ${row.id} has no summary`);
  return item;
}

async function detail(deps: ApiDeps, row: AlertsTable): Promise<AlertDetail> {
  const names = await userNames(deps.state.db, [row.status_by]);
  return {
    ...(await summary(deps, row)),
    ruleVersion: row.rule_version,
    description: row.description,
    reference: row.reference,
    runbook: row.runbook,
    tags: JSON.parse(row.tags) as string[],
    context: JSON.parse(row.context) as Record<string, unknown>,
    statusBy: row.status_by === null ? null : { id: row.status_by, name: names(row.status_by) },
    statusAt: row.status_at,
    deliveryDetails: await deliveries(deps, row.id),
    comments: await comments(deps, row.id),
  };
}

async function comments({ state }: ApiDeps, alertId: string): Promise<Comment[]> {
  const rows = await state.db
    .selectFrom('alert_comments')
    .selectAll()
    .where('alert_id', '=', alertId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const names = await userNames(
    state.db,
    rows.map((row) => row.author),
  );
  return rows.map(({ id, author, body, created_at: createdAt }) => ({
    id,
    author: { id: author, name: names(author) },
    body,
    createdAt,
  }));
}

async function deliveries({ state }: ApiDeps, alertId: string): Promise<Delivery[]> {
  const rows = await state.db
    .selectFrom('deliveries')
    .leftJoin('destinations', 'destinations.id', 'deliveries.destination_id')
    .selectAll('deliveries')
    .select('destinations.name')
    .where('alert_id', '=', alertId)
    .orderBy('destination_id')
    .execute();
  const attempts = await state.db
    .selectFrom('delivery_attempts')
    .selectAll()
    .where('alert_id', '=', alertId)
    .orderBy('id', 'desc')
    .limit(1_000)
    .execute();
  return rows.map((row) => ({
    destinationId: row.destination_id,
    destinationName: row.name ?? row.destination_id,
    status: row.status as Delivery['status'],
    lastAttemptAt: row.last_attempt_at,
    deliveredAt: row.delivered_at,
    attempts: attempts
      .filter((attempt) => attempt.destination_id === row.destination_id)
      .map(({ at, success, status_code: statusCode, message, duration_ms: durationMs }) => ({
        at,
        success: success === 1,
        statusCode,
        message,
        durationMs,
      })),
  }));
}
