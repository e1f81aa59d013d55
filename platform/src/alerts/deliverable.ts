/** What destinations are given: an alert with the texts that all of them share. */
import type { AlertType, DeliverableAlert } from '../core/alert.ts';
import type { Severity } from '../core/detection.ts';
import type { AlertsTable } from '../ports/state/tables.ts';

const PREFIX: Readonly<Record<AlertType, string>> = {
  RULE: 'New Alert: ',
  RULE_ERROR: 'New rule error: ',
  POLICY: 'Policy Failure: ',
};

/** Address of an alert in the console. */
export function alertLink(consoleUrl: string, alertId: string): string {
  return `${consoleUrl.replace(/\/+$/, '')}/alerts/${encodeURIComponent(alertId)}`;
}

export function deliverableAlert(row: AlertsTable, consoleUrl: string, isResent: boolean): DeliverableAlert {
  const type = row.type as AlertType;
  return {
    alertId: row.id,
    type,
    analysisId: row.rule_id,
    analysisName: row.rule_name,
    severity: row.severity as Severity,
    title: (isResent ? '[Re-sent]: ' : PREFIX[type]) + row.title,
    description: row.description,
    reference: row.reference,
    runbook: row.runbook,
    tags: JSON.parse(row.tags) as string[],
    version: row.rule_version,
    logTypes: JSON.parse(row.log_types) as string[],
    eventCount: row.event_count,
    context: JSON.parse(row.context) as Record<string, unknown>,
    createdAt: row.created_at,
    link: alertLink(consoleUrl, row.id),
    isTest: false,
    isResent,
  };
}

/** The alert that shows that a destination works; it is stored nowhere. */
export function testAlert(consoleUrl: string, now: Date): DeliverableAlert {
  return {
    alertId: '',
    type: 'RULE',
    analysisId: 'Test.Alert',
    analysisName: 'Test Alert',
    severity: 'INFO',
    title: 'This is a Test Alert',
    description: 'This is a Test Alert',
    reference: '',
    runbook: 'Nothing to do: this alert shows that the destination receives alerts from Panther.',
    tags: ['test'],
    version: '',
    logTypes: [],
    eventCount: 0,
    context: {},
    createdAt: now.toISOString(),
    link: consoleUrl,
    isTest: true,
    isResent: false,
  };
}
