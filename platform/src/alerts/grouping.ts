/**
 * Grouping of rule results into alerts: by rule and dedup string, within the rule's dedup period.
 *
 * Pure: what is decided depends on the results, the dedup rows as they are, the rules as they are now, and the time.
 * A window opens with the first result and stays open for the rule's current period, so that a changed period applies
 * at once. Its alert is made when the window's event count reaches the rule's current threshold; what comes later is
 * merged into it.
 */
import type { RuleError, RuleInfo, RuleMatch, RuleResult, Severity } from '../core/detection.ts';
import { alertId, dedupKey } from '../core/ids.ts';
import type { AlertDedupTable } from '../ports/state/tables.ts';

/** Results of one rule, kind and dedup string. */
export interface AlertGroup {
  readonly key: string;
  readonly ruleId: string;
  readonly isError: boolean;
  readonly dedup: string;
  /** The first result, which gives an alert its values; without its event, so that groups stay small. */
  readonly first: Omit<RuleMatch, 'event'> | Omit<RuleError, 'event'>;
  eventCount: number;
  /** RFC 3339, of event times. */
  firstEventAt: string;
  lastEventAt: string;
  readonly logTypes: Set<string>;
  /** What the threshold counts, where it counts distinct values; undefined: it counts events. */
  uniques: Set<string> | undefined;
}

export type AlertGroups = Map<string, AlertGroup>;

/** What the first result of a window gives its alert. */
export interface AlertFields {
  readonly ruleVersion: string;
  readonly ruleName: string;
  readonly title: string;
  readonly severity: Severity;
  readonly description: string;
  readonly reference: string;
  readonly runbook: string;
  readonly tags: readonly string[];
  /** JSON text of an object. */
  readonly context: string;
  /** Null: the rule gave none. `["SKIP"]`: deliver to nobody. */
  readonly destinations: readonly string[] | null;
  readonly outputIds: readonly string[];
}

/** Why the results of a group did or did not become a new alert. */
export type GroupOutcome =
  | { readonly kind: 'new-alert'; readonly until: string }
  | { readonly kind: 'merged'; readonly until: string }
  | { readonly kind: 'below-threshold'; readonly count: number; readonly threshold: number; readonly until: string }
  | { readonly kind: 'signal' };

/** What becomes of a group; `row` and `alertId` are undefined for a signal, which leaves no trace but its matches. */
export interface GroupDecision {
  readonly group: AlertGroup;
  readonly alertId: string | undefined;
  /** RFC 3339; when the alert's window opened. */
  readonly openedAt: string;
  /** Events of the window, this group's included. */
  readonly eventCount: number;
  readonly outcome: GroupOutcome;
  readonly row: AlertDedupTable | undefined;
  /** The values of the alert to make; only when the outcome is `new-alert`. */
  readonly fields: AlertFields | undefined;
}

/** Of one window: a threshold beyond it is never reached by distinct values. */
const MAX_UNIQUES = 10_000;

/** Adds results to groups, in order. */
export function groupResults(results: Iterable<RuleResult>, groups: AlertGroups = new Map()): AlertGroups {
  for (const result of results) {
    const key = groupKey(result);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, openGroup(key, result));
    else addToGroup(group, result);
  }
  return groups;
}

/** Key of the group that a result belongs to. */
export function groupKey(result: RuleResult): string {
  return dedupKey(result.ruleId, result.dedup, result.kind === 'error');
}

function openGroup(key: string, result: RuleResult): AlertGroup {
  const { event, ...first } = result;
  const at = eventTime(event.p_event_time);
  const { ruleId, dedup, kind } = result;
  return {
    key,
    ruleId,
    dedup,
    isError: kind === 'error',
    first,
    eventCount: 1,
    firstEventAt: at,
    lastEventAt: at,
    logTypes: new Set([event.p_log_type]),
    uniques: result.kind === 'match' && result.unique !== undefined ? new Set([result.unique]) : undefined,
  };
}

function addToGroup(group: AlertGroup, result: RuleResult): void {
  const at = eventTime(result.event.p_event_time);
  group.eventCount++;
  group.firstEventAt = earlier(group.firstEventAt, at);
  group.lastEventAt = later(group.lastEventAt, at);
  group.logTypes.add(result.event.p_log_type);
  if (result.kind !== 'match' || result.unique === undefined) return;
  group.uniques ??= new Set();
  if (group.uniques.size < MAX_UNIQUES) group.uniques.add(result.unique);
}

/** `YYYY-MM-DD HH:MM:SS.nnnnnnnnn` as RFC 3339 with milliseconds. */
function eventTime(time: string): string {
  return `${time.slice(0, 10)}T${time.slice(11, 23)}Z`;
}

function earlier(a: string, b: string): string {
  if (a < b) return a;
  return b;
}

function later(a: string, b: string): string {
  if (a > b) return a;
  return b;
}

