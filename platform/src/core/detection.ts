/** What the detection engine gives back for an event, and the alert fields that come with a match. */
import type { LogEvent } from './event.ts';

export const SEVERITIES = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A rule said yes to an event. Optional fields are what the rule's functions returned; absent ones fall back to the rule's own. */
export interface RuleMatch {
  readonly kind: 'match';
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly event: LogEvent;
  /** Never empty: `dedup()`, else `title()`, else `defaultDedupString:<rule id>`. */
  readonly dedup: string;
  readonly title?: string;
  readonly severity: Severity;
  readonly description?: string;
  readonly reference?: string;
  readonly runbook?: string;
  readonly destinations?: readonly string[];
  /** JSON text of at most 204,800 characters. */
  readonly context?: string;
  /** The rule's threshold counts distinct values of this, in place of events. */
  readonly unique?: string;
}

/** A rule failed on an event: it threw, ran over a limit, or returned something that is not a boolean. */
export interface RuleError {
  readonly kind: 'error';
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly event: LogEvent;
  /** Class of the error; groups the rule's errors. */
  readonly dedup: string;
  /** `repr` of the error. */
  readonly title: string;
  /** Message with the place in the rule's code. */
  readonly message: string;
}

export type RuleResult = RuleMatch | RuleError;

/** The parts of a rule that alerting needs. */
export interface RuleInfo {
  readonly id: string;
  readonly version: string;
  readonly displayName: string;
  readonly severity: Severity;
  readonly logTypes: readonly string[];
  readonly dedupPeriodMinutes: number;
  readonly threshold: number;
  /** False for a signal: matches are stored, no alert is made. */
  readonly createAlert: boolean;
  readonly description: string;
  readonly reference: string;
  readonly runbook: string;
  readonly tags: readonly string[];
  /** Framework to ids, e.g. `MITRE ATT&CK` → `TA0001:T1078`. */
  readonly reports: Readonly<Record<string, readonly string[]>>;
  /** Destination ids or names that override severity routing. */
  readonly outputIds: readonly string[];
}
