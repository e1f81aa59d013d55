/** The first page: what came in, what was found, whether it all works. */
import type { Severity } from '../../core/detection.ts';
import { SEVERITIES } from '../../core/detection.ts';
import { tableName } from '../../core/ids.ts';
import type { Counts, Series } from '../contract/common.ts';
import type { Overview, overviewRoutes } from '../contract/overview.ts';
import { type ApiDeps, EVENTS_METRIC } from '../deps.ts';
import { invalid } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { listAlerts } from './alert-list.ts';
import { toCounts } from './counts.ts';
import { readQueues } from './queues.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const MAX_POINTS = 400;
const PERIODS = [5, 15, 60, 180, 720].map((minutes) => minutes * MINUTE);

export const overviewHandlers: Handlers<typeof overviewRoutes> = {
  async getOverview({ deps, query, caller }) {
    const range = toRange(query, deps.clock.now());
    const status: ('OPEN' | 'TRIAGED')[] = ['OPEN', 'TRIAGED'];
    return {
      generatedAt: deps.clock.now().toISOString(),
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      periodMs: range.periodMs,
      records: { total: await countAll(deps), last24Hours: await countSince(deps, DAY) },
      eventsByLogType: await countEvents(deps),
      openAlerts: await countOpenAlerts(deps),
      sources: await countSources(deps),
      detections: await countEnabled(deps, 'detections'),
      destinations: await countEnabled(deps, 'destinations'),
      queues: await readQueues(deps.queue),
      events: await eventSeries(deps, range),
      alerts: await alertSeries(deps, range),
      recentAlerts: (await listAlerts(deps.state, { status, limit: 10 }, caller.userId)).items,
    };
  },
};

interface Range {
  readonly from: Date;
  readonly to: Date;
  readonly periodMs: number;
}

function toRange(query: { from?: string | undefined; to?: string | undefined }, now: Date): Range {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - DAY) : new Date(query.from);
  const lengthMs = to.getTime() - from.getTime();
  if (lengthMs <= 0) throw invalid('must be after from', 'to');
  if (lengthMs > 31 * DAY) throw invalid('must be at most 31 days before to', 'from');
  return { from, to, periodMs: PERIODS.find((period) => lengthMs / period <= MAX_POINTS) ?? DAY };
}

function countAll({ state }: ApiDeps): Promise<Counts> {
  return state.db
    .selectFrom('sources')
    .select(({ fn }) => [fn.sum('received').as('received'), fn.sum('stored').as('stored')])
    .select(({ fn }) => [fn.sum('quarantined').as('quarantined'), fn.sum('rejected').as('rejected')])
    .select(({ fn }) => [fn.sum('events').as('events'), fn.sum('bytes').as('bytes')])
    .executeTakeFirstOrThrow()
    .then(toCounts);
}

function countSince({ state, clock }: ApiDeps, ageMs: number): Promise<Counts> {
  return state.db
    .selectFrom('units')
    .select(({ fn }) => [fn.sum('received').as('received'), fn.sum('stored').as('stored')])
    .select(({ fn }) => [fn.sum('quarantined').as('quarantined'), fn.sum('rejected').as('rejected')])
    .select(({ fn }) => [fn.sum('events').as('events'), fn.sum('bytes').as('bytes')])
    .where('committed_at', '>=', new Date(clock.now().getTime() - ageMs).toISOString())
    .executeTakeFirstOrThrow()
    .then(toCounts);
}

async function countEvents({ state, logTypes }: ApiDeps): Promise<Overview['eventsByLogType']> {
  const names = new Map(logTypes.list().map(({ name }) => [tableName(name), name]));
  const rows = await state.db
    .selectFrom('lake_files')
    .select(({ fn }) => ['table_name', fn.sum('row_count').as('events'), fn.sum('size_bytes').as('bytes')])
    .where('database', '=', 'panther_logs')
    .where('status', '=', 'live')
    .groupBy('table_name')
    .execute();
  return rows
    .map(({ table_name: table, events, bytes }) => ({
      logType: names.get(table) ?? table,
      events: Number(events),
      bytes: Number(bytes),
    }))
    .sort((one, other) => other.events - one.events || one.logType.localeCompare(other.logType));
}

async function countOpenAlerts({ state }: ApiDeps): Promise<Record<Severity, number>> {
  const rows = await state.db
    .selectFrom('alerts')
    .select(({ fn }) => ['severity', fn.countAll().as('n')])
    .where('status', '=', 'OPEN')
    .groupBy('severity')
    .execute();
  const counts = { INFO: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
  return { ...counts, ...Object.fromEntries(rows.map(({ severity, n }) => [severity, Number(n)])) };
}

async function countSources({ state }: ApiDeps): Promise<Overview['sources']> {
  const rows = await state.db.selectFrom('sources').select(['health', 'enabled']).execute();
  const healthOf = (health: string) => rows.filter((row) => row.enabled === 1 && row.health === health).length;
  return {
    total: rows.length,
    healthy: healthOf('healthy'),
    unhealthy: healthOf('unhealthy'),
    unknown: healthOf('unknown'),
    disabled: rows.filter((row) => row.enabled === 0).length,
  };
}

async function countEnabled({ state }: ApiDeps, table: 'detections' | 'destinations') {
  const { total, enabled } = await state.db
    .selectFrom(table)
    .select(({ fn }) => [fn.countAll().as('total'), fn.sum('enabled').as('enabled')])
    .executeTakeFirstOrThrow();
  return { total: Number(total), enabled: Number(enabled) };
}

async function eventSeries({ metrics }: ApiDeps, range: Range): Promise<Series[]> {
  const { name, dimension } = EVENTS_METRIC;
  const series = await metrics.query({ name, statistic: 'sum', groupBy: [dimension], ...range });
  return series.map(({ dimensions, points }) => ({
    label: dimensions[dimension] ?? '',
    points: points.map(({ at, value }) => ({ at: at.toISOString(), value })),
  }));
}

/** Alerts per period and severity; periods without one are left out. */
async function alertSeries({ state }: ApiDeps, { from, to, periodMs }: Range): Promise<Series[]> {
  const rows = await state.db
    .selectFrom('alerts')
    .select(['created_at', 'severity'])
    .where('created_at', '>=', from.toISOString())
    .where('created_at', '<', to.toISOString())
    .orderBy('created_at')
    .execute();
  const periodOf = (time: string) => Math.floor(Date.parse(time) / periodMs) * periodMs;
  const bySeverity = Map.groupBy(rows, (row) => row.severity);
  return SEVERITIES.filter((severity) => bySeverity.has(severity)).map((severity) => {
    const periods = Map.groupBy(bySeverity.get(severity) ?? [], (row) => periodOf(row.created_at));
    const points = [...periods].map(([at, found]) => ({ at: new Date(at).toISOString(), value: found.length }));
    return { label: severity, points };
  });
}
