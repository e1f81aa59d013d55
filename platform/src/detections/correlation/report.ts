/** What a correlation rule found, as rule matches, and which of it was reported before. */
import type { Kysely, Transaction } from 'kysely';
import type { RuleMatch } from '../../core/detection.ts';
import { sha256Hex } from '../../core/ids.ts';
import { formatDate } from '../../core/time.ts';
import type { Tables } from '../../ports/state/tables.ts';
import type { Detection } from '../detection.ts';
import type { Correlation } from '../format/correlation-rule.ts';
import { type Finding, isAbsence } from './evaluate.ts';
import { type MatchRow, minutesOf } from './member-query.ts';

/** The log type of what correlation rules found, in the rule match tables. */
export const CORRELATION_LOG_TYPE = 'Panther.Correlation';

/** Newest matches of a member that are shown. */
const SHOWN_MATCHES = 20;
const MS_PER_MINUTE = 60_000;

/** By which it is known whether something was reported before. */
export interface ReportName {
  /** Names the values in common. */
  readonly key: string;
  /** Of the newest match, RFC 3339. */
  readonly lastEventAt: string;
}

export interface Report extends ReportName {
  readonly finding: Finding;
}

export function toReport({ members }: Correlation, finding: Finding): Report {
  const present = members.filter((member) => !isAbsence(member));
  const last = Math.max(...present.map(({ id }) => finding.times.get(id)?.at(-1) ?? Number.NEGATIVE_INFINITY));
  return {
    key: sha256Hex(JSON.stringify(finding.values)).slice(0, 32),
    lastEventAt: new Date(Math.round(last * MS_PER_MINUTE)).toISOString(),
    finding,
  };
}

/** Windows overlap, so that what comes late is found: a report is new when a match of it is newer than all before. */
export async function newReports<T extends ReportName>(
  db: Kysely<Tables>,
  detectionId: string,
  reports: readonly T[],
): Promise<readonly T[]> {
  const rows = await db
    .selectFrom('correlation_reports')
    .select(['key', 'last_event_at'])
    .where('detection_id', '=', detectionId)
    .execute();
  return newerThan(new Map(rows.map(({ key, last_event_at }) => [key, last_event_at])), reports);
}

/** Of each key the newest one, where it is newer than what is known. */
export function newerThan<T extends ReportName>(
  known: ReadonlyMap<string, string>,
  reports: readonly T[],
): readonly T[] {
  const latest = new Map<string, T>();
  for (const report of reports) {
    const other = latest.get(report.key);
    if (other === undefined || other.lastEventAt < report.lastEventAt) latest.set(report.key, report);
  }
  return [...latest.values()].filter(({ key, lastEventAt }) => lastEventAt > (known.get(key) ?? ''));
}

/** Inside the transaction of the matches. What is older than `before` can be in no window any more. */
export async function keepReports(
  tx: Transaction<Tables>,
  detectionId: string,
  reports: readonly ReportName[],
  before: Date,
): Promise<void> {
  for (const { key, lastEventAt } of reports) {
    await tx
      .insertInto('correlation_reports')
      .values({ detection_id: detectionId, key, last_event_at: lastEventAt })
      .onConflict((conflict) => conflict.columns(['detection_id', 'key']).doUpdateSet({ last_event_at: lastEventAt }))
      .execute();
  }
  await tx
    .deleteFrom('correlation_reports')
    .where('detection_id', '=', detectionId)
    .where('last_event_at', '<', before.toISOString())
    .execute();
}

export interface Run {
  readonly runId: string;
  readonly scheduledAt: Date;
  readonly now: Date;
  readonly rows: ReadonlyMap<string, readonly MatchRow[]>;
}

export function toMatch(detection: Detection, correlation: Correlation, report: Report, run: Run): RuleMatch {
  const { values } = report.finding;
  const memberMatches = shown(correlation, report.finding, run.rows);
  const found = { ...report, values, memberMatches };
  const context = { commonValues: values, memberMatches };
  return correlationMatch(detection, found, run, { dedup: values.join(', '), context });
}

/** What was found, and by which run: an event of its own, for correlations of every kind. */
export function correlationMatch(
  { info, version }: Detection,
  found: ReportName & { readonly values: readonly string[]; readonly memberMatches: object },
  run: Pick<Run, 'runId' | 'scheduledAt' | 'now'>,
  { dedup, context }: { readonly dedup: string; readonly context: object },
): RuleMatch {
  const { key, lastEventAt, values, memberMatches } = found;
  const name = info.displayName || info.id;
  return {
    kind: 'match',
    ruleId: info.id,
    ruleVersion: version,
    event: {
      correlationRule: info.id,
      scheduledTime: formatDate(run.scheduledAt),
      commonValues: values,
      memberMatches,
      p_log_type: CORRELATION_LOG_TYPE,
      p_row_id: sha256Hex([run.runId, key].join('\0')).slice(0, 40),
      p_event_time: formatDate(new Date(lastEventAt)),
      p_parse_time: formatDate(run.now),
    },
    dedup: dedup.slice(0, 1_000) || `defaultDedupString:${info.id}`,
    title: (values.length === 0 ? name : `${name}: ${values.join(', ')}`).slice(0, 1_000),
    severity: info.severity,
    context: JSON.stringify(context),
  };
}

function shown({ members }: Correlation, { times }: Finding, rows: Run['rows']) {
  return Object.fromEntries(
    members.map(({ id, ruleId }) => {
      const own = new Set(times.get(id));
      const matches = (rows.get(id) ?? []).filter((row) => own.has(minutesOf(row)));
      const newest = matches.slice(0, SHOWN_MATCHES).map((row) => ({
        time: row.p_event_time,
        rowId: row.p_row_id,
        ...(typeof row.p_alert_id === 'string' ? { alertId: row.p_alert_id } : {}),
      }));
      return [id, { ruleId, count: times.get(id)?.length ?? 0, matches: newest }];
    }),
  );
}
