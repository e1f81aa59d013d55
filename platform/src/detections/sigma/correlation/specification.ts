/** A Sigma correlation as a correlation rule of Panther's format that runs on a schedule, with its own rules under `Sigma`. */
import { reportsOf } from '../attack.ts';
import { runbookOf, SEVERITIES } from '../specification.ts';
import { isKnownAtOnce } from './aggregate.ts';
import type { CorrelationRule, LoadedCorrelation } from './resolve.ts';

/** What is run. Plain JSON. */
export interface CorrelationPart {
  /** Each after those that it refers to; the last is the correlation itself. */
  readonly correlations: readonly CorrelationRule[];
}

/** Of shorter time spans the runs come every minute. */
const SHORT_SECONDS = 600;
const TIMEOUT_MINUTES = 10;

/**
 * Undefined for a correlation of one that is only known at the end of a window ("fewer than", averages, `not`): runs look
 * back a while, and would not see again what was decided.
 */
export function toCorrelationSpecification(
  one: LoadedCorrelation,
  all: readonly LoadedCorrelation[],
): Record<string, unknown> | undefined {
  const correlations = withInner(one.rule, all);
  if (!correlations.slice(0, -1).every(isKnownAtOnce)) return undefined;
  const { meta, level, rule } = one;
  const [reference] = meta.references;
  const runbook = runbookOf(meta);
  const part: CorrelationPart = { correlations };
  return {
    AnalysisType: 'correlation_rule',
    RuleID: rule.id,
    DisplayName: meta.title,
    Enabled: one.isEnabled,
    Severity: SEVERITIES[level],
    CreateAlert: level !== 'informational',
    DedupPeriodMinutes: Math.max(60, Math.ceil(rule.timespanSeconds / 60)),
    ...(meta.description === '' ? {} : { Description: meta.description }),
    ...(reference === undefined ? {} : { Reference: reference }),
    ...(runbook === '' ? {} : { Runbook: runbook }),
    Tags: meta.tags,
    Reports: reportsOf(meta.tags),
    Detection: [
      {
        Schedule: { RateMinutes: rule.timespanSeconds < SHORT_SECONDS ? 1 : 5, TimeoutMinutes: TIMEOUT_MINUTES },
      },
    ],
    Sigma: part,
  };
}

function withInner(rule: CorrelationRule, all: readonly LoadedCorrelation[]): readonly CorrelationRule[] {
  const inner = rule.rules.flatMap((id) => all.filter((one) => one.rule.id === id));
  const rules = [...inner.flatMap((one) => withInner(one.rule, all)), rule];
  return [...new Map(rules.map((one) => [one.id, one])).values()];
}
