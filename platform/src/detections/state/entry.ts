/**
 * One item of the key-value store as a unit of work sees it, with what the unit changed. Changes are kept as such
 * (`add 3`, not `is now 7`), so that they can be made on what another worker has stored meanwhile: nothing is lost.
 */
import type { KeyValuesTable } from '../../ports/state/tables.ts';

/** As it is stored. Absent parts are null. */
export interface Item {
  readonly count: number | null;
  readonly strings: ReadonlySet<string> | null;
  /** JSON of an object. */
  readonly dictionary: string | null;
  /** Seconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

interface SetChange {
  /** What was stored before is dropped. */
  readonly isReplaced: boolean;
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

/** What the unit did; an absent part was left alone. */
export interface Change {
  readonly count?: { readonly isReplaced: boolean; readonly value: number | null };
  readonly strings?: SetChange;
  readonly dictionary?: { readonly value: string | null };
  readonly expiresAt?: { readonly value: number | null };
}

export const NO_ITEM: Item = { count: null, strings: null, dictionary: null, expiresAt: null };

export function withCount(change: Change, value: number | null): Change {
  return { ...change, count: { isReplaced: true, value } };
}

export function withIncrement(change: Change, by: number): Change {
  const before = change.count ?? { isReplaced: false, value: 0 };
  return { ...change, count: { ...before, value: (before.value ?? 0) + by } };
}

export function withStrings(change: Change, values: Iterable<string>): Change {
  return { ...change, strings: { isReplaced: true, added: new Set(values), removed: new Set() } };
}

export function withAdded(change: Change, values: readonly string[]): Change {
  const { isReplaced, added, removed } = change.strings ?? NOTHING;
  const kept = values.reduce((set, value) => without(set, value), removed);
  return { ...change, strings: { isReplaced, added: new Set([...added, ...values]), removed: kept } };
}

export function withRemoved(change: Change, values: readonly string[]): Change {
  const { isReplaced, added, removed } = change.strings ?? NOTHING;
  const kept = values.reduce((set, value) => without(set, value), added);
  return { ...change, strings: { isReplaced, added: kept, removed: new Set([...removed, ...values]) } };
}

const NOTHING: SetChange = { isReplaced: false, added: new Set(), removed: new Set() };

function without(set: ReadonlySet<string>, value: string): ReadonlySet<string> {
  if (!set.has(value)) return set;
  const rest = new Set(set);
  rest.delete(value);
  return rest;
}

/** The item with the change made on it. */
export function applyChange(item: Item, { count, strings, dictionary, expiresAt }: Change): Item {
  return {
    count: count === undefined ? item.count : countAfter(item.count, count),
    strings: strings === undefined ? item.strings : stringsAfter(item.strings, strings),
    dictionary: dictionary === undefined ? item.dictionary : dictionary.value,
    expiresAt: expiresAt === undefined ? item.expiresAt : expiresAt.value,
  };
}

function countAfter(before: number | null, { isReplaced, value }: NonNullable<Change['count']>): number | null {
  return isReplaced ? value : (before ?? 0) + (value ?? 0);
}

function stringsAfter(before: ReadonlySet<string> | null, { isReplaced, added, removed }: SetChange) {
  const after = new Set(isReplaced ? [] : before);
  for (const value of removed) after.delete(value);
  for (const value of added) after.add(value);
  return after.size === 0 ? null : after;
}

export function isExpired({ expiresAt }: Item, nowSeconds: number): boolean {
  return expiresAt !== null && expiresAt <= nowSeconds;
}

export function toItem(row: Omit<KeyValuesTable, 'key'>): Item {
  return {
    count: row.int_count,
    strings: row.string_set === null ? null : new Set(JSON.parse(row.string_set) as string[]),
    dictionary: row.dictionary,
    expiresAt: row.expires_at,
  };
}

/** Undefined when nothing is left of the item. */
export function toRow(item: Item): Omit<KeyValuesTable, 'key'> | undefined {
  if (item.count === null && item.strings === null && item.dictionary === null) return undefined;
  return {
    int_count: item.count,
    string_set: item.strings === null ? null : JSON.stringify([...item.strings].sort()),
    dictionary: item.dictionary,
    expires_at: item.expiresAt,
  };
}
