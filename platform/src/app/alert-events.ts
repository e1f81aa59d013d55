/** Events of the lake for people to look at: those of an alert, from the rule match (or rule error) tables, and new ones. */
import { UserError } from '../core/errors.ts';
import type { LakeTable } from '../core/table.ts';
import { PARTITION_COLUMNS } from '../lake/layout.ts';
import type { LakeSql } from '../lake/sql.ts';
import { literal } from '../lake/sql-text.ts';
import type { AlertsTable } from '../ports/state/tables.ts';

export interface EventsPage {
  readonly items: Record<string, unknown>[];
  readonly nextCursor: string | null;
}

/** Where the next page begins: the how-manieth log type of the alert, and rows of its table that were given. */
interface Position {
  readonly logType: number;
  readonly offset: number;
}

/** Newest first within each log type. */
export async function readAlertEvents(
  lake: LakeSql,
  alert: AlertsTable,
  page: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<EventsPage> {
  const tables = tablesOf(lake, alert);
  const items: Record<string, unknown>[] = [];
  let at = parseCursor(page.cursor);
  while (at.logType < tables.length) {
    const wanted = page.limit - items.length;
    const rows = await readRows(lake, tables[at.logType] as LakeTable, alert, at.offset, wanted + 1);
    items.push(...rows.slice(0, wanted));
    if (rows.length > wanted) return { items, nextCursor: `${at.logType}:${at.offset + wanted}` };
    at = { logType: at.logType + 1, offset: 0 };
  }
  return { items, nextCursor: null };
}

function tablesOf(lake: LakeSql, alert: AlertsTable): readonly LakeTable[] {
  const database = alert.type === 'RULE_ERROR' ? 'panther_rule_errors' : 'panther_rule_matches';
  const logTypes = JSON.parse(alert.log_types) as string[];
  return logTypes.flatMap(
    (logType) => lake.tables().find((table) => table.database === database && table.logType === logType) ?? [],
  );
}

function parseCursor(cursor: string | undefined): Position {
  if (cursor === undefined) return { logType: 0, offset: 0 };
  const match = /^(\d{1,4}):(\d{1,12})$/.exec(cursor);
  if (match === null) throw new UserError('the cursor is not one of an earlier answer', { field: 'cursor' });
  return { logType: Number(match[1]), offset: Number(match[2]) };
}

async function readRows(
  lake: LakeSql,
  table: LakeTable,
  alert: AlertsTable,
  offset: number,
  limit: number,
): Promise<Record<string, unknown>[]> {
  const sql = `SELECT * FROM ${table.database}.${table.name}
    WHERE p_event_time >= TIMESTAMP ${literal(sqlTime(alert.first_event_at))}
      AND p_event_time < TIMESTAMP ${literal(sqlTime(alert.last_event_at))} + INTERVAL 1 SECOND
      AND p_alert_id = ${literal(alert.id)}
    ORDER BY p_event_time DESC, p_row_id LIMIT ${limit} OFFSET ${offset}`;
  return readSelected(lake, table, sql, limit);
}

/** So many hours back, until there are some: what is new stands in few files. Then of any time, in no order. */
const LOOK_BACK_HOURS = [1, 24, 24 * 30, undefined];

/** Some of the newest events of a log type, with times as detections are given them. None of an unknown log type. */
export async function readRecentEvents(lake: LakeSql, logType: string, limit: number, now: Date) {
  const table = lake.tables().find((one) => one.database === 'panther_logs' && one.logType === logType);
  if (table === undefined) return [];
  const times = table.columns.flatMap(({ name, type }) =>
    type.kind === 'scalar' && type.type === 'timestamp' ? [name] : [],
  );
  for (const hours of LOOK_BACK_HOURS) {
    const sql = `SELECT * FROM ${table.database}.${table.name} ${newest(hours, now)} LIMIT ${limit}`;
    const events = await readSelected(lake, table, sql, limit);
    if (events.length > 0) return events.map((event) => withNanoseconds(event, times));
  }
  return [];
}

function newest(hours: number | undefined, now: Date): string {
  if (hours === undefined) return '';
  const from = sqlTime(new Date(now.getTime() - hours * 3_600_000).toISOString());
  return `WHERE p_event_time >= TIMESTAMP ${literal(from)} ORDER BY p_event_time DESC`;
}

function withNanoseconds(event: Record<string, unknown>, times: readonly string[]): Record<string, unknown> {
  const longer = times.filter((name) => typeof event[name] === 'string').map((name) => [name, `${event[name]}000`]);
  return { ...event, ...Object.fromEntries(longer) };
}

async function readSelected(lake: LakeSql, table: LakeTable, sql: string, limit: number) {
  const run = await lake.query(sql, { maxRows: limit });
  const names = run.columns.map(({ name }) => name);
  const json = new Set(
    table.columns.flatMap(({ name, type }) => (type.kind === 'scalar' && type.type === 'json' ? [name] : [])),
  );
  const events: Record<string, unknown>[] = [];
  for await (const batch of run.rows) {
    for (const row of batch) events.push(toEvent(names, row, json));
  }
  return events;
}

function sqlTime(time: string): string {
  return time.replace('T', ' ').replace('Z', '');
}

const HIDDEN: ReadonlySet<string> = new Set(PARTITION_COLUMNS);

function toEvent(
  names: readonly string[],
  row: readonly unknown[],
  json: ReadonlySet<string>,
): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const value = row[index];
    if (value === null || HIDDEN.has(name)) continue;
    event[name] = json.has(name) && typeof value === 'string' ? parseJson(value) : value;
  }
  return event;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
