/** Correlations among the results of rules: what they match, as matches of a rule. */
import type { RuleInfo, RuleMatch, Severity } from '../../../core/detection.ts';
import { sha256Hex } from '../../../core/ids.ts';
import { toEpochMs } from '../../../core/time.ts';
import { reportsOf } from '../attack.ts';
import { runbookOf, SEVERITIES } from '../specification.ts';
import { type CorrelationMatch, createCorrelator } from './correlator.ts';
import type { LoadedCorrelation } from './resolve.ts';

export interface CorrelationResults {
  /** By the correlation's id. */
  readonly infos: ReadonlyMap<string, RuleInfo>;
  /** Takes a match of a rule; gives those of correlations that hold because of it. */
  add(match: RuleMatch): readonly RuleMatch[];
  /** Nothing more will come. */
  end(): readonly RuleMatch[];
}

type Event = RuleMatch['event'];

/** Those that are switched off are left out. */
export function createCorrelationResults(loaded: readonly LoadedCorrelation[]): CorrelationResults {
  const enabled = loaded.filter(({ isEnabled }) => isEnabled);
  const infos = new Map(enabled.map((one) => [one.rule.id, infoOf(one)]));
  const correlator = createCorrelator<Event>(enabled.map(({ rule }) => rule));

  function toMatch({ correlationId, group, event }: CorrelationMatch<Event>): RuleMatch {
    const { version, severity } = infos.get(correlationId) as RuleInfo;
    const values = Object.values(group);
    return {
      kind: 'match',
      ruleId: correlationId,
      ruleVersion: version,
      event,
      dedup: values.length === 0 ? `defaultDedupString:${correlationId}` : values.join(':').slice(0, 1_000),
      severity,
      context: JSON.stringify(group),
    };
  }

  return {
    infos,
    add: (match) => correlator.add(match.ruleId, match.event, toEpochMs(match.event.p_event_time)).map(toMatch),
    end: () => correlator.end().map(toMatch),
  };
}

function infoOf({ rule, meta, level, text }: LoadedCorrelation): RuleInfo {
  return {
    id: rule.id,
    version: sha256Hex(JSON.stringify([rule, text])).slice(0, 32),
    displayName: meta.title,
    severity: SEVERITIES[level].toUpperCase() as Severity,
    logTypes: [],
    dedupPeriodMinutes: Math.max(60, Math.ceil(rule.timespanSeconds / 60)),
    threshold: 1,
    createAlert: level !== 'informational',
    description: meta.description,
    reference: meta.references[0] ?? '',
    runbook: runbookOf(meta),
    tags: meta.tags,
    reports: reportsOf(meta.tags),
    outputIds: [],
  };
}
