/** A detection: its specification and its code, from a file or from the state. */
import { basename, extname } from 'node:path';
import { z } from 'zod';
import type { RuleInfo, Severity } from '../core/detection.ts';
import { UserError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';

export const ANALYSIS_TYPES = [
  'rule',
  'scheduled_rule',
  'policy',
  'global',
  'datamodel',
  'lookup_table',
  'saved_query',
  'scheduled_query',
  'correlation_rule',
  'pack',
] as const;
export type AnalysisType = (typeof ANALYSIS_TYPES)[number];

export type Language = 'python' | 'typescript' | 'yaml';

export interface DetectionTest {
  readonly name: string;
  readonly expectedResult: boolean;
  readonly log: Readonly<Record<string, unknown>>;
  /** Names in the rule's code to what they return when called. */
  readonly mocks: Readonly<Record<string, unknown>>;
}

export interface Detection {
  readonly id: string;
  readonly type: AnalysisType;
  readonly language: Language;
  /** The parts of a rule that alerting needs; of other types the ones they have. */
  readonly info: RuleInfo;
  readonly isEnabled: boolean;
  /** Source text of the code; empty without one. */
  readonly body: string;
  /** Of the code, for messages. */
  readonly file: string;
  readonly tests: readonly DetectionTest[];
  /** As it was written. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Of specification and body together. */
  readonly version: string;
}

const SEVERITY_NAMES = ['Info', 'Low', 'Medium', 'High', 'Critical'] as const;
const strings = z.array(z.string());

const testSchema = z.looseObject({
  Name: z.string(),
  ExpectedResult: z.boolean(),
  Log: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  Resource: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  Mocks: z.array(z.object({ objectName: z.string(), returnValue: z.unknown() })).optional(),
});

const common = {
  AnalysisType: z.string(),
  DisplayName: z.string().optional(),
  Description: z.string().optional(),
  Enabled: z.boolean().optional(),
  Filename: z.string().optional(),
  Tags: strings.optional(),
  Reference: z.string().optional(),
  Runbook: z.string().optional(),
};

const ruleSchema = z.looseObject({
  ...common,
  RuleID: z.string().regex(/^[^<>&"%]+$/, 'must not contain < > & " %'),
  Enabled: z.boolean(),
  Severity: z
    .string()
    .transform((text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase())
    .pipe(z.enum(SEVERITY_NAMES)),
  LogTypes: strings.min(1),
  Reports: z.record(z.string(), strings).optional(),
  DedupPeriodMinutes: z.int().min(0).max(43_200).optional(),
  Threshold: z.int().min(1).optional(),
  CreateAlert: z.boolean().optional(),
  OutputIds: strings.optional(),
  SummaryAttributes: strings.optional(),
  Status: z.string().optional(),
  InlineFilters: z.array(z.unknown()).optional(),
  Detection: z.array(z.unknown()).optional(),
  Tests: z.array(testSchema).optional(),
});

const otherSchema = z.looseObject({
  ...common,
  GlobalID: z.string().optional(),
  PolicyID: z.string().optional(),
  RuleID: z.string().optional(),
  DataModelID: z.string().optional(),
  LookupName: z.string().optional(),
  QueryName: z.string().optional(),
  PackID: z.string().optional(),
});

const KNOWN_RULE_KEYS = new Set(Object.keys(ruleSchema.shape));

/** A mistake in a specification: which field, and what was expected. */
export interface SpecIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type ParsedSpec =
  | { readonly detection: Detection; readonly warnings: readonly SpecIssue[] }
  | { readonly issues: readonly SpecIssue[] };

/** `file` is the code's name for messages; `body` its text. */
export function toDetection(spec: Readonly<Record<string, unknown>>, file: string, body: string): ParsedSpec {
  const type = String(spec.AnalysisType).toLowerCase() as AnalysisType;
  if (!ANALYSIS_TYPES.includes(type)) {
    const message = `"${String(spec.AnalysisType)}" is not one of ${ANALYSIS_TYPES.join(', ')}`;
    return { issues: [{ path: ['AnalysisType'], message }] };
  }
  return type === 'rule' ? toRule(spec, file, body) : toOther(type, spec, file, body);
}

function toRule(spec: Readonly<Record<string, unknown>>, file: string, body: string): ParsedSpec {
  const parsed = ruleSchema.safeParse(spec);
  if (!parsed.success) return { issues: parsed.error.issues };
  const rule = parsed.data;
  const version = versionOf(spec, body);
  const tests: DetectionTest[] = [];
  for (const [index, test] of (rule.Tests ?? []).entries()) {
    const log = toLog(test.Log ?? test.Resource);
    if (log === undefined) return { issues: [{ path: ['Tests', index, 'Log'], message: 'must be a map or its JSON' }] };
    const mocks = Object.fromEntries((test.Mocks ?? []).map((mock) => [mock.objectName, mock.returnValue]));
    tests.push({ name: test.Name, expectedResult: test.ExpectedResult, log, mocks });
  }
  const info: RuleInfo = {
    id: rule.RuleID,
    version,
    displayName: rule.DisplayName ?? '',
    severity: rule.Severity.toUpperCase() as Severity,
    logTypes: rule.LogTypes,
    dedupPeriodMinutes: Math.max(rule.DedupPeriodMinutes || 60, 5),
    threshold: rule.Threshold ?? 1,
    createAlert: rule.CreateAlert ?? true,
    description: rule.Description ?? '',
    reference: rule.Reference ?? '',
    runbook: rule.Runbook ?? '',
    tags: rule.Tags ?? [],
    reports: rule.Reports ?? {},
    outputIds: rule.OutputIds ?? [],
  };
  const unknown = Object.keys(spec).filter((key) => !KNOWN_RULE_KEYS.has(key));
  const warnings = unknown.map((key) => ({ path: [key], message: `unknown key ${key}` }));
  const shared = {
    id: rule.RuleID,
    type: 'rule' as const,
    info,
    isEnabled: rule.Enabled,
    body,
    file,
    tests,
    spec,
    version,
  };
  return { detection: { ...shared, language: languageOf(file, body) }, warnings };
}

function toOther(type: AnalysisType, spec: Readonly<Record<string, unknown>>, file: string, body: string): ParsedSpec {
  const parsed = otherSchema.safeParse(spec);
  if (!parsed.success) return { issues: parsed.error.issues };
  const data = parsed.data;
  const id =
    data.GlobalID ??
    data.PolicyID ??
    data.RuleID ??
    data.DataModelID ??
    data.LookupName ??
    data.QueryName ??
    data.PackID;
  if (id === undefined) return { issues: [{ path: [], message: `a ${type} needs its id` }] };
  const version = versionOf(spec, body);
  const info: RuleInfo = {
    id,
    version,
    displayName: data.DisplayName ?? '',
    severity: 'INFO',
    logTypes: [],
    dedupPeriodMinutes: 60,
    threshold: 1,
    createAlert: false,
    description: data.Description ?? '',
    reference: data.Reference ?? '',
    runbook: data.Runbook ?? '',
    tags: data.Tags ?? [],
    reports: {},
    outputIds: [],
  };
  const isEnabled = data.Enabled ?? true;
  return {
    detection: { id, type, language: languageOf(file, body), info, isEnabled, body, file, tests: [], spec, version },
    warnings: [],
  };
}

function toLog(log: unknown): Record<string, unknown> | undefined {
  if (typeof log === 'object' && log !== null) return log as Record<string, unknown>;
  if (typeof log !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(log);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function languageOf(file: string, body: string): Language {
  if (body === '') return 'yaml';
  return extname(file) === '.ts' ? 'typescript' : 'python';
}

function versionOf(spec: Readonly<Record<string, unknown>>, body: string): string {
  return sha256Hex(JSON.stringify([spec, body])).slice(0, 32);
}

/** A detection out of the state. @throws UserError when what is stored is not valid (any more). */
export function storedDetection(row: {
  readonly id: string;
  readonly spec: string;
  readonly body: string;
  readonly enabled: 0 | 1;
}): Detection {
  const spec = JSON.parse(row.spec) as Record<string, unknown>;
  const parsed = toDetection(spec, basename(String(spec.Filename ?? '')), row.body);
  if ('detection' in parsed) return { ...parsed.detection, isEnabled: row.enabled === 1 };
  const [issue] = parsed.issues;
  throw new UserError(issue?.message ?? 'is not valid', { file: row.id, field: issue?.path.join('.') ?? '' });
}
