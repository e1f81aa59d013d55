/**
 * A rule that fails on every event must not fill the lake with its failures: of each rule and kind of error, a commit
 * stores some, and one that says how many more there were. The alert counts them all.
 */
import type { RuleError, RuleResult } from '../../core/detection.ts';

const MAX_ROWS = 20;

export interface ErrorRows {
  /** Whether the result is stored by itself. */
  isKept(result: RuleResult): boolean;
  /** One for each kind of error of which some were not stored. */
  summaries(): readonly RuleError[];
}

export function createErrorRows(): ErrorRows {
  const seen = new Map<string, { count: number; last: RuleError }>();
  return {
    isKept(result) {
      if (result.kind === 'match') return true;
      const key = JSON.stringify([result.ruleId, result.dedup]);
      const known = seen.get(key);
      if (known === undefined) seen.set(key, { count: 1, last: result });
      else Object.assign(known, { count: known.count + 1, last: result });
      return (known?.count ?? 1) <= MAX_ROWS;
    },
    summaries: () => [...seen.values()].filter(({ count }) => count > MAX_ROWS).map(summary),
  };
}

function summary({ count, last }: { readonly count: number; readonly last: RuleError }): RuleError {
  const message = `${last.message} (the last of ${count} such errors in one commit; ${count - MAX_ROWS - 1} between are not stored)`;
  return { ...last, message };
}
