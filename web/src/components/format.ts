/** Numbers, sizes, times and durations as people read them. */

const NUMBER = new Intl.NumberFormat('en-US');
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** `12.3K` from 10,000 on; the whole number below. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 10_000 ? NUMBER.format(Math.round(value * 10) / 10) : COMPACT.format(value);
}

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), BYTE_UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** `42 µs`, `3.2 s`, `14 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1) return `${Math.max(1, Math.round(ms * 1_000))} µs`;
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? join(hours, 'h', minutes % 60, 'min') : join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function join(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** `2026-01-02 03:04:05 UTC`. */
export function formatTime(time: string | number | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `just now`, `4 min. ago`, `in 3 hr.`; the date when it is more than 30 days away. */
export function formatAgo(time: string, nowMs: number): string {
  const seconds = (new Date(time).getTime() - nowMs) / 1_000;
  const distance = Math.abs(seconds);
  if (distance < 10) return 'just now';
  if (distance < 60) return RELATIVE.format(Math.round(seconds), 'second');
  if (distance < 3_600) return RELATIVE.format(Math.round(seconds / 60), 'minute');
  if (distance < 86_400) return RELATIVE.format(Math.round(seconds / 3_600), 'hour');
  if (distance < 30 * 86_400) return RELATIVE.format(Math.round(seconds / 86_400), 'day');
  return formatTime(time).slice(0, 10);
}

/** `1 event`, `3 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}
