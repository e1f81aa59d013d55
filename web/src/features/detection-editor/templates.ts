/** What a new detection begins with. */
export type NewLanguage = 'python' | 'typescript' | 'sigma' | 'yaml';

export interface Draft {
  readonly yaml: string;
  readonly body: string;
}

interface TemplateOptions {
  readonly language: NewLanguage;
  readonly id: string;
  readonly logType: string;
}

/** A detection that is valid, disabled, and has a test of each kind. */
export function templateOf(options: TemplateOptions): Draft {
  if (options.language === 'sigma') return { yaml: sigmaTemplate(options), body: '' };
  return { yaml: specification(options), body: code(options) };
}

function specification({ language, id, logType }: TemplateOptions): string {
  const where =
    language === 'yaml'
      ? 'Detection:\n  - Key: eventName\n    Condition: Equals\n    Value: ConsoleLogin\n'
      : `Filename: ${fileName(id)}.${language === 'python' ? 'py' : 'ts'}\n`;
  return `AnalysisType: rule
RuleID: ${id}
DisplayName: ${id.replaceAll('.', ' ')}
Enabled: false
${where}LogTypes:
  - ${logType}
Severity: Medium
Description: What it finds, and why it matters.
Runbook: What to do about an alert.
Reports:
  MITRE ATT&CK:
    - TA0001:T1078
DedupPeriodMinutes: 60
Threshold: 1
Tests:
  - Name: matches
    ExpectedResult: true
    Log:
      p_log_type: ${logType}
      eventName: ConsoleLogin
  - Name: something else
    ExpectedResult: false
    Log:
      p_log_type: ${logType}
      eventName: ListBuckets
`;
}

function code({ language, logType }: TemplateOptions): string {
  if (language === 'yaml') return '';
  if (language === 'python') {
    return `def rule(event):
    return event.get("eventName") == "ConsoleLogin"


def title(event):
    return f"{event.get('eventName')} by {event.deep_get('userIdentity', 'arn', default='somebody')}"
`;
  }
  return `import type { Event as EventOf } from 'panther';

type Event = EventOf<'${logType}'>;

export function rule(event: Event): boolean {
  return event.eventName === 'ConsoleLogin';
}

export function title(event: Event): string {
  return \`\${event.eventName} by \${event.userIdentity?.arn ?? 'somebody'}\`;
}
`;
}

const SIGMA_SOURCES: readonly (readonly [RegExp, string])[] = [
  [/^AWS\.CloudTrail$/, 'product: aws\n  service: cloudtrail'],
  [/^Okta\./, 'product: okta\n  service: okta'],
  [/^GitHub\./i, 'product: github\n  service: audit'],
  [/^GSuite\.|^Google/i, 'product: gcp\n  service: google_workspace.admin'],
  [/Kubernetes|^Amazon\.EKS/i, 'product: kubernetes\n  service: audit'],
  [/^Windows\./, 'product: windows\n  category: process_creation'],
  [/^(Nginx|Apache)\./, 'category: webserver'],
  [/^Zeek\.DNS|DNS/, 'category: dns'],
];

function sigmaTemplate({ id, logType }: TemplateOptions): string {
  const source = SIGMA_SOURCES.find(([pattern]) => pattern.test(logType))?.[1] ?? `product: ${logType}`;
  return `title: ${id.replaceAll('.', ' ')}
id: ${crypto.randomUUID()}
status: experimental
description: What it finds, and why it matters.
logsource:
  ${source}
detection:
  selection:
    eventName: ConsoleLogin
  condition: selection
level: medium
tags:
  - attack.initial-access
  - attack.t1078
`;
}

function fileName(id: string): string {
  return id.toLowerCase().replace(/[^a-z0-9]+/g, '_');
}
