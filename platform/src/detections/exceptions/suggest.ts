/** Conditions that the events of an alert have in common, and that few other events of its detection have. */

type Fields = Readonly<Record<string, unknown>>;
type Value = string | number | boolean;

export interface Suggestion {
  /** Path of the field. */
  readonly field: string;
  readonly value: Value;
  readonly conditions: readonly Readonly<Record<string, unknown>>[];
  /** Share of the other events that have the value; null without other events. */
  readonly elsewhere: number | null;
}

const MAX_SUGGESTIONS = 20;
const MAX_DEPTH = 6;
/** Shared by more of the others it tells nothing apart. */
const COMMON = 0.8;

export function suggestConditions(events: readonly Fields[], others: readonly Fields[]): readonly Suggestion[] {
  const [first, ...rest] = events;
  if (first === undefined) return [];
  const shared = leavesOf(first).filter(({ path, value }) => rest.every((one) => at(one, path) === value));
  return shared
    .filter(({ path, value }) => isTelling(path, value))
    .map(({ path, value }) => ({
      field: path.join('.'),
      value,
      conditions: [{ ...keyOf(path), Condition: 'Equals', Value: value }],
      elsewhere: shareOf(others, path, value),
    }))
    .filter(({ elsewhere }) => (elsewhere ?? 0) < COMMON)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MAX_SUGGESTIONS);
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: Value;
}

/** Single values; lists are left out, since an element's place means little. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [{ path, value }];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || path.length >= MAX_DEPTH) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function at(event: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Fields | null | undefined)?.[key], event);
}

function keyOf(path: readonly string[]): Fields {
  const [key] = path;
  return path.length === 1 ? { Key: key } : { DeepKey: path };
}

function shareOf(others: readonly Fields[], path: readonly string[], value: Value): number | null {
  if (others.length === 0) return null;
  return others.filter((one) => at(one, path) === value).length / others.length;
}

const TIME = /^\d{4}-\d\d-\d\d[T ]/;
const UNIQUE = /^[0-9a-f]{8}-[0-9a-f]{4}-|^[0-9a-f]{24,}$/i;
const UNIQUE_NAME = /(^|event|request|message|trace|log|session)_?(uu)?ids?$/i;
/** Who did it, from where, to what. */
const TELLING_NAME = /arn|user|principal|actor|account|email|login|name|ip|address|host|agent|role|group|resource/i;

/** Not Panther's own fields, times, or what is another for each event. */
function isTelling(path: readonly string[], value: Value): boolean {
  const name = path.at(-1) ?? '';
  if (path[0]?.startsWith('p_') || value === '' || UNIQUE_NAME.test(name)) return false;
  return typeof value !== 'string' || !(TIME.test(value) || UNIQUE.test(value) || value.length > 500);
}

/** Rare ones first; among these the ones that name somebody or something. */
function rank({ field, elsewhere }: Suggestion): number {
  return (elsewhere ?? 0) + (TELLING_NAME.test(field) ? 0 : 0.05);
}
