/**
 * Timestamps as events carry them: `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, UTC, years 0000 to 9999.
 * Parsers return `undefined` for text that is not a time; none of them throws.
 */

const PAD2 = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const SECONDS_PER_DAY = 86_400;
/** 0000-01-01 and 9999-12-31T23:59:59. */
const MIN_SECONDS = -62_167_219_200;
const MAX_SECONDS = 253_402_300_799;

/** Days between 1970-01-01 and a date of the proleptic Gregorian calendar; `month` and `day` from 1. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

let lastDay = Number.NaN;
let lastDate = '';

/** `YYYY-MM-DD` of a number of days since 1970-01-01. Events come in order of time, so the last answer is kept. */
function formatDay(days: number): string {
  if (days === lastDay) return lastDate;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1_460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  lastDay = days;
  lastDate = `${String(year).padStart(4, '0')}-${PAD2[month]}-${PAD2[day]}`;
  return lastDate;
}

/** Formats whole seconds since 1970-01-01 and nanoseconds (0 to 999,999,999); `undefined` outside years 0 to 9999. */
export function formatTime(seconds: number, nanos: number): string | undefined {
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) return undefined;
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const hour = (rest / 3_600) | 0;
  const minute = ((rest - hour * 3_600) / 60) | 0;
  const second = rest % 60;
  const fraction = nanos === 0 ? '000000000' : String(nanos).padStart(9, '0');
  return `${formatDay(days)} ${PAD2[hour]}:${PAD2[minute]}:${PAD2[second]}.${fraction}`;
}

/** Formats a point in time, which must be within years 0 to 9999. */
export function formatDate(date: Date): string {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1_000);
  return formatTime(seconds, (ms - seconds * 1_000) * 1_000_000) ?? '9999-12-31 23:59:59.999999999';
}

/** The time of a timestamp that `formatTime` wrote, in milliseconds since 1970-01-01. */
export function toEpochMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 10)}T${timestamp.slice(11, 23)}Z`);
}

/** The number that the two digits at `at` make; NaN when one is not a digit. */
export function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

let lastText = '';
let lastTime: string | undefined;

/**
 * Reads RFC 3339: `2018-08-26T14:17:23Z`, any number of fractional digits (nanoseconds are kept), offsets `±hh:mm`;
 * `t`, `z` and a space instead of `T` are taken as well.
 */
export function parseRfc3339(text: string): string | undefined {
  if (text === lastText) return lastTime;
  lastTime = readRfc3339(text);
  lastText = text;
  return lastTime;
}

function readRfc3339(text: string): string | undefined {
  if (text.length < 20) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return undefined;
  const separator = text.charCodeAt(10);
  if (separator !== 84 && separator !== 116 && separator !== 32) return undefined;
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return undefined;
  const end = text.charCodeAt(19) === 46 ? skipDigits(text, 20) : 19;
  if (end === 20) return undefined;
  const zone = text.charCodeAt(end);
  if ((zone === 90 || zone === 122) && text.length === end + 1 && second < 60) {
    return `${text.slice(0, 10)} ${text.slice(11, 19)}.${end === 19 ? '000000000' : padFraction(text, end)}`;
  }
  const offset = readOffset(text, end);
  if (Number.isNaN(offset)) return undefined;
  const nanos = end === 19 ? 0 : Number(padFraction(text, end));
  const seconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
  return formatTime(seconds - offset, nanos);
}

function skipDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at += 1;
  return at;
}

function padFraction(text: string, end: number): string {
  return end > 29 ? text.slice(20, 29) : text.slice(20, end).padEnd(9, '0');
}

/** Seconds east of UTC of `Z`, `±hh:mm` at the end of the text; NaN when it is something else. */
function readOffset(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if ((sign === 90 || sign === 122) && text.length === at + 1) return 0;
  if ((sign !== 43 && sign !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return Number.NaN;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === 45 ? -60 : 60);
}
