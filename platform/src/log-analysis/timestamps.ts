/**
 * Time formats of schemas, compiled once into functions from a value to `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`.
 *
 * `rfc3339`, `unix` (seconds, microseconds kept), `unix_float` (seconds, every digit of the double kept), `unix_ms`,
 * `unix_us`, `unix_ns`, `cloudflare` (RFC 3339, or seconds or nanoseconds by size), a strftime pattern, or
 * `layout=<Go layout>`.
 *
 * This file is long because the steps of a pattern, their reading and their assembly share one state.
 */
import { daysFromCivil, daysInMonth, formatTime, parseRfc3339 } from '../core/time.ts';

/** Undefined when the value is not a time of the format; `''` when it says that there is none. `nowMs`: the clock for formats without a year. */
export type TimeParser = (value: unknown, nowMs: number) => string | undefined;

/** How the year of a format without one is found: that of the clock, or the one that puts the time closest before it. */
export type YearRule = 'current' | 'recent';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH_NAMES = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAY_NAMES = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** Throws an `Error` that says what is wrong with the format. */
export function compileTimeFormat(format: string, year: YearRule = 'current'): TimeParser {
  switch (format) {
    case '':
    case 'rfc3339':
      return (value) => (typeof value === 'string' ? (value === '' ? '' : parseRfc3339(value)) : undefined);
    case 'unix':
      return (value) => fromUnix(value, 0, 6);
    case 'unix_float':
      return (value) => (typeof value === 'number' ? fromFloat(value) : fromUnix(value, 0, 9));
    case 'unix_ms':
      return (value) => fromUnix(value, 3, 9);
    case 'unix_us':
      return (value) => fromUnix(value, 6, 9);
    case 'unix_ns':
      return (value) => fromUnix(value, 9, 9);
    case 'cloudflare':
      return fromCloudflare;
  }
  const steps = format.startsWith('layout=') ? readLayout(format.slice(7)) : readStrftime(format);
  // Records come in order of time, many in the same second.
  let [lastText, lastNowMs, lastTime]: [string, number, string | undefined] = ['', 0, ''];
  return (value, nowMs) => {
    if (typeof value !== 'string') return undefined;
    if (value === lastText && nowMs === lastNowMs) return lastTime;
    [lastText, lastNowMs, lastTime] = [value, nowMs, runSteps(steps, value, year, nowMs)];
    return lastTime;
  };
}

function fromFloat(value: number): string | undefined {
  const seconds = Math.floor(value);
  return formatTime(seconds, Math.trunc((value - seconds) * 1e9));
}

const DECIMAL = /^([+-]?)(\d{1,20})(?:\.(\d*))?$/;

/** Reads a decimal number of 10^-`scale` seconds, keeping `digits` digits after the second; JSON numbers by their shortest text. */
function fromUnix(value: unknown, scale: number, digits: number): string | undefined {
  if (value === '') return '';
  if (typeof value === 'number' && scale === 0 && Number.isInteger(value)) return formatTime(value, 0);
  if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'bigint') return undefined;
  const match = DECIMAL.exec(String(value));
  if (match === null) return exponentTime(value, scale);
  const whole = (match[2] ?? '').padStart(scale + 1, '0');
  const cut = whole.length - scale;
  const fraction = (whole.slice(cut) + (match[3] ?? '')).padEnd(digits + 1, '0');
  let nanos = Number(fraction.slice(0, digits).padEnd(9, '0'));
  if (digits < 9 && fraction.charCodeAt(digits) >= 53) nanos += 10 ** (9 - digits);
  let seconds = Number(whole.slice(0, cut));
  if (nanos >= 1e9) [seconds, nanos] = [seconds + 1, nanos - 1e9];
  if (match[1] !== '-') return formatTime(seconds, nanos);
  return nanos === 0 ? formatTime(-seconds, 0) : formatTime(-seconds - 1, 1e9 - nanos);
}

function exponentTime(value: unknown, scale: number): string | undefined {
  const number = Number(value);
  return Number.isFinite(number) && String(value).trim() !== '' ? fromFloat(number / 10 ** scale) : undefined;
}

/** Numbers from 6e10 on are nanoseconds. */
function fromCloudflare(value: unknown): string | undefined {
  if (typeof value === 'string' && value.includes('T')) return parseRfc3339(value);
  return fromUnix(value, Number(value) >= 6e10 ? 9 : 0, 9);
}

type Step =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'space' }
  | { readonly kind: 'number'; readonly part: NumberPart; readonly max: number; readonly isSigned?: boolean }
  | { readonly kind: 'fraction' | 'offset' | 'zone' | 'ampm' | 'monthName' | 'weekday' };
type NumberPart =
  | 'year'
  | 'shortYear'
  | 'month'
  | 'day'
  | 'yearDay'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'epoch';

