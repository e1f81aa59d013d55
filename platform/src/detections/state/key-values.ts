/**
 * The key-value store behind the stateful helpers of detections. A session belongs to the units of one commit: it reads
 * an item when it is first asked for, keeps changes to itself, and writes them in the commit's own transaction. So a
 * unit that is processed again after a crash counts once, and parallel workers lose nothing of each other's.
 */
import type { Kysely, Transaction } from 'kysely';
import { UserError } from '../../core/errors.ts';
import type { Tables } from '../../ports/state/tables.ts';
import {
  applyChange,
  type Change,
  type Item,
  isExpired,
  NO_ITEM,
  toItem,
  toRow,
  withAdded,
  withCount,
  withIncrement,
  withRemoved,
  withStrings,
} from './entry.ts';
import { type Operation, type OperationAnswer, type OperationValue, parseOperation } from './operations.ts';

/** Answers one operation, JSON to JSON. What is wrong with it is in the answer. */
export interface KeyValueCalls {
  call(operationJson: string): Promise<string>;
  /** What follows can be undone. */
  mark(): void;
  /** As it was at the mark: what followed is done again. */
  undo(): void;
}

export interface KeyValueSession extends KeyValueCalls {
  /** Makes the changes on what is stored now. Can be repeated. */
  apply(tx: Transaction<Tables>): Promise<void>;
  /** Forgets everything: after a commit, or when there will be none. */
  clear(): void;
}

/** The row of a lookup table; undefined where there is no such table, or no such row. @throws UserError, for the rule */
export type FindRow = (table: string, key: string) => Row | undefined | Promise<Row | undefined>;
type Row = Readonly<Record<string, unknown>>;

export interface KeyValueOptions {
  /** Reads what is stored; null in memory. */
  readonly db: Kysely<Tables> | null;
  now(): Date;
  /** There are no lookup tables without it. */
  readonly lookup?: FindRow | undefined;
}

interface Known {
  /** As it was read. */
  readonly base: Item;
  readonly change: Change;
  /** Base and change together. */
  readonly item: Item;
  readonly characters: number;
}

/** Of one commit: bounds its memory. */
const MAX_KEYS = 200_000;
const MAX_CHARACTERS = 64_000_000;
const MAX_ITEM_STRINGS = 20_000;
const MAX_ITEM_CHARACTERS = 400_000;
const KEYS_PER_STATEMENT = 400;
/** More than every operation that is allowed. */
const MAX_OPERATION_CHARACTERS = 4_000_000;

export function createKeyValueSession({ db, now, lookup }: KeyValueOptions): KeyValueSession {
  const known = new Map<string, Known>();
  /** Since the mark; undefined: was not known then. */
  const before = new Map<string, Known | undefined>();
  let characters = 0;

  async function read(key: string): Promise<Known> {
    const own = known.get(key);
    if (own !== undefined) return own;
    if (known.size >= MAX_KEYS) throw new TooMuch(`detections use more than ${MAX_KEYS} keys at once`);
    const row = await db?.selectFrom('key_values').selectAll().where('key', '=', storedKey(key)).executeTakeFirst();
    const item = row === undefined ? NO_ITEM : toItem(row);
    const found = { base: item, change: {}, item, characters: charactersOf(item) };
    remember(key, found);
    return found;
  }

  function remember(key: string, value: Known): void {
    const old = known.get(key);
    characters += value.characters - (old?.characters ?? 0);
    if (!before.has(key)) before.set(key, old);
    known.set(key, value);
  }

  async function perform(operation: Operation): Promise<OperationValue> {
    if (operation.op === 'lookup') return rowText(await lookup?.(operation.table, operation.key));
    const one = await read(operation.key);
    const seconds = Math.floor(now().getTime() / 1_000);
    const { change, value } = evaluate(operation, one, isExpired(one.item, seconds));
    if (change === undefined) return value(one.item);
    const item = applyChange(one.base, change);
    const size = charactersOf(item);
    if ((item.strings?.size ?? 0) > MAX_ITEM_STRINGS || size > MAX_ITEM_CHARACTERS)
      throw new TooMuch(`a set has at most ${MAX_ITEM_STRINGS} strings and ${MAX_ITEM_CHARACTERS} characters`);
    if (!Number.isSafeInteger(item.count ?? 0)) throw new TooMuch('the counter is too large');
    if (characters + size > MAX_CHARACTERS) throw new TooMuch('too much is kept in the key-value store at once');
    remember(operation.key, { base: one.base, change, item, characters: size });
    return value(item);
  }

  return {
    async call(json) {
      if (json.length > MAX_OPERATION_CHARACTERS) return answer({ error: 'the values are too long' });
      const operation = parseOperation(json);
      if (typeof operation === 'string') return answer({ error: operation });
      try {
        return answer({ value: await perform(operation) });
      } catch (error) {
        if (error instanceof TooMuch || error instanceof UserError) return answer({ error: error.message });
        throw error;
      }
    },
    mark() {
      before.clear();
    },
    undo() {
      for (const [key, value] of before) {
        characters += (value?.characters ?? 0) - (known.get(key)?.characters ?? 0);
        if (value === undefined) known.delete(key);
        else known.set(key, value);
      }
      before.clear();
    },
    async apply(tx) {
      const changed = [...known].filter(([, { change }]) => Object.keys(change).length > 0);
      // In one order everywhere, so that workers do not wait for each other in a circle.
      changed.sort(([a], [b]) => (a < b ? -1 : 1));
      for (let start = 0; start < changed.length; start += KEYS_PER_STATEMENT)
        await write(tx, changed.slice(start, start + KEYS_PER_STATEMENT));
    },
    clear() {
      known.clear();
      before.clear();
      characters = 0;
    },
  };
}

