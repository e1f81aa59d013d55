/** A Sigma rule as a specification of Panther's format, with what pipelines and filters made of it under `Sigma`. */
import { reportsOf } from './attack.ts';
import type { Processed } from './pipeline/apply.ts';
import type { ConditionTree, Level, LogSource, Meta, Search, SigmaRule, Status } from './rule.ts';

/** What is run, and what Panther's format has no key for. Plain JSON. */
export interface SigmaPart {
  readonly logSource: LogSource;
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: ConditionTree;
  readonly name?: string;
  readonly level?: Level;
  readonly status?: Status;
  readonly author: string;
  readonly references: readonly string[];
  readonly falsePositives: readonly string[];
  /** What the alert shows: names in the rule to places in the event. */
  readonly fields: Readonly<Record<string, string>>;
  readonly custom: Readonly<Record<string, unknown>>;
}

export const SEVERITIES: Readonly<Record<Level, string>> = {
  informational: 'Info',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

/** Of rules that do not say. */
export const DEFAULT_LEVEL: Level = 'medium';

/** `isPart`: of a correlation that stands for it, so that its matches are no alerts. */
export function toSpecification({ rule, logTypes, fieldOf }: Processed, isPart: boolean): Record<string, unknown> {
  const level = rule.level ?? DEFAULT_LEVEL;
  const [reference] = rule.references;
  const runbook = runbookOf(rule);
  return {
    AnalysisType: 'rule',
    RuleID: rule.id,
    DisplayName: rule.title,
    Enabled: rule.status !== 'deprecated' && rule.status !== 'unsupported',
    LogTypes: logTypes,
    Severity: SEVERITIES[level],
    // Sigma: informational rules are to mark events, not to raise anything.
    CreateAlert: !isPart && level !== 'informational',
    ...(rule.description === '' ? {} : { Description: rule.description }),
    ...(reference === undefined ? {} : { Reference: reference }),
    ...(runbook === '' ? {} : { Runbook: runbook }),
    Tags: rule.tags,
    Reports: reportsOf(rule.tags),
    Sigma: partOf(rule, fieldOf),
  };
}

function partOf(rule: SigmaRule, fieldOf: (name: string) => string): SigmaPart {
  const { logSource, searches, condition, name, level, status, author, references, falsePositives, custom } = rule;
  return {
    logSource,
    searches,
    condition,
    ...(name === undefined ? {} : { name }),
    ...(level === undefined ? {} : { level }),
    ...(status === undefined ? {} : { status }),
    author,
    references,
    falsePositives,
    fields: Object.fromEntries(rule.fields.map((field) => [field, fieldOf(field)])),
    custom,
  };
}

/** What helps to judge an alert. */
export function runbookOf({ falsePositives, references }: Pick<Meta, 'falsePositives' | 'references'>): string {
  const parts = [
    ['Known false positives:', falsePositives],
    ['References:', references.length > 1 ? references : []],
  ] as const;
  return parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `- ${line}`)].join('\n'))
    .join('\n\n');
}
