import type { Condition } from './condition.ts';
export function explain(_c: Condition): string {
  return '';
}
