import type { Replay } from '@panther/platform/contract';

const DAY_MS = 86_400_000;

export const SPANS = [
  { value: '1', label: 'the last 24 hours' },
  { value: '7', label: 'the last 7 days' },
  { value: '30', label: 'the last 30 days' },
  { value: '90', label: 'the last 90 days' },
  { value: 'custom', label: 'days of your choice' },
] as const;
export type Span = (typeof SPANS)[number]['value'];

interface Range {
  readonly from: string;
  readonly to: string;
}

/** Days are whole and in UTC, the last one included; undefined when they make no range. */
export function rangeOf(span: Span, days: Range, nowMs: number): Range | undefined {
  if (span !== 'custom') {
    return { from: new Date(nowMs - Number(span) * DAY_MS).toISOString(), to: new Date(nowMs).toISOString() };
  }
  const from = Date.parse(`${days.from}T00:00:00Z`);
  const to = Math.min(Date.parse(`${days.to}T00:00:00Z`) + DAY_MS, nowMs);
  if (!(from < to)) return undefined;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Nothing more comes. */
export function isOver(state: Replay['state']): boolean {
  return state !== 'queued' && state !== 'running';
}