function charactersOf({ strings, dictionary }: Item): number {
  let sum = dictionary?.length ?? 0;
  for (const one of strings ?? []) sum += one.length;
  return sum;
}

/** For unit tests, and commands without a store. */
export function createKeyValuesInMemory(lookup?: FindRow): KeyValueSession {
  return createKeyValueSession({ db: null, lookup, now: () => new Date(performance.timeOrigin + performance.now()) });
}

/** A detection asks for more than it gets. */
class TooMuch extends Error {
  override readonly name = 'TooMuch';
}

function answer(found: OperationAnswer): string {
  return JSON.stringify(found);
}

interface Effect {
  /** Undefined: nothing changes. */
  readonly change: Change | undefined;
  value(after: Item): OperationValue;
}

function rowText(row: Readonly<Record<string, unknown>> | undefined): string | null {
  return row === undefined ? null : JSON.stringify(row);
}

function evaluate(operation: Exclude<Operation, { op: 'lookup' }>, { change, item }: Known, isOver: boolean): Effect {
  const strings = (after: Item): OperationValue => [...(after.strings ?? [])].sort();
  const nothing = () => null;
  switch (operation.op) {
    case 'get-count':
      return { change: undefined, value: () => (isOver && operation.force ? 0 : (item.count ?? 0)) };
    case 'get-strings':
      return { change: undefined, value: () => (isOver && operation.force ? [] : strings(item)) };
    case 'get-dictionary':
      return { change: undefined, value: () => (isOver && operation.force ? null : item.dictionary) };
    case 'has-strings':
      return { change: undefined, value: () => !isOver && item.strings !== null };
    case 'increment': {
      const next = isOver ? withCount(change, operation.by) : withIncrement(change, operation.by);
      return { change: expiring(next, operation.expiresAt), value: (after) => after.count };
    }
    case 'reset-count':
      return { change: withCount(change, null), value: nothing };
    case 'expire':
      return { change: expiring(change, operation.expiresAt), value: nothing };
    case 'put-strings':
      return { change: expiring(withStrings(change, operation.values), operation.expiresAt), value: nothing };
    case 'add-strings': {
      if (operation.values.length === 0) return { change: undefined, value: () => strings(item) };
      const next = isOver ? withStrings(change, operation.values) : withAdded(change, operation.values);
      return { change: expiring(next, operation.expiresAt), value: strings };
    }
    case 'remove-strings': {
      if (operation.values.length === 0) return { change: undefined, value: () => strings(item) };
      const next = isOver ? withStrings(change, []) : withRemoved(change, operation.values);
      return { change: expiring(next, operation.expiresAt), value: strings };
    }
    case 'put-dictionary':
      return {
        change: expiring({ ...change, dictionary: { value: operation.json } }, operation.expiresAt),
        value: nothing,
      };
  }
}

function expiring(change: Change, at: number | null): Change {
  return at === null ? change : { ...change, expiresAt: { value: at === 0 ? null : at } };
}

/** The table may hold other things than detections' own. */
const NAMESPACE = 'detections\u001f';

function storedKey(key: string): string {
  // PostgreSQL cannot store NUL.
  return `${NAMESPACE}${key.replaceAll('\0', '\uFFFD')}`;
}

async function write(tx: Transaction<Tables>, changed: readonly (readonly [string, Known])[]): Promise<void> {
  const keys = changed.map(([key]) => storedKey(key));
  const stored = await tx.selectFrom('key_values').selectAll().where('key', 'in', keys).execute();
  const items = new Map(stored.map((row) => [row.key, toItem(row)]));
  const rows = [];
  const emptied: string[] = [];
  for (const [key, { change }] of changed) {
    const row = toRow(applyChange(items.get(storedKey(key)) ?? NO_ITEM, change));
    if (row === undefined) emptied.push(storedKey(key));
    else rows.push({ key: storedKey(key), ...row });
  }
  if (emptied.length > 0) await tx.deleteFrom('key_values').where('key', 'in', emptied).execute();
  if (rows.length === 0) return;
  await tx
    .insertInto('key_values')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({
        int_count: eb.ref('excluded.int_count'),
        string_set: eb.ref('excluded.string_set'),
        dictionary: eb.ref('excluded.dictionary'),
        expires_at: eb.ref('excluded.expires_at'),
      })),
    )
    .execute();
}

/** Removes what has expired. */
export async function removeExpired(db: Kysely<Tables>, now: Date): Promise<void> {
  await db
    .deleteFrom('key_values')
    .where('expires_at', 'is not', null)
    .where('expires_at', '<=', Math.floor(now.getTime() / 1_000))
    .execute();
}
