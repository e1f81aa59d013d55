/** Durations, rates, sizes and times as operators write them. */
import { UserError } from '../core/errors.ts';
import { parseRfc3339, toEpochMs } from '../core/time.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `15m`, `1h30m`, `2d`, as in Go and beyond it; a bare number is seconds. In milliseconds. */
export function parseDuration(text: string, field: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text) {
    return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
  }
  throw new UserError(`"${text}" is not a duration: write 90s, 15m, 1h30m or 2d`, { field });
}

/** A number a second, fractions allowed; 0 is no limit. */
export function parseRate(text: string, field: string): number {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(rate)) return rate;
  throw new UserError(`"${text}" is not a number a second: write 50 or 0.5`, { field });
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `1024`, `10MB`, `1GiB`. */
export function parseBytes(text: string, field: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(text) ?? [];
  const factor = UNIT_BYTES[unit.toLowerCase()];
  if (number !== undefined && factor !== undefined) return Math.round(Number(number) * factor);
  throw new UserError(`"${text}" is not a size: write 1024, 10MB or 1GiB`, { field });
}

/** `2026-01-02`, `2026-01-02T03`, `2026-01-02T03:04`, RFC 3339, or how long ago (`2h`). UTC unless the time says otherwise. */
export function parseTime(text: string, now: Date, field: string): Date {
  const [, day, hour, minute] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  const full = day === undefined ? text : `${day}T${hour ?? '00'}:${minute ?? '00'}:00Z`;
  const parsed = parseRfc3339(full);
  if (parsed !== undefined) return new Date(toEpochMs(parsed));
  if (/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return new Date(now.getTime() - parseDuration(text, field));
  throw new UserError(`"${text}" is not a time: write 2026-01-02, 2026-01-02T03:04:05Z or how long ago (2h)`, {
    field,
  });
}
