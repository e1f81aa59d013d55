/** Values of a result as text, their order, and how wide their columns are. */
import type { QueryResult } from '@panther/platform/contract';

export interface SortOrder {
  readonly column: number;
  readonly direction: 'ascending' | 'descending';
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function isNumeric(type: string): boolean {
  return /^(u?(tiny|small|big|huge)?int|integer|uinteger|double|float|real|decimal|numeric)/i.test(type);
}

/** Indexes of the rows in the wanted order; nulls are last. */
export function sortRows(result: QueryResult, order: SortOrder | undefined): readonly number[] {
  const indexes = result.rows.map((_, index) => index);
  if (order === undefined) return indexes;
  const numeric = isNumeric(result.columns[order.column]?.type ?? '');
  const sign = order.direction === 'ascending' ? 1 : -1;
  const cellOf = (row: number) => result.rows[row]?.[order.column] ?? null;
  return indexes.toSorted((a, b) => compare(cellOf(a), cellOf(b), numeric, sign) || a - b);
}

function compare(a: unknown, b: unknown, numeric: boolean, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (numeric) return sign * (Number(a) - Number(b));
  const [left, right] = [cellText(a), cellText(b)];
  return sign * (left < right ? -1 : left > right ? 1 : 0);
}

const CHARACTER_PX = 7.4;
const PADDING_PX = 30;
const LEAST_PX = 76;
const MOST_PX = 420;
const ROWS_LOOKED_AT = 60;

/** Wide enough for the header and most of the first values. */
export function columnWidth(result: QueryResult, column: number): number {
  const { name = '', type = '' } = result.columns[column] ?? {};
  const header = name.length + Math.min(type.length, 14) + 2;
  const values = result.rows.slice(0, ROWS_LOOKED_AT).map((row) => cellText(row[column]).length);
  const characters = Math.max(header, ...values);
  return Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, characters * CHARACTER_PX + PADDING_PX)));
}
