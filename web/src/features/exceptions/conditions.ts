/** Conditions of exceptions as rows of a form, and as people read them. */
import { plainCondition } from './plain-condition.ts';

export interface ConditionRow {
  readonly key: number;
  readonly field: string;
  readonly condition: string;
  readonly value: string;
}

export const CONDITIONS = [
  { value: 'Equals', label: 'is' },
  { value: 'DoesNotEqual', label: 'is not' },
  { value: 'Contains', label: 'contains' },
  { value: 'StartsWith', label: 'starts with' },
  { value: 'EndsWith', label: 'ends with' },
  { value: 'IsIPAddressInCIDR', label: 'is in the network' },
  { value: 'Exists', label: 'exists' },
] as const;

let lastKey = 0;

export function newRow(part: Partial<Omit<ConditionRow, 'key'>> = {}): ConditionRow {
  lastKey += 1;
  return { key: lastKey, field: '', condition: 'Equals', value: '', ...part };
}

type Condition = Readonly<Record<string, unknown>>;

/** The match expressions of rows that are filled in. */
export function conditionsOf(rows: readonly ConditionRow[]): Record<string, unknown>[] {
  return rows
    .filter(({ field }) => field.trim() !== '')
    .map(({ field, condition, value }) => ({
      KeyPath: field.trim(),
      Condition: condition,
      ...(condition === 'Exists' ? {} : { Value: typed(value) }),
    }));
}

/** Numbers and truth values are compared as such; anything in quotes is text. */
function typed(value: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(value) && String(Number(value)) === value) return Number(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return /^".*"$/.test(value) ? value.slice(1, -1) : value;
}

/** `userIdentity.arn is "…"`. */
export function readableCondition(condition: Condition): string {
  const found = plainCondition(condition);
  if (found === undefined) return JSON.stringify(condition);
  const word = CONDITIONS.find(({ value }) => value === found.condition)?.label ?? found.condition;
  return found.value === undefined ? `${found.field} ${word}` : `${found.field} ${word} ${JSON.stringify(found.value)}`;
}
