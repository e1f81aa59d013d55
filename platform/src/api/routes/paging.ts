/** Paging by key: a page starts after the last row of the one before, whatever was added meanwhile. */
import { type Expression, type SqlBool, sql } from 'kysely';
import { invalid } from '../http/errors.ts';

export type Direction = 'ascending' | 'descending';
type Key = string | number;

/** Where a page ended: the value sorted by, and the id that makes it unique. */
export interface Cursor {
  readonly value: Key;
  readonly id: Key;
}

export function encodeCursor({ value, id }: Cursor): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

/** @throws HttpError when it is not one of ours. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const parsed = parse(Buffer.from(text, 'base64url').toString());
  const [value, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (isKey(value) && isKey(id)) return { value, id };
  throw invalid('this is no cursor of this list: start without one', 'cursor');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isKey(value: unknown): value is Key {
  return typeof value === 'string' || typeof value === 'number';
}

/** The rows that come after a cursor, in the direction. */
export function after(
  sort: Expression<unknown>,
  id: Expression<unknown>,
  cursor: Cursor,
  direction: Direction,
): Expression<SqlBool> {
  const { value, id: last } = cursor;
  return direction === 'ascending'
    ? sql<SqlBool>`(${sort} > ${value} or (${sort} = ${value} and ${id} > ${last}))`
    : sql<SqlBool>`(${sort} < ${value} or (${sort} = ${value} and ${id} < ${last}))`;
}

/** Cuts rows that were read with one more than the limit into a page. */
export function cut<T>(rows: readonly T[], limit: number, cursorOf: (row: T) => Cursor) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}

/** Text of a filter inside `like '%…%' escape '\'`. */
export function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