const DIRECTIVES: Readonly<Record<string, Step>> = {
  Y: { kind: 'number', part: 'year', max: 4 },
  y: { kind: 'number', part: 'shortYear', max: 2 },
  m: { kind: 'number', part: 'month', max: 2 },
  d: { kind: 'number', part: 'day', max: 2 },
  e: { kind: 'number', part: 'day', max: 2 },
  j: { kind: 'number', part: 'yearDay', max: 3 },
  H: { kind: 'number', part: 'hour', max: 2 },
  k: { kind: 'number', part: 'hour', max: 2 },
  I: { kind: 'number', part: 'hour12', max: 2 },
  l: { kind: 'number', part: 'hour12', max: 2 },
  M: { kind: 'number', part: 'minute', max: 2 },
  S: { kind: 'number', part: 'second', max: 2 },
  s: { kind: 'number', part: 'epoch', max: 12, isSigned: true },
  f: { kind: 'fraction' },
  L: { kind: 'fraction' },
  N: { kind: 'fraction' },
  z: { kind: 'offset' },
  Z: { kind: 'zone' },
  p: { kind: 'ampm' },
  b: { kind: 'monthName' },
  h: { kind: 'monthName' },
  B: { kind: 'monthName' },
  a: { kind: 'weekday' },
  A: { kind: 'weekday' },
  n: { kind: 'space' },
  t: { kind: 'space' },
  '%': { kind: 'literal', text: '%' },
};
export const COMPOSED: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
};

function readStrftime(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char !== '%') {
      steps.push(char === ' ' ? { kind: 'space' } : { kind: 'literal', text: char });
      continue;
    }
    at += 1;
    const letter = pattern.charAt(at);
    const composed = COMPOSED[letter];
    const step = DIRECTIVES[letter];
    if (composed !== undefined) steps.push(...readStrftime(composed));
    else if (step !== undefined) pushStep(steps, step);
    else throw new Error(`time format "${pattern}" has the unknown directive %${letter}`);
  }
  return checkSteps(steps, pattern);
}

/** The point before a fraction belongs to the fraction: both are optional. */
function pushStep(steps: Step[], step: Step): void {
  const last = steps.at(-1);
  if (step.kind === 'fraction' && last?.kind === 'literal' && (last.text === '.' || last.text === ',')) steps.pop();
  steps.push(step);
}

export const GO_TOKENS: readonly (readonly [RegExp, string])[] = [
  [/^2006/, '%Y'],
  [/^January/, '%B'],
  [/^Jan/, '%b'],
  [/^Monday/, '%A'],
  [/^Mon/, '%a'],
  [/^MST/, '%Z'],
  [/^(?:Z07:00|Z0700|Z07|-07:00|-0700|-07)/, '%z'],
  [/^[.,](?:0+|9+)(?!\d)/, '%f'],
  [/^15/, '%H'],
  [/^01/, '%m'],
  [/^(?:02|_2)/, '%d'],
  [/^03/, '%I'],
  [/^04/, '%M'],
  [/^05/, '%S'],
  [/^06/, '%y'],
  [/^(?:PM|pm)/, '%p'],
  [/^1/, '%m'],
  [/^2/, '%d'],
  [/^3/, '%I'],
  [/^4/, '%M'],
  [/^5/, '%S'],
];

function readLayout(layout: string): readonly Step[] {
  const steps: Step[] = [];
  for (let rest = layout; rest !== ''; ) {
    const token = GO_TOKENS.find(([pattern]) => pattern.test(rest));
    const length = token === undefined ? 1 : (token[0].exec(rest)?.[0].length ?? 1);
    const [step] = token === undefined ? [] : readStrftimeLetter(token[1]);
    if (step?.kind === 'fraction') steps.push(step);
    else steps.push(step ?? (rest[0] === ' ' ? { kind: 'space' } : { kind: 'literal', text: rest.charAt(0) }));
    rest = rest.slice(length);
  }
  return checkSteps(steps, layout);
}

function readStrftimeLetter(directive: string): readonly Step[] {
  const step = DIRECTIVES[directive.charAt(1)];
  return step === undefined ? [] : [step];
}

function checkSteps(steps: readonly Step[], pattern: string): readonly Step[] {
  if (!steps.some((step) => step.kind !== 'literal' && step.kind !== 'space')) {
    throw new Error(`time format "${pattern}" has no part of a time in it`);
  }
  return steps;
}

/** Where the reading stands. One object is used again for every text: reading is synchronous and on the hot path. */
const found = {
  at: 0,
  year: -1,
  month: 1,
  day: 1,
  yearDay: 0,
  hour: 0,
  minute: 0,
  second: 0,
  nanos: 0,
  offset: 0,
  pm: -1,
  epoch: Number.NaN,
};

function runSteps(steps: readonly Step[], text: string, yearRule: YearRule, nowMs: number): string | undefined {
  if (text === '') return '';
  found.at = 0;
  found.year = -1;
  found.month = found.day = 1;
  found.yearDay = found.hour = found.minute = found.second = found.nanos = found.offset = 0;
  found.pm = -1;
  found.epoch = Number.NaN;
  for (const step of steps) if (!runStep(step, text)) return undefined;
  return found.at === text.length ? assemble(yearRule, nowMs) : undefined;
}

