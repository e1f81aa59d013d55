/** Times in the formats of schemas, as they stand in a log: the way back of `log-analysis/timestamps.ts`. */
import { COMPOSED, GO_TOKENS } from '../../log-analysis/timestamps.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A number where the format is one. */
export function timeText(format: string, time: Date): string | number | bigint {
  const ms = time.getTime();
  switch (format) {
    case '':
    case 'rfc3339':
    case 'cloudflare':
      return time.toISOString();
    case 'unix':
      return Math.floor(ms / 1_000);
    case 'unix_float':
      return ms / 1_000;
    case 'unix_ms':
      return ms;
    case 'unix_us':
      return ms * 1_000;
    case 'unix_ns':
      return BigInt(ms) * 1_000_000n;
  }
  return format.startsWith('layout=') ? layoutText(format.slice(7), time) : strftime(format, time);
}

export function strftime(pattern: string, time: Date): string {
  return pattern.replace(/%(.)/gs, (all, letter: string) => {
    const composed = COMPOSED[letter];
    return composed === undefined ? (DIRECTIVES[letter]?.(time) ?? all) : strftime(composed, time);
  });
}

function layoutText(layout: string, time: Date): string {
  let text = '';
  for (let rest = layout; rest !== ''; ) {
    const token = GO_TOKENS.find(([pattern]) => pattern.test(rest));
    const matched = token?.[0].exec(rest)?.[0] ?? rest.charAt(0);
    if (token === undefined) text += matched;
    else text += (/^[.,]/.test(matched) ? matched.charAt(0) : '') + strftime(token[1], time);
    rest = rest.slice(matched.length);
  }
  return text;
}

const pad = (value: number, length = 2) => String(value).padStart(length, '0');
const iso = (from: number, to: number) => (time: Date) => time.toISOString().slice(from, to);
const hour12 = (time: Date) => time.getUTCHours() % 12 || 12;
const monthName = (time: Date) => MONTHS[time.getUTCMonth()] ?? '';
const dayName = (time: Date) => DAYS[time.getUTCDay()] ?? '';

const DIRECTIVES: Readonly<Record<string, (time: Date) => string>> = {
  Y: iso(0, 4),
  y: iso(2, 4),
  m: iso(5, 7),
  d: iso(8, 10),
  e: (time) => String(time.getUTCDate()).padStart(2, ' '),
  j: (time) => pad(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1, 3),
  H: iso(11, 13),
  k: (time) => String(time.getUTCHours()).padStart(2, ' '),
  I: (time) => pad(hour12(time)),
  l: (time) => String(hour12(time)),
  M: iso(14, 16),
  S: iso(17, 19),
  s: (time) => String(Math.floor(time.getTime() / 1_000)),
  f: iso(20, 23),
  L: iso(20, 23),
  N: iso(20, 23),
  z: () => '+0000',
  Z: () => 'UTC',
  p: (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
  b: (time) => monthName(time).slice(0, 3),
  h: (time) => monthName(time).slice(0, 3),
  B: monthName,
  a: (time) => dayName(time).slice(0, 3),
  A: dayName,
  n: () => ' ',
  t: () => ' ',
  '%': () => '%',
};
