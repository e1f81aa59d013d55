/** Takes what exceptions hide out of the results of rules over rows and of correlations, and counts it. */
import type { RuleResult } from '../../core/detection.ts';
import type { LogEvent } from '../../core/event.ts';
import { compileExceptions, type Exception, hiddenBy } from './exception.ts';
import { addHidden, createHiddenCounter, type HiddenCounts } from './hidden.ts';

export interface Hiding {
  /** What is left of them. */
  keep<T extends RuleResult>(results: readonly T[]): readonly T[];
  /** All that was hidden so far. */
  readonly hidden: HiddenCounts;
}

export function createHiding(exceptions: readonly Exception[], now: () => Date): Hiding {
  const compiled = compileExceptions(exceptions);
  const counter = createHiddenCounter();
  let hidden: HiddenCounts = new Map();

  function isHidden(result: RuleResult): boolean {
    const own = result.kind === 'match' ? compiled.get(result.ruleId) : undefined;
    const exception = own && hiddenBy(own, asSeen(result.event), now().getTime());
    if (exception !== undefined) counter.add(exception.id, result.event);
    return exception !== undefined;
  }

  return {
    keep(results) {
      const left = compiled.size === 0 ? results : results.filter((result) => !isHidden(result));
      hidden = addHidden(hidden, counter.take());
      return left;
    },
    get hidden() {
      return hidden;
    },
  };
}

/** Of a row of a scheduled query: its columns too, by the names under which the rule sees them. */
export function asSeen<T extends Readonly<Record<string, unknown>>>(event: T): T {
  const { row } = event;
  return isFields(row) ? ({ ...row, ...event } as T) : event;
}

function isFields(value: unknown): value is Partial<LogEvent> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
