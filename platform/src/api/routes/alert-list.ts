/** The list of alerts: filters, order, pages. */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { z } from 'zod';
import { SEVERITIES } from '../../core/detection.ts';
import type { State } from '../../ports/state/state.ts';
import type { AlertsTable, Tables } from '../../ports/state/tables.ts';
import type { AlertFilter, AlertPage, ListAlertsQuery } from '../contract/alerts.ts';
import { toAlertSummaries } from './alert-rows.ts';
import { after, containing, cut, decodeCursor } from './paging.ts';

type Filter = z.output<typeof AlertFilter>;
type Query = z.output<typeof ListAlertsQuery>;
type Sort = NonNullable<Query['sort']>;
type Alerts<O> = SelectQueryBuilder<Tables, 'alerts', O>;

/** `CASE` with the rank of each severity, so that the order is by meaning and the same on every database. */
const SEVERITY_RANK = sql<number>`case severity ${sql.join(
  SEVERITIES.map((severity, rank) => sql`when ${sql.lit(severity)} then ${sql.lit(rank)}`),
  sql` `,
)} else -1 end`;

const SORTS: Readonly<Record<Sort, RawBuilder<unknown>>> = {
  createdAt: sql.ref('alerts.created_at'),
  updatedAt: sql.ref('alerts.updated_at'),
  eventCount: sql.ref('alerts.event_count'),
  severity: SEVERITY_RANK,
};

function sortValue(row: AlertsTable, sort: Sort): string | number {
  if (sort === 'createdAt') return row.created_at;
  if (sort === 'updatedAt') return row.updated_at;
  return sort === 'eventCount' ? row.event_count : (SEVERITIES as readonly string[]).indexOf(row.severity);
}

/** `userId`: whom `me` stands for. */
export async function listAlerts(state: State, query: Query, userId: string): Promise<AlertPage> {
  const { sort = 'createdAt', direction = 'descending', limit = 50 } = query;
  const cursor = decodeCursor(query.cursor);
  const matching = filtered(state.db.selectFrom('alerts'), query, userId);
  const total = await matching.select((eb) => eb.fn.countAll().as('n')).executeTakeFirstOrThrow();
  const order = direction === 'ascending' ? 'asc' : 'desc';
  const from = cursor ? matching.where(after(SORTS[sort], sql.ref('alerts.id'), cursor, direction)) : matching;
  const rows = await from
    .selectAll()
    .orderBy(SORTS[sort], order)
    .orderBy('id', order)
    .limit(limit + 1)
    .execute();
  const { items, nextCursor } = cut(rows, limit, (row) => ({ value: sortValue(row, sort), id: row.id }));
  return { items: await toAlertSummaries(state.db, items), nextCursor, total: Number(total.n) };
}

function filtered<O>(from: Alerts<O>, filter: Filter, userId: string): Alerts<O> {
  let query = from;
  const { severity, status, type, ruleId, logType, text, assignee } = filter;
  if (severity?.length) query = query.where('severity', 'in', severity);
  if (status?.length) query = query.where('status', 'in', status);
  if (type?.length) query = query.where('type', 'in', type);
  if (ruleId !== undefined) query = query.where('rule_id', '=', ruleId);
  if (logType?.length) query = query.where((eb) => eb.or(logType.map((name) => hasItem('log_types', name))));
  if (text) query = query.where(mentions(text));
  if (assignee === 'none') query = query.where('assignee', 'is', null);
  else if (assignee !== undefined) query = query.where('assignee', '=', assignee === 'me' ? userId : assignee);
  return within(query, filter);
}

function within<O>(from: Alerts<O>, filter: Filter): Alerts<O> {
  let query = from;
  const { createdAfter, createdBefore, eventCountMin, eventCountMax } = filter;
  if (createdAfter !== undefined) query = query.where('created_at', '>=', utc(createdAfter));
  if (createdBefore !== undefined) query = query.where('created_at', '<', utc(createdBefore));
  if (eventCountMin !== undefined) query = query.where('event_count', '>=', eventCountMin);
  if (eventCountMax !== undefined) query = query.where('event_count', '<=', eventCountMax);
  return query;
}

function mentions(text: string) {
  const pattern = containing(text);
  return sql<boolean>`(lower(title) like ${pattern} escape '\\' or lower(rule_name) like ${pattern} escape '\\'
    or lower(rule_id) like ${pattern} escape '\\')`;
}

/** Whether a column with a JSON list of texts has one, ignoring case. */
export function hasItem(column: string, item: string) {
  return sql<boolean>`lower(${sql.ref(column)}) like ${containing(JSON.stringify(item))} escape '\\'`;
}

/** Times are compared as text, so they have to be written alike. */
export function utc(time: string): string {
  return new Date(time).toISOString();
}