/** Decides about one group. `row` is the dedup state of its key, as it is now. */
export function decideGroup(
  group: AlertGroup,
  row: AlertDedupTable | undefined,
  rule: RuleInfo,
  now: Date,
): GroupDecision {
  if (!rule.createAlert && !group.isError) return signal(group, now);
  const isOpen = row !== undefined && isWindowOpen(row, rule, now);
  const next = isOpen ? mergeIntoWindow(row, group, now) : openWindow(row, group, rule, now);
  const until = new Date(Date.parse(next.opened_at) + rule.dedupPeriodMinutes * 60_000).toISOString();
  // A rule that fails is alerted on at once; its threshold counts matches.
  const threshold = group.isError ? 1 : rule.threshold;
  const decision = { group, alertId: next.alert_id, openedAt: next.opened_at, eventCount: next.event_count };
  if (next.first_result === null) {
    return { ...decision, row: next, outcome: { kind: 'merged', until }, fields: undefined };
  }
  const count = next.uniques === null ? next.event_count : uniquesOf(next).length;
  if (count < threshold) {
    const outcome = { kind: 'below-threshold', count, threshold, until } as const;
    return { ...decision, row: next, outcome, fields: undefined };
  }
  const fields = JSON.parse(next.first_result) as AlertFields;
  return {
    ...decision,
    row: { ...next, first_result: null, uniques: null },
    outcome: { kind: 'new-alert', until },
    fields,
  };
}

function signal(group: AlertGroup, now: Date): GroupDecision {
  const { eventCount } = group;
  const outcome = { kind: 'signal' } as const;
  return {
    group,
    alertId: undefined,
    openedAt: now.toISOString(),
    eventCount,
    outcome,
    row: undefined,
    fields: undefined,
  };
}

function isWindowOpen(row: AlertDedupTable, rule: RuleInfo, now: Date): boolean {
  return Date.parse(row.opened_at) >= now.getTime() - rule.dedupPeriodMinutes * 60_000;
}

function mergeIntoWindow(row: AlertDedupTable, group: AlertGroup, now: Date): AlertDedupTable {
  const at = now.toISOString();
  const logTypes = new Set([...(JSON.parse(row.log_types) as string[]), ...group.logTypes]);
  return {
    ...row,
    event_count: row.event_count + group.eventCount,
    // A clock that was set back must not keep the window open for the length of the jump.
    opened_at: earlier(row.opened_at, at),
    updated_at: at,
    first_event_at: earlier(row.first_event_at, group.firstEventAt),
    last_event_at: later(row.last_event_at, group.lastEventAt),
    log_types: JSON.stringify([...logTypes].sort()),
    uniques: row.first_result === null ? null : mergedUniques(row, group),
  };
}

function openWindow(row: AlertDedupTable | undefined, group: AlertGroup, rule: RuleInfo, now: Date): AlertDedupTable {
  const at = now.toISOString();
  const count = (row?.alert_count ?? 0) + 1;
  return {
    key: group.key,
    rule_id: group.ruleId,
    dedup: group.dedup,
    type: group.isError ? 'RULE_ERROR' : 'RULE',
    alert_id: alertId(group.ruleId, count, group.dedup, group.isError),
    alert_count: count,
    event_count: group.eventCount,
    opened_at: at,
    updated_at: at,
    first_event_at: group.firstEventAt,
    last_event_at: group.lastEventAt,
    log_types: JSON.stringify([...group.logTypes].sort()),
    first_result: JSON.stringify(alertFields(group, rule)),
    uniques: group.uniques === undefined ? null : JSON.stringify([...group.uniques]),
  };
}

function mergedUniques(row: AlertDedupTable, group: AlertGroup): string | null {
  if (group.uniques === undefined) return row.uniques;
  const all = new Set([...uniquesOf(row), ...group.uniques]);
  return JSON.stringify([...all].slice(0, MAX_UNIQUES));
}

function uniquesOf({ uniques }: AlertDedupTable): readonly string[] {
  return uniques === null ? [] : (JSON.parse(uniques) as string[]);
}

const RULE_ERROR_RUNBOOK =
  'This rule failed while it looked at an event, so it may be missing threats. Open the alert’s events to see what the ' +
  'rule was given, correct the rule, and run its tests with one of these events added.';

function alertFields({ first }: AlertGroup, rule: RuleInfo): AlertFields {
  const common = { ruleVersion: first.ruleVersion, ruleName: rule.displayName || rule.id, outputIds: rule.outputIds };
  if (first.kind === 'error') {
    return {
      ...common,
      title: first.title || first.dedup,
      severity: rule.severity,
      description: first.message,
      reference: '',
      runbook: RULE_ERROR_RUNBOOK,
      tags: rule.tags,
      context: '{}',
      destinations: null,
    };
  }
  return {
    ...common,
    title: first.title || rule.displayName || rule.id,
    severity: first.severity,
    description: first.description || rule.description,
    reference: first.reference || rule.reference,
    runbook: first.runbook || rule.runbook,
    tags: rule.tags,
    context: first.context ?? '{}',
    destinations: first.destinations === undefined ? null : skipIfEmpty(first.destinations),
  };
}

/** A rule that names no destination wants none, which is not the same as leaving the choice to the severity. */
function skipIfEmpty(destinations: readonly string[]): readonly string[] {
  return destinations.length === 0 ? ['SKIP'] : destinations;
}

/** One sentence on what became of a group's results, for people. */
export function explainOutcome(decision: GroupDecision): string {
  const { outcome, alertId: id } = decision;
  if (outcome.kind === 'signal') return 'No alert: the rule is a signal, its matches are only stored.';
  if (outcome.kind === 'new-alert')
    return `New alert ${id}; further matches are merged into it until ${outcome.until}.`;
  if (outcome.kind === 'merged') return `Merged into alert ${id}, whose window is open until ${outcome.until}.`;
  return `No alert yet: ${outcome.count} of ${outcome.threshold} events; counting until ${outcome.until}.`;
}
