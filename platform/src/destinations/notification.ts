/** The JSON that generic destinations receive. */
import type { AlertType, DeliverableAlert } from '../core/alert.ts';
import type { Severity } from '../core/detection.ts';

/** Every key is always present. */
export interface Notification {
  /** Of the rule or policy. */
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly severity: Severity;
  readonly type: AlertType;
  /** The alert in the console. */
  readonly link: string;
  readonly title: string;
  readonly name: string | null;
  /** Null for a test alert. */
  readonly alertId: string | null;
  readonly alertContext: Readonly<Record<string, unknown>>;
  readonly description: string;
  readonly runbook: string;
  readonly tags: readonly string[];
  readonly version: string;
}

export function toNotification(alert: DeliverableAlert): Notification {
  return {
    id: alert.analysisId,
    createdAt: alert.createdAt,
    severity: alert.severity,
    type: alert.type,
    link: alert.link,
    title: alert.title,
    name: alert.analysisName || null,
    alertId: alert.alertId || null,
    alertContext: alert.context,
    description: alert.description,
    runbook: alert.runbook,
    tags: alert.tags,
    version: alert.version,
  };
}
