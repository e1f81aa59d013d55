import type { Schedule, ScheduledRun } from '@panther/platform/contract';
import { formatDuration } from '../../components/format.ts';

const MINUTE_MS = 60_000;

/** `every 15 min`, or the cron expression. */
export function rhythmOf({ rateMinutes, cron }: Pick<Schedule, 'rateMinutes' | 'cron'>): string {
  if (cron !== null && cron !== '') return cron;
  return rateMinutes === null ? 'no schedule' : `every ${formatDuration(rateMinutes * MINUTE_MS)}`;
}

/** How long a run took; undefined while it goes on. */
export function runLength({ startedAt, endedAt }: ScheduledRun): string | undefined {
  if (startedAt === null || endedAt === null) return undefined;
  return formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
}
