/** Why the matches of an event did or did not become an alert, from what the lake and the state know of them. */
import { tableName } from '../../core/ids.ts';
import type { AlertDedupTable, AlertsTable, DetectionsTable } from '../../ports/state/tables.ts';
import type { MatchOutcome, matchOutcomeRoutes } from '../contract/match-outcomes.ts';
import type { DetectionInfo } from '../deps.ts';
import { notFound } from '../http/errors.ts';
import type { Context, Handlers } from '../http/handler.ts';
import { readExceptionList } from './exception-list.ts';

type Ask = Context<(typeof matchOutcomeRoutes)['explainMatches']>;

/** More detections do not match one event. */
const MAX_MATCHES = 1_000;

export const matchOutcomeHandlers: Handlers<typeof matchOutcomeRoutes> = {
  async explainMatches(ask) {
    const { deps, query } = ask;
    if (deps.logTypes.get(query.logType) === undefined) throw notFound('log type', query.logType);
    const matches = await readMatches(ask);
    const items = await Promise.all(matches.map((match) => explain(ask, match)));
    return { items: [...items, ...(await hiddenOnes(ask))] };
  },
};

interface Match {
  readonly ruleId: string;
  readonly dedup: string;
  /** Null for a signal. */
  readonly alertId: string | null;
}

/** `rowId` is hex digits and the log type a known one, so nothing in the statement is the caller's. */
async function readMatches({ deps, query, request }: Ask): Promise<readonly Match[]> {
  const second = Math.floor(Date.parse(query.eventTime) / 1_000) * 1_000;
  const time = (ms: number) => `TIMESTAMP '${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}'`;
  const sql = `SELECT p_rule_id, p_dedup, p_alert_id FROM panther_rule_matches.${tableName(query.logType)}
    WHERE p_event_time >= ${time(second)} AND p_event_time < ${time(second + 1_000)}
      AND p_row_id = '${query.rowId}' ORDER BY p_rule_id`;
  const { rows } = await deps.lake.query(sql, { maxRows: MAX_MATCHES, signal: request.signal });
  return rows.map(([ruleId, dedup, alertId]) => ({
    ruleId: String(ruleId),
    dedup: String(dedup),
    alertId: typeof alertId === 'string' ? alertId : null,
  }));
}

async function explain({ deps }: Ask, { ruleId, dedup, alertId }: Match): Promise<MatchOutcome> {
  const { db } = deps.state;
  const row = await db.selectFrom('detections').selectAll().where('id', '=', ruleId).executeTakeFirst();
  const info = row && deps.detections.describe(row);
  const made = { detectionId: ruleId, exceptionId: null, dedup };
  const since = sinceThen(row);
  if (alertId === null) {
    const text = 'No alert: the detection was a signal (CreateAlert: false), its matches are only stored.';
    return { ...made, kind: 'signal', alertId: null, explanation: text + since };
  }
  const alert = await db.selectFrom('alerts').selectAll().where('id', '=', alertId).executeTakeFirst();
  if (alert !== undefined) return { ...made, kind: 'alert', alertId, explanation: alertText(alert, info) + since };
  const open = await db.selectFrom('alert_dedup').selectAll().where('alert_id', '=', alertId).executeTakeFirst();
  return {
    ...made,
    kind: 'below-threshold',
    alertId: null,
    explanation: belowText(open, info, deps.clock.now()) + since,
  };
}

function alertText(
  { id, event_count: count, created_at: createdAt }: AlertsTable,
  info: DetectionInfo | undefined,
): string {
  const minutes = info === undefined ? '' : `, dedup period of ${info.dedupPeriodMinutes} minutes`;
  return count === 1
    ? `It opened alert ${id}${minutes}.`
    : `It is one of the ${count} events of alert ${id}: matches with the same dedup string were merged into it (alert of ${createdAt}${minutes}).`;
}

function belowText(open: AlertDedupTable | undefined, info: DetectionInfo | undefined, now: Date): string {
  const threshold = info?.threshold ?? 1;
  if (open === undefined || info === undefined) {
    return `No alert: the threshold of ${threshold} was not reached within the dedup period.`;
  }
  const uniques = open.uniques === null ? undefined : (JSON.parse(open.uniques) as readonly string[]).length;
  const count = uniques ?? open.event_count;
  const what = uniques === undefined ? 'events' : 'distinct values';
  const until = new Date(Date.parse(open.opened_at) + info.dedupPeriodMinutes * 60_000);
  const end =
    until > now ? `counting until ${until.toISOString()}` : `the dedup period ended at ${until.toISOString()}`;
  return `No alert: below the threshold, ${count} of ${threshold} ${what}; ${end}.`;
}

function sinceThen(row: DetectionsTable | undefined): string {
  if (row === undefined) return ' The detection has been removed since.';
  return row.enabled === 0 ? ' The detection has been disabled since.' : '';
}

/** Of what each exception hid last. */
async function hiddenOnes({ deps, query }: Ask): Promise<MatchOutcome[]> {
  const exceptions = await readExceptionList(deps);
  return exceptions.flatMap(({ id, detectionId, reason, owner, recent }) => {
    const hit = recent.find(({ rowId }) => rowId === query.rowId);
    if (hit === undefined) return [];
    const explanation = `No alert: hidden at ${hit.at} by exception ${id} of ${owner}: ${reason}`;
    return [{ detectionId, kind: 'exception', alertId: null, exceptionId: id, dedup: null, explanation }];
  });
}
