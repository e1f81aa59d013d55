/** Health, metrics, audit log, settings. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { z } from 'zod';
import type { AuditLogTable, Tables } from '../../ports/state/tables.ts';
import type { AuditEntry, systemRoutes } from '../contract/system.ts';
import { HttpError, invalid } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { utc } from './alert-list.ts';
import { cut, decodeCursor } from './paging.ts';
import { readQueues } from './queues.ts';
import { readSettings, writeSettings } from './settings.ts';

const DAY = 86_400_000;
const MAX_POINTS = 10_000;

export const systemHandlers: Handlers<typeof systemRoutes> = {
  async getHealth({ deps }) {
    const status = deps.health();
    if (status !== 'ok') throw new HttpError(503, status, `Panther is ${status}`);
    return { status };
  },
  async getSystem({ deps }) {
    const [system, queues] = await Promise.all([deps.system(), readQueues(deps.queue)]);
    return { ...system, queues };
  },
  async listMetrics({ deps, query }) {
    const from = query.from === undefined ? new Date(deps.clock.now().getTime() - DAY) : new Date(query.from);
    const items = await deps.metrics.names(from);
    return { items: items.map(({ name, unit, dimensions }) => ({ name, unit, dimensions: { ...dimensions } })) };
  },
  async queryMetrics({ deps, query }) {
    const { name, statistic, periodMs, groupBy = [] } = query;
    const from = new Date(query.from);
    const to = new Date(query.to);
    if (to <= from) throw invalid('must be after from', 'to');
    if ((to.getTime() - from.getTime()) / periodMs > MAX_POINTS) {
      throw invalid(`gives more than ${MAX_POINTS} points: take a longer period`, 'periodMs');
    }
    const dimensions = toDimensions(query.dimension ?? []);
    const series = await deps.metrics.query({ name, statistic, dimensions, groupBy, from, to, periodMs });
    return {
      items: series.map((one) => ({
        dimensions: { ...one.dimensions },
        points: one.points.map(({ at, value }) => ({ at: at.toISOString(), value })),
      })),
    };
  },
  async listAudit({ deps, query }) {
    const { limit = 50 } = query;
    const rows = await filteredAudit(deps.state.db.selectFrom('audit_log'), query)
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const { items, nextCursor } = cut(rows, limit, ({ id }) => ({ value: id, id }));
    return { items: items.map(toEntry), nextCursor };
  },
  async getSettings({ deps }) {
    return readSettings(deps.state.db);
  },
  async updateSettings({ deps, body }) {
    const changes = Object.entries(body).filter(([, value]) => value !== undefined);
    await writeSettings(deps.state, Object.fromEntries(changes));
    return readSettings(deps.state.db);
  },
};

/** From `name=value`; the value may hold more of `=`. */
function toDimensions(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const),
  );
}

type Query = z.output<(typeof systemRoutes.listAudit)['query']>;
type AuditRows<O> = SelectQueryBuilder<Tables, 'audit_log', O>;

function filteredAudit<O>(from: AuditRows<O>, filter: Query): AuditRows<O> {
  let query = from;
  const cursor = decodeCursor(filter.cursor);
  if (cursor !== undefined) query = query.where('id', '<', Number(cursor.id));
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.target !== undefined) query = query.where('target', '=', filter.target);
  if (filter.from !== undefined) query = query.where('at', '>=', utc(filter.from));
  if (filter.to !== undefined) query = query.where('at', '<', utc(filter.to));
  const { action } = filter;
  if (action === undefined) return query;
  return query.where(sql<boolean>`substr(action, 1, ${sql.lit(action.length)}) = ${action}`);
}

function toEntry(row: Omit<AuditLogTable, 'id'> & { readonly id: number }): AuditEntry {
  const { id, at, actor, actor_name: actorName, action, target, ip, status } = row;
  return { id, at, actor, actorName, action, target, ip, status, details: JSON.parse(row.details) };
}
