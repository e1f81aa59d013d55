/** Alerts and their delivery. */
import type { Severity } from './detection.ts';

export const ALERT_STATUSES = ['OPEN', 'TRIAGED', 'CLOSED', 'RESOLVED'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

export const ALERT_TYPES = ['RULE', 'RULE_ERROR', 'POLICY'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** What travels on `panther-alerts-queue`, as JSON: the alert to route, or one delivery to try (again). */
export interface AlertNotification {
  readonly alertId: string;
  /** Set for one delivery; absent for an alert that is still to be routed. */
  readonly destinationId?: string;
  readonly isResent?: boolean;
}

/** What a destination is given to deliver. */
export interface DeliverableAlert {
  readonly alertId: string;
  readonly type: AlertType;
  /** Id of the rule or policy. */
  readonly analysisId: string;
  readonly analysisName: string;
  readonly severity: Severity;
  /** With its prefix: `New Alert: …`. */
  readonly title: string;
  readonly description: string;
  readonly reference: string;
  readonly runbook: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly logTypes: readonly string[];
  readonly eventCount: number;
  readonly context: Readonly<Record<string, unknown>>;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** Address of the alert in the console. */
  readonly link: string;
  readonly isTest: boolean;
  readonly isResent: boolean;
}

/** What one attempt to deliver gave. */
export interface DeliveryResult {
  readonly success: boolean;
  /** HTTP status, or 0 when there was no answer. */
  readonly statusCode: number;
  /** The answer, or why it failed; without secrets. */
  readonly message: string;
  /** Whether a later attempt can help. */
  readonly retryable: boolean;
  /** How long the destination asked to be left alone. */
  readonly retryAfterMs?: number;
}