function runStep(step: Step, text: string): boolean {
  switch (step.kind) {
    case 'literal':
      if (!text.startsWith(step.text, found.at)) return false;
      found.at += step.text.length;
      return true;
    case 'space': {
      const start = found.at;
      while (text.charCodeAt(found.at) === 32 || text.charCodeAt(found.at) === 9) found.at += 1;
      return found.at > start;
    }
    case 'number':
      return readNumber(step.part, step.max, step.isSigned === true, text);
    case 'fraction':
      if (text.charCodeAt(found.at) === 46 || text.charCodeAt(found.at) === 44) found.at += 1;
      return readFraction(text);
    case 'offset':
      return readOffset(text);
    case 'zone':
      return readZone(text);
    case 'ampm':
      return readAmPm(text);
    case 'monthName':
      return readName(MONTH_NAMES, MONTHS, text, (index) => {
        found.month = index + 1;
      });
    case 'weekday':
      return readName(WEEKDAY_NAMES, WEEKDAYS, text, () => {});
  }
}

function readNumber(part: NumberPart, max: number, isSigned: boolean, text: string): boolean {
  if ((part === 'day' || part === 'hour') && text.charCodeAt(found.at) === 32) found.at += 1;
  let sign = 1;
  if (isSigned && text.charCodeAt(found.at) === 45) [sign, found.at] = [-1, found.at + 1];
  const start = found.at;
  let value = 0;
  while (found.at - start < max) {
    const digit = text.charCodeAt(found.at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    found.at += 1;
  }
  if (found.at === start) return false;
  return setNumber(part, value * sign, text);
}

function setNumber(part: NumberPart, value: number, text: string): boolean {
  switch (part) {
    case 'shortYear':
      found.year = value + (value < 69 ? 2000 : 1900);
      return true;
    case 'hour12':
      found.hour = value % 12;
      if (found.pm < 0) found.pm = 0;
      return value >= 1 && value <= 12;
    case 'second':
      found.second = value;
      // As in Go's layouts, a fraction may follow the seconds although the format does not name it.
      if (text.charCodeAt(found.at) === 46 && isDigit(text.charCodeAt(found.at + 1))) {
        found.at += 1;
        return readFraction(text) && value <= 60;
      }
      return value <= 60;
    default:
      found[part] = value;
      return true;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Fractional digits; none are left when the seconds took them already. */
function readFraction(text: string): boolean {
  const start = found.at;
  while (isDigit(text.charCodeAt(found.at))) found.at += 1;
  if (found.at > start)
    found.nanos = Number(
      text
        .slice(start, start + 9)
        .slice(0, found.at - start)
        .padEnd(9, '0'),
    );
  return true;
}

const OFFSET = /(?:[Zz]|([+-])(\d{2}):?(\d{2})?)/y;

function readOffset(text: string): boolean {
  OFFSET.lastIndex = found.at;
  const match = OFFSET.exec(text);
  if (match === null) return false;
  found.at = OFFSET.lastIndex;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  found.offset = (match[1] === '-' ? -60 : 60) * minutes;
  return true;
}

/** Zones whose offset their abbreviation decides; any other abbreviation is read as UTC. */
const ZONES: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
const ZONE = /[A-Za-z]{1,5}(?![A-Za-z])/y;

function readZone(text: string): boolean {
  ZONE.lastIndex = found.at;
  const match = ZONE.exec(text);
  if (match === null) return readOffset(text);
  found.at = ZONE.lastIndex;
  found.offset = (ZONES[match[0]] ?? 0) * 3_600;
  return true;
}

function readAmPm(text: string): boolean {
  const word = text.slice(found.at, found.at + 2).toLowerCase();
  if (word !== 'am' && word !== 'pm') return false;
  found.pm = word === 'pm' ? 12 : 0;
  found.at += 2;
  return true;
}

function readName(
  names: readonly string[],
  abbreviations: readonly string[],
  text: string,
  take: (index: number) => void,
): boolean {
  const index = abbreviations.indexOf(text.slice(found.at, found.at + 3).toLowerCase());
  const name = names[index];
  if (name === undefined) return false;
  take(index);
  found.at += text.slice(found.at, found.at + name.length).toLowerCase() === name ? name.length : 3;
  return true;
}

function assemble(yearRule: YearRule, nowMs: number): string | undefined {
  const { hour, minute, second, nanos, offset } = found;
  if (!Number.isNaN(found.epoch)) return formatTime(found.epoch, nanos);
  if (hour > 23 || minute > 59) return undefined;
  const year = found.year >= 0 ? found.year : guessYear(yearRule, nowMs);
  if (found.yearDay > 0) {
    if (found.yearDay > 366) return undefined;
    [found.month, found.day] = [1, 1];
  } else if (found.month < 1 || found.month > 12 || found.day < 1 || found.day > daysInMonth(year, found.month)) {
    return undefined;
  }
  const days = daysFromCivil(year, found.month, found.day) + Math.max(found.yearDay - 1, 0);
  return formatTime(days * 86_400 + (hour + Math.max(found.pm, 0)) * 3_600 + minute * 60 + second - offset, nanos);
}

/** `recent`: in January a later month is one of the year before. */
function guessYear(rule: YearRule, nowMs: number): number {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  return rule === 'recent' && now.getUTCMonth() === 0 && found.month > 1 ? year - 1 : year;
}
