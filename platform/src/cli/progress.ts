/** A line on the terminal that tells how far long work is: `parse  42% · 1.2 GB of 2.9 GB · 85 MB/s · 20 s left`. */
import { performance } from 'node:perf_hooks';
import type { Writable } from 'node:stream';

export interface ProgressOptions {
  readonly label: string;
  /** Amount that is all of the work; without it there is no percentage and no time left. */
  readonly total?: number;
  /** Default `bytes`; any other word is counted: `1,200 events`. */
  readonly unit?: string;
}

export interface Progress {
  add(amount: number): void;
  /** Takes the line away. */
  end(): void;
}

const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

export const noProgress: Progress = { add() {}, end() {} };

export function terminalProgress(terminal: Writable & { columns?: number }, options: ProgressOptions): Progress {
  const start = performance.now();
  let amount = 0;
  let drawnAt = start;

  function draw(now: number): void {
    drawnAt = now;
    const line = progressLine(options, amount, (now - start) / 1000);
    terminal.write(CLEAR_LINE + line.slice(0, (terminal.columns ?? 80) - 1));
  }

  return {
    add(more) {
      amount += more;
      const now = performance.now();
      if (now - drawnAt >= REDRAW_MS) draw(now);
    },
    end() {
      if (drawnAt !== start) terminal.write(CLEAR_LINE);
    },
  };
}

/** The text of the line after `seconds` of work. */
export function progressLine(options: ProgressOptions, amount: number, seconds: number): string {
  const { label, total, unit = 'bytes' } = options;
  const rate = seconds > 0 ? amount / seconds : 0;
  const parts: string[] = [];
  if (total) parts.push(`${Math.min(100, Math.floor((100 * amount) / total))}%`);
  parts.push(total ? `${quantity(amount, unit)} of ${quantity(total, unit)}` : quantity(amount, unit));
  parts.push(`${quantity(rate, unit)}/s`);
  if (total && rate > 0) parts.push(`${duration(Math.max(0, total - amount) / rate)} left`);
  return `${label}  ${parts.join(' · ')}`;
}

function quantity(amount: number, unit: string): string {
  if (unit !== 'bytes') return `${Math.round(amount).toLocaleString('en')} ${unit}`;
  const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(steps.length - 1, Math.floor(Math.log10(Math.max(1, amount)) / 3));
  const scaled = amount / 1000 ** step;
  return `${scaled >= 10 || step === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${steps[step]}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
