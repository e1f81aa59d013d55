/** One run of a correlation rule, over the matches of its members in the lake. */
import { findCorrelations } from '../../detections/correlation/evaluate.ts';
import {
  fieldsOf,
  type MatchRow,
  type MatchTable,
  memberSql,
  toMemberMatches,
} from '../../detections/correlation/member-query.ts';
import {
  CORRELATION_LOG_TYPE,
  keepReports,
  newReports,
  type Report,
  toMatch,
  toReport,
} from '../../detections/correlation/report.ts';
import type { Detection } from '../../detections/detection.ts';
import { type Correlation, type CorrelationMember, correlationOf } from '../../detections/format/correlation-rule.ts';
import { ROW_LOG_TYPE } from '../../detections/schedule/row-rules.ts';
import type { RunOutcome } from '../../detections/schedule/run-store.ts';
import { commitMatches } from './scheduled-results.ts';
import type { RunTask, SchedulerRuntime } from './scheduler.ts';

const MS_PER_MINUTE = 60_000;
/** Of one member; the newest ones count. */
const MAX_MATCHES = 100_000;

interface Members {
  readonly rows: ReadonlyMap<string, readonly MatchRow[]>;
  readonly truncated: boolean;
}

export async function runCorrelation(runtime: SchedulerRuntime, task: RunTask): Promise<RunOutcome> {
  const { detection } = task;
  const correlation = correlationOf(detection.spec);
  const members = await readMembers(runtime, task, correlation);
  const found = findReports(correlation, members.rows, task);
  const reports = await newReports(runtime.adapters.state.db, detection.id, found);
  const run = { runId: task.run.id, scheduledAt: task.scheduledAt, now: runtime.clock.now(), rows: members.rows };
  const matches = reports.map((report) => toMatch(detection, correlation, report, run));
  const rowCount = [...members.rows.values()].reduce((sum, rows) => sum + rows.length, 0);
  const outcome: RunOutcome = {
    state: 'succeeded',
    rows: rowCount,
    matches: reports.length,
    truncated: members.truncated,
    error: members.truncated ? `only the newest ${MAX_MATCHES} matches of a member were looked at` : '',
  };
  const before = new Date(windowOf(correlation, task).from - correlation.lookbackMinutes * MS_PER_MINUTE);
  return commitMatches(runtime, task, matches, outcome, (tx) => keepReports(tx, detection.id, reports, before));
}

/** In the window that ends now, and in the one of the run before once more: matches can come later than their time. */
export function findReports(
  correlation: Correlation,
  rows: ReadonlyMap<string, readonly MatchRow[]>,
  { scheduledAt, previousAt }: Pick<RunTask, 'scheduledAt' | 'previousAt'>,
): readonly Report[] {
  const matches = new Map(
    correlation.members.map((member) => [
      member.id,
      toMemberMatches(rows.get(member.id) ?? [], fieldsOf(correlation, member)),
    ]),
  );
  const now = scheduledAt.getTime() / MS_PER_MINUTE;
  const previous = previousAt.getTime() / MS_PER_MINUTE;
  return [...new Set([now, previous])]
    .flatMap((end) => findCorrelations(correlation, matches, { end, now }))
    .map((finding) => toReport(correlation, finding));
}

function windowOf({ lookbackMinutes }: Correlation, { scheduledAt, previousAt }: RunTask) {
  const to = scheduledAt.getTime();
  return { from: Math.min(to, previousAt.getTime()) - lookbackMinutes * MS_PER_MINUTE, to };
}

async function readMembers({ lake }: SchedulerRuntime, task: RunTask, correlation: Correlation): Promise<Members> {
  const window = windowOf(correlation, task);
  const rows = new Map<string, readonly MatchRow[]>();
  let truncated = false;
  for (const member of correlation.members) {
    const own: MatchRow[] = [];
    for (const table of tablesOf(lake.tables(), member, task.detections)) {
      const sql = memberSql(member, fieldsOf(correlation, member), table, window);
      const timeoutMs = task.schedule.timeoutMinutes * MS_PER_MINUTE;
      const result = await lake.query(sql, { maxRows: MAX_MATCHES, timeoutMs, signal: task.signal });
      const names = result.columns.map(({ name }) => name);
      for await (const batch of result.rows) {
        for (const row of batch) own.push(Object.fromEntries(names.map((name, index) => [name, row[index]])));
      }
      truncated ||= result.stats().truncated;
    }
    rows.set(member.id, own);
  }
  return { rows, truncated };
}

/** Where a rule's matches are. A rule that is not installed has none. */
function tablesOf(
  tables: ReturnType<SchedulerRuntime['lake']['tables']>,
  { ruleId }: CorrelationMember,
  detections: readonly Detection[],
): readonly MatchTable[] {
  const rule = detections.find(({ id }) => id === ruleId);
  const logTypes = new Set(rule === undefined ? [] : logTypesOf(rule));
  return tables
    .filter(({ database, logType }) => database === 'panther_rule_matches' && logTypes.has(logType))
    .map(({ logType, columns }) => ({ logType, columns: columns.map(({ name }) => name) }));
}

function logTypesOf({ type, info }: Detection): readonly string[] {
  if (type === 'scheduled_rule') return [ROW_LOG_TYPE];
  return type === 'correlation_rule' ? [CORRELATION_LOG_TYPE] : info.logTypes;
}
