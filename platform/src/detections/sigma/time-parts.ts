/** Parts of times as logs write them. The time is taken as it is written: zones are not converted. */
import type { TimePart } from './rule.ts';

const WRITTEN = /^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?)?/;
/** Seconds before the year 5138, and beyond it milliseconds. */
const MAX_SECONDS = 1e11;

/** Undefined for what is no time, or has no such part. Numbers are seconds or milliseconds since 1970, in UTC. */
export function timePartOf(value: unknown, part: TimePart): number | undefined {
  const [year, month, day, hour, minute] = numbersOf(value) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  switch (part) {
    case 'year':
      return year;
    case 'month':
      return month;
    case 'day':
      return day;
    case 'hour':
      return hour;
    case 'minute':
      return minute;
    default:
      return isoWeek(year, month, day);
  }
}

function numbersOf(value: unknown): readonly (number | undefined)[] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = Number(value);
    const date = new Date(Math.abs(number) < MAX_SECONDS ? number * 1_000 : number);
    if (Number.isNaN(date.getTime())) return undefined;
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
  }
  const match = typeof value === 'string' ? WRITTEN.exec(value) : null;
  return match?.slice(1).map((text) => (text === undefined ? undefined : Number(text)));
}

const DAY_MS = 86_400_000;

/** Weeks begin on Monday; the first has the year's first Thursday. */
function isoWeek(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - start) / DAY_MS / 7) + 1;
}
