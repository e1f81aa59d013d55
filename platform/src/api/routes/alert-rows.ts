/** Rows of alerts as the API shows them. */
import type { AlertStatus, AlertType } from '../../core/alert.ts';
import type { Severity } from '../../core/detection.ts';
import type { State } from '../../ports/state/state.ts';
import type { AlertsTable } from '../../ports/state/tables.ts';
import type { AlertSummary } from '../contract/alerts.ts';

type Db = State['db'];
type Deliveries = AlertSummary['deliveries'];

/** Names of users by id; whoever was deleted is shown by id. */
export async function userNames(db: Db, ids: Iterable<string | null>): Promise<(id: string) => string> {
  const wanted = [...new Set(ids)].filter((id) => id !== null);
  const rows =
    wanted.length === 0 ? [] : await db.selectFrom('users').select(['id', 'name']).where('id', 'in', wanted).execute();
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}

export async function toAlertSummaries(db: Db, rows: readonly AlertsTable[]): Promise<AlertSummary[]> {
  const names = await userNames(
    db,
    rows.map((row) => row.assignee),
  );
  const deliveries = await countDeliveries(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => toSummary(row, names, deliveries.get(row.id)));
}

function toSummary(row: AlertsTable, names: (id: string) => string, deliveries: Deliveries | undefined): AlertSummary {
  return {
    id: row.id,
    type: row.type as AlertType,
    ruleId: row.rule_id,
    ruleName: row.rule_name,
    title: row.title || row.rule_name || row.rule_id,
    severity: row.severity as Severity,
    status: row.status as AlertStatus,
    dedup: row.dedup,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    firstEventAt: row.first_event_at,
    lastEventAt: row.last_event_at,
    eventCount: row.event_count,
    logTypes: JSON.parse(row.log_types) as string[],
    assignee: row.assignee === null ? null : { id: row.assignee, name: names(row.assignee) },
    deliveries: deliveries ?? { pending: 0, delivered: 0, failed: 0 },
  };
}

async function countDeliveries(db: Db, ids: readonly string[]): Promise<Map<string, Deliveries>> {
  const counts = new Map<string, Deliveries>();
  if (ids.length === 0) return counts;
  const rows = await db
    .selectFrom('deliveries')
    .select(['alert_id', 'status', (eb) => eb.fn.countAll().as('n')])
    .where('alert_id', 'in', ids)
    .groupBy(['alert_id', 'status'])
    .execute();
  for (const { alert_id: id, status, n } of rows) {
    const before = counts.get(id) ?? { pending: 0, delivered: 0, failed: 0 };
    counts.set(id, { ...before, [status]: Number(n) });
  }
  return counts;
}
