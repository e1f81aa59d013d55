/** Times as they stand in log lines: found in a line, and written for any other time. */

/** The text of a time. */
export type TimeStyle = (timeMs: number) => string;

export interface FoundTime {
  readonly start: number;
  readonly end: number;
  readonly style: TimeStyle;
  /** From the line's time to this one. */
  readonly offsetMs: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What is further away is a date that the line is about, not its time. */
const MAX_OFFSET_MS = 2 * 86_400_000;

interface Style {
  /** How the time looks; its first group is what `write` gives. */
  readonly pattern: RegExp;
  readonly write: TimeStyle;
  /** Smallest step in which it changes. */
  readonly stepMs: 1 | 1_000;
}

const STYLES: readonly Style[] = [
  { pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}/g, write: (ms) => isoSecond(ms) + fraction(ms), stepMs: 1 },
  { pattern: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g, write: (ms) => spaced(ms) + fraction(ms), stepMs: 1 },
  { pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, write: isoSecond, stepMs: 1_000 },
  { pattern: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, write: spaced, stepMs: 1_000 },
  { pattern: /\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d/g, write: bySecond(commonLog), stepMs: 1_000 },
  { pattern: /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/g, write: bySecond(bsd), stepMs: 1_000 },
  { pattern: /(?<![\d.])\d{13}(?=(?:000){0,2}(?!\d))/g, write: String, stepMs: 1 },
  { pattern: /(?<![\d.])\d{10}\.\d{1,3}(?!\d)/g, write: (ms) => String(ms / 1_000), stepMs: 1 },
  { pattern: /(?<![\d.])\d{10}(?!\d)/g, write: (ms) => String(Math.floor(ms / 1_000)), stepMs: 1_000 },
];

/** Times in a line of that time. Where two styles fit, the finer comes first. */
export function findTimes(text: string, lineMs: number): readonly FoundTime[] {
  const found: FoundTime[] = [];
  for (const { pattern, write, stepMs } of STYLES) {
    for (const match of text.matchAll(pattern)) {
      const time = readTime(match[0], lineMs);
      const offsetMs = Math.floor(time / stepMs) * stepMs - Math.floor(lineMs / stepMs) * stepMs;
      if (!(Math.abs(offsetMs) <= MAX_OFFSET_MS) || write(lineMs + offsetMs) !== match[0]) continue;
      const [start, end] = [match.index, match.index + match[0].length];
      if (found.every((other) => end <= other.start || start >= other.end)) {
        found.push({ start, end, style: write, offsetMs });
      }
    }
  }
  return found;
}

/** NaN when it is none. */
function readTime(text: string, lineMs: number): number {
  if (/^\d{13}$/.test(text)) return Number(text);
  if (/^\d{10}(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  if (/^\d{4}-/.test(text)) return Date.parse(`${text.replace(' ', 'T')}Z`);
  if (text.includes('/')) return Date.parse(`${text.slice(0, 11).replaceAll('/', ' ')} ${text.slice(12)} GMT`);
  return Date.parse(`${text.slice(0, 6)} ${new Date(lineMs).getUTCFullYear()} ${text.slice(7)} GMT`);
}

/** Lines come in order of time, many in the same second. */
function bySecond(write: (time: Date) => string): TimeStyle {
  let [lastSecond, lastText] = [Number.NaN, ''];
  return (ms) => {
    const second = Math.floor(ms / 1_000);
    if (second !== lastSecond) [lastSecond, lastText] = [second, write(new Date(second * 1_000))];
    return lastText;
  };
}

const isoText = bySecond((time) => time.toISOString().slice(0, 19));
const spacedText = bySecond((time) => time.toISOString().slice(0, 19).replace('T', ' '));

function isoSecond(ms: number): string {
  return isoText(ms);
}

function spaced(ms: number): string {
  return spacedText(ms);
}

const FRACTIONS = Array.from({ length: 1_000 }, (_, ms) => `.${String(ms).padStart(3, '0')}`);

function fraction(ms: number): string {
  return FRACTIONS[((ms % 1_000) + 1_000) % 1_000] ?? '.000';
}

function commonLog(time: Date): string {
  const text = time.toISOString();
  return `${text.slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${text.slice(0, 4)}:${text.slice(11, 19)}`;
}

function bsd(time: Date): string {
  const day = String(time.getUTCDate()).padStart(2, ' ');
  return `${MONTHS[time.getUTCMonth()]} ${day} ${time.toISOString().slice(11, 19)}`;
}
