/**
 * Makes and updates alerts as part of the commit that stores the events behind them, so that an alert counts each
 * event once.
 *
 * Match rows carry their alert's id and are written before the commit: `resolveAlerts` decides first, and
 * `commitAlerts` checks inside the transaction that the decision still names the same alerts.
 */
import type { Kysely, Transaction } from 'kysely';
import type { AlertNotification } from '../core/alert.ts';
import type { RuleInfo, RuleResult } from '../core/detection.ts';
import type { QueueName } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { AlertDedupTable, AlertsTable, Tables } from '../ports/state/tables.ts';
import {
  type AlertFields,
  type AlertGroups,
  decideGroup,
  type GroupDecision,
  groupKey,
  groupResults,
} from './grouping.ts';

export const ALERTS_QUEUE: QueueName = 'panther-alerts-queue';

/** The rules that results name; as a function so that a running engine can be asked. */
export type RuleLookup = ReadonlyMap<string, RuleInfo> | ((ruleId: string) => RuleInfo | undefined);

export interface AlertResolution {
  readonly decisions: ReadonlyMap<string, GroupDecision>;
  readonly rules: RuleLookup;
  /** Every decision about windows is taken for this moment. */
  readonly now: Date;
  /** The decision about the group that a result is in. */
  decisionFor(result: RuleResult): GroupDecision;
}

/** An alert was opened or closed between resolution and commit: resolve again and rewrite the match rows. */
export class AlertConflict extends Error {
  override readonly name = 'AlertConflict';
}

/** Bound parameters of one statement stay well below the databases' limits. */
const ROWS_PER_STATEMENT = 200;

/** Groups results and decides which alerts they belong to. */
export function resolveAlerts(
  state: State,
  results: Iterable<RuleResult>,
  rules: RuleLookup,
  now: Date,
): Promise<AlertResolution> {
  return resolveGroups(state, groupResults(results), rules, now);
}

/** As `resolveAlerts`, for groups that were filled result by result. Groups that grow afterwards keep their decision. */
export async function resolveGroups(
  state: State,
  groups: AlertGroups,
  rules: RuleLookup,
  now: Date,
): Promise<AlertResolution> {
  const decisions = await decide(state.db, groups, rules, now);
  return { decisions, rules, now, decisionFor: (result) => known(decisions.get(groupKey(result)), result.ruleId) };
}

/**
 * Writes what was resolved, with the groups' final counts: dedup rows, alerts, and a notification for each new alert.
 * Call it inside the transaction that makes the events durable. Returns what happened to each group.
 *
 * @throws AlertConflict when the match rows that were written name the wrong alert.
 */
export async function commitAlerts(
  tx: Transaction<Tables>,
  resolution: AlertResolution,
): Promise<readonly GroupDecision[]> {
  const groups = new Map([...resolution.decisions].map(([key, { group }]) => [key, group]));
  const current = await decide(tx, groups, resolution.rules, resolution.now);
  for (const [key, decision] of current) verify(decision, resolution.decisions.get(key));
  const decisions = [...current.values()];
  await writeDedupRows(tx, decisions);
  await makeAlerts(tx, decisions, resolution.now);
  await updateAlerts(tx, decisions);
  return decisions;
}

async function decide(
  db: Kysely<Tables>,
  groups: AlertGroups,
  rules: RuleLookup,
  now: Date,
): Promise<Map<string, GroupDecision>> {
  const rows = await readDedupRows(db, [...groups.keys()]);
  const lookup = typeof rules === 'function' ? rules : (id: string) => rules.get(id);
  const decisions = new Map<string, GroupDecision>();
  for (const group of groups.values()) {
    const rule = known(lookup(group.ruleId), group.ruleId);
    decisions.set(group.key, decideGroup(group, rows.get(group.key), rule, now));
  }
  return decisions;
}

function known<T>(value: T | undefined, ruleId: string): T {
  if (value === undefined) throw new Error(`rule ${ruleId} gave a result but is not among the rules of this commit`);
  return value;
}

function verify(current: GroupDecision, resolved: GroupDecision | undefined): void {
  if (current.alertId === resolved?.alertId && current.openedAt === resolved?.openedAt) return;
  throw new AlertConflict(`rule ${current.group.ruleId}: the alert for "${current.group.dedup}" changed meanwhile`);
}

