/** The list of detections. There are thousands at most and their fields are inside the specification: memory filters. */
import type { z } from 'zod';
import { SEVERITIES } from '../../core/detection.ts';
import { readOverrides } from '../../detections/packs/overrides.ts';
import type { DetectionsTable } from '../../ports/state/tables.ts';
import type { DetectionPage, DetectionSummary, ListDetectionsQuery } from '../contract/detections.ts';
import type { ApiDeps, DetectionInfo } from '../deps.ts';
import { decodeCursor, encodeCursor } from './paging.ts';

type Query = z.output<typeof ListDetectionsQuery>;
type Stats = DetectionSummary['last7Days'];
type Fault = NonNullable<DetectionSummary['fault']>;
type Row = Pick<DetectionsTable, (typeof COLUMNS)[number]>;

export interface ShownDetection {
  readonly row: Row;
  readonly info: DetectionInfo;
}

const WEEK = 7 * 86_400_000;
const NOTHING: Stats = { events: 0, candidates: 0, matches: 0, errors: 0, micros: 0 };
const COLUMNS = ['id', 'type', 'language', 'spec', 'enabled', 'version', 'origin', 'updated_at', 'overrides'] as const;

export async function listDetections(deps: ApiDeps, query: Query): Promise<DetectionPage> {
  const rows = await deps.state.db.selectFrom('detections').select(COLUMNS).execute();
  const [stats, faults] = [await readStats(deps), await readFaults(deps)];
  const shown = rows.map((row) => ({ row, info: deps.detections.describe(row) }));
  const found = shown
    .filter((detection) => matches(detection, query))
    .filter(({ row }) => query.faulty === undefined || query.faulty === (row.enabled === 0 && faults.has(row.id)))
    .map((detection) => toSummary(detection, stats.get(detection.row.id), faults.get(detection.row.id)));
  const compare = comparison(query.sort ?? 'displayName');
  const sign = query.direction === 'descending' ? -1 : 1;
  found.sort((one, other) => sign * (compare(one, other) || compareText(one.id, other.id)));
  return cutPage(found, query);
}

function cutPage(found: DetectionSummary[], { cursor, limit = 50 }: Query): DetectionPage {
  const id = decodeCursor(cursor)?.id;
  const start = id === undefined ? 0 : found.findIndex((item) => item.id === id) + 1;
  const items = found.slice(start, start + limit);
  const last = items.at(-1);
  const hasMore = last !== undefined && start + limit < found.length;
  return { items, total: found.length, nextCursor: hasMore ? encodeCursor({ value: 0, id: last.id }) : null };
}

function matches({ row, info }: ShownDetection, query: Query): boolean {
  const { type, language, severity, logType, tag, enabled, report, text } = query;
  if (type?.length && !type.includes(row.type)) return false;
  if (language?.length && !(language as readonly string[]).includes(row.language)) return false;
  if (severity?.length && (info.severity === null || !severity.includes(info.severity))) return false;
  if (logType?.length && !logType.some((name) => info.logTypes.includes(name))) return false;
  if (tag?.length && !tag.some((name) => info.tags.includes(name))) return false;
  if (enabled !== undefined && enabled !== (row.enabled === 1)) return false;
  if (report !== undefined && !reportIds(info).some((id) => id.includes(report.toLowerCase()))) return false;
  if (text === undefined) return true;
  return `${row.id}\n${info.displayName}\n${info.description}`.toLowerCase().includes(text.toLowerCase());
}

function reportIds({ reports }: DetectionInfo): string[] {
  return Object.values(reports).flatMap((ids) => ids.map((id) => id.toLowerCase()));
}

function comparison(sort: NonNullable<Query['sort']>): (one: DetectionSummary, other: DetectionSummary) => number {
  if (sort === 'id') return (one, other) => compareText(one.id, other.id);
  if (sort === 'updatedAt') return (one, other) => compareText(one.updatedAt, other.updatedAt);
  if (sort === 'severity') return (one, other) => rank(one) - rank(other);
  if (sort === 'matches') return (one, other) => one.last7Days.matches - other.last7Days.matches;
  return (one, other) => one.displayName.localeCompare(other.displayName);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rank({ severity }: DetectionSummary): number {
  return severity === null ? -1 : SEVERITIES.indexOf(severity);
}

export function toSummary({ row, info }: ShownDetection, stats: Stats = NOTHING, fault?: Fault): DetectionSummary {
  return {
    id: row.id,
    type: row.type,
    language: row.language as DetectionSummary['language'],
    displayName: info.displayName || row.id,
    severity: info.severity,
    logTypes: [...info.logTypes],
    tags: [...info.tags],
    reports: Object.fromEntries(Object.entries(info.reports).map(([name, ids]) => [name, [...ids]])),
    enabled: row.enabled === 1,
    fault: row.enabled === 1 ? null : (fault ?? null),
    version: row.version,
    origin: row.origin,
    overridden: Object.keys(readOverrides(row)),
    updatedAt: row.updated_at,
    testCount: info.tests.length,
    last7Days: stats,
  };
}

/** Why Panther has switched detections off. */
export async function readFaults({ state }: ApiDeps, id?: string): Promise<ReadonlyMap<string, Fault>> {
  const all = state.db.selectFrom('detection_faults').select(['detection_id', 'reason', 'at']);
  const rows = await (id === undefined ? all : all.where('detection_id', '=', id)).execute();
  return new Map(rows.map(({ detection_id: key, reason, at }) => [key, { reason, at }]));
}

export async function sumOfWeek(deps: ApiDeps, id: string): Promise<Stats> {
  return (await readStats(deps, id)).get(id) ?? NOTHING;
}

async function readStats({ state, clock }: ApiDeps, id?: string): Promise<Map<string, Stats>> {
  const since = new Date(clock.now().getTime() - WEEK).toISOString().slice(0, 10);
  const recent = state.db.selectFrom('detection_stats').where('day', '>', since);
  const rows = await (id === undefined ? recent : recent.where('detection_id', '=', id))
    .select(({ fn }) => ['detection_id', fn.sum('events').as('events'), fn.sum('candidates').as('candidates')])
    .select(({ fn }) => [fn.sum('matches').as('matches'), fn.sum('errors').as('errors'), fn.sum('micros').as('micros')])
    .groupBy('detection_id')
    .execute();
  return new Map(rows.map(({ detection_id: key, ...sums }) => [key, toStats(sums)]));
}

function toStats(sums: { readonly [K in keyof Stats]: number | string | bigint }): Stats {
  const { events, candidates, matches, errors, micros } = sums;
  return {
    events: Number(events),
    candidates: Number(candidates),
    matches: Number(matches),
    errors: Number(errors),
    micros: Number(micros),
  };
}
