/** Groups and sequences over matches of the past. */
import type { RuleMatch } from '../../core/detection.ts';
import { isAbsence } from '../../detections/correlation/evaluate.ts';
import { fieldsOf, type MatchRow, minutesOf } from '../../detections/correlation/member-query.ts';
import { type Report, toMatch } from '../../detections/correlation/report.ts';
import type { Detection } from '../../detections/detection.ts';
import { type Correlation, correlationOf } from '../../detections/format/correlation-rule.ts';
import { scheduleOf } from '../../detections/schedule/slots.ts';
import { findReports } from '../schedule/scheduled-correlation.ts';
import { scheduleSpec } from '../schedule/scheduler.ts';
import type { PastEvaluator } from './past-evaluator.ts';

const MS_PER_MINUTE = 60_000;
/** Between two runs of a cron expression, as far as it is looked back for the first one. */
const A_DAY = 1_440;

interface MemberRows {
  readonly id: string;
  readonly ruleId: string;
  /** What the rule compares, of each match. */
  readonly columns: ReadonlySet<string>;
  /** Newest first, as the lake gives them; `minutes` is of the same places. */
  rows: MatchRow[];
  minutes: number[];
}

/** Places within a member's rows: from the first one that counts up to before the last. */
type Slice = readonly [number, number];

export function groupEvaluator(rule: Detection, now: Date): PastEvaluator<Report> {
  const correlation = correlationOf(rule.spec);
  const members = correlation.members.map((member): MemberRows => {
    const fields = fieldsOf(correlation, member).map((field) => field.split('.', 1)[0] as string);
    const columns = new Set(['p_event_time', 'p_row_id', 'row', ...fields]);
    return { id: member.id, ruleId: member.ruleId, columns, rows: [], minutes: [] };
  });
  const canRest = !correlation.members.some(isAbsence);
  let looked = '';
  let rowsNow: ReadonlyMap<string, readonly MatchRow[]> = new Map();
  return {
    members: members.map(({ ruleId }) => ruleId),
    lookBackMs: (correlation.lookbackMinutes + (scheduleOf(scheduleSpec(rule)).rateMinutes ?? A_DAY)) * MS_PER_MINUTE,
    add(match) {
      for (const { ruleId, columns, rows } of members) if (ruleId === match.ruleId) rows.push(toRow(match, columns));
    },
    begin() {
      for (const member of members) {
        const timed = member.rows.map((row) => ({ row, at: minutesOf(row) })).sort((a, b) => b.at - a.at);
        member.rows = timed.map(({ row }) => row);
        member.minutes = timed.map(({ at }) => at);
      }
    },
    find(scheduledAt, previousAt) {
      const slices = members.map((member) => sliceOf(member, correlation, scheduledAt, previousAt));
      const place = slices.join(' ');
      // The same matches in the same windows: only what is absent can be known by now and was not before.
      if (canRest && place === looked) return [];
      looked = place;
      if (slices.every(([start, end]) => start === end)) return [];
      rowsNow = new Map(members.map(({ id, rows }, index) => [id, rows.slice(...(slices[index] as Slice))]));
      return findReports(correlation, rowsNow, { scheduledAt, previousAt });
    },
    toMatch(report, scheduledAt) {
      const runId = `replay ${rule.id} ${scheduledAt.toISOString()}`;
      return toMatch(rule, correlation, report, { runId, scheduledAt, now, rows: rowsNow });
    },
  };
}

/** As it would stand in the table of rule matches. */
function toRow({ event, context }: RuleMatch, columns: ReadonlySet<string>): MatchRow {
  const all: MatchRow = { ...event, p_alert_context: context };
  return Object.fromEntries([...columns].filter((name) => name in all).map((name) => [name, all[name]]));
}

/** What both windows of the run see. */
function sliceOf({ minutes }: MemberRows, { lookbackMinutes }: Correlation, at: Date, previousAt: Date): Slice {
  const newest = at.getTime() / MS_PER_MINUTE;
  const oldest = Math.min(newest, previousAt.getTime() / MS_PER_MINUTE) - lookbackMinutes;
  return [firstOlder(minutes, (one) => one <= newest), firstOlder(minutes, (one) => one < oldest)];
}

/** The first place of a descending list for which it holds; it holds for all that follow. */
function firstOlder(minutes: readonly number[], isOlder: (one: number) => boolean): number {
  let [low, high] = [0, minutes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isOlder(minutes[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