async function readDedupRows(db: Kysely<Tables>, keys: readonly string[]): Promise<Map<string, AlertDedupTable>> {
  const rows = new Map<string, AlertDedupTable>();
  for (const chunk of chunks(keys)) {
    const found = await db.selectFrom('alert_dedup').selectAll().where('key', 'in', chunk).execute();
    for (const row of found) rows.set(row.key, row);
  }
  return rows;
}

async function writeDedupRows(tx: Transaction<Tables>, decisions: readonly GroupDecision[]): Promise<void> {
  const rows = decisions.flatMap(({ row }) => (row === undefined ? [] : [withoutNul(row)]));
  for (const chunk of chunks(rows)) {
    await tx
      .insertInto('alert_dedup')
      .values(chunk)
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          alert_id: eb.ref('excluded.alert_id'),
          alert_count: eb.ref('excluded.alert_count'),
          event_count: eb.ref('excluded.event_count'),
          opened_at: eb.ref('excluded.opened_at'),
          updated_at: eb.ref('excluded.updated_at'),
          first_event_at: eb.ref('excluded.first_event_at'),
          last_event_at: eb.ref('excluded.last_event_at'),
          log_types: eb.ref('excluded.log_types'),
          first_result: eb.ref('excluded.first_result'),
          uniques: eb.ref('excluded.uniques'),
        })),
      )
      .execute();
  }
}

async function makeAlerts(tx: Transaction<Tables>, decisions: readonly GroupDecision[], now: Date): Promise<void> {
  const alerts = decisions.flatMap(({ row, fields }) =>
    row === undefined || fields === undefined ? [] : [alertRow(row, fields, now)],
  );
  for (const chunk of chunks(alerts)) {
    await tx.insertInto('alerts').values(chunk).execute();
    await tx
      .insertInto('outbox')
      .values(chunk.map(({ id }) => notification({ alertId: id }, now)))
      .execute();
  }
}

function alertRow(row: AlertDedupTable, fields: AlertFields, now: Date): AlertsTable {
  const at = now.toISOString();
  return withoutNul({
    id: row.alert_id,
    type: row.type,
    rule_id: row.rule_id,
    rule_version: fields.ruleVersion,
    rule_name: fields.ruleName,
    title: fields.title,
    severity: fields.severity,
    status: 'OPEN',
    dedup: row.dedup,
    created_at: at,
    updated_at: at,
    first_event_at: row.first_event_at,
    last_event_at: row.last_event_at,
    event_count: row.event_count,
    log_types: row.log_types,
    description: fields.description,
    reference: fields.reference,
    runbook: fields.runbook,
    tags: JSON.stringify(fields.tags),
    context: fields.context,
    destinations: JSON.stringify(fields.destinations),
    output_ids: JSON.stringify(fields.outputIds),
    assignee: null,
    status_by: null,
    status_at: null,
  });
}

/** Text of rules can hold what is in logs; PostgreSQL takes every character but NUL. */
function withoutNul<Row extends object>(row: Row): Row {
  const clean = ([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value,
  ];
  return Object.fromEntries(Object.entries(row).map((entry) => clean(entry))) as Row;
}

/** A row of the outbox that puts an alert on its queue. */
export function notification(body: AlertNotification, now: Date): Omit<Tables['outbox'], 'id'> {
  return { queue: ALERTS_QUEUE, body: JSON.stringify(body), attributes: '{}', created_at: now.toISOString() };
}

async function updateAlerts(tx: Transaction<Tables>, decisions: readonly GroupDecision[]): Promise<void> {
  for (const { row, outcome } of decisions) {
    if (row === undefined || outcome.kind !== 'merged') continue;
    const { event_count, updated_at, first_event_at, last_event_at, log_types } = row;
    await tx
      .updateTable('alerts')
      .set({ event_count, updated_at, first_event_at, last_event_at, log_types })
      .where('id', '=', row.alert_id)
      .execute();
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    result.push(items.slice(start, start + ROWS_PER_STATEMENT));
  }
  return result;
}
