/** A detection: its specification and its code, from a file or from the state. */
import { basename, extname } from 'node:path';
import type { RuleInfo, Severity } from '../core/detection.ts';
import { errorMessage, UserError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import { checkSpec } from './format/check.ts';
import { ANALYSIS_TYPES, type AnalysisType } from './format/index.ts';
import type { SpecIssue } from './format/shared.ts';
import { createCorrelator } from './sigma/correlation/correlator.ts';
import type { CorrelationPart } from './sigma/correlation/specification.ts';
import { compileSigma } from './sigma/run.ts';
import type { SigmaPart } from './sigma/specification.ts';

export { ANALYSIS_TYPES, type AnalysisType } from './format/index.ts';
export type { SpecIssue } from './format/shared.ts';

export type Language = 'python' | 'typescript' | 'yaml' | 'sigma';

export interface DetectionTest {
  readonly name: string;
  readonly expectedResult: boolean;
  /** Numbers as far as JavaScript has them. */
  readonly log: Readonly<Record<string, unknown>>;
  /** The same with every number as it was written. */
  readonly logJson: string;
  /** Names in the rule's code to what they return when called. */
  readonly mocks: Readonly<Record<string, unknown>>;
  /** Of a correlation rule, instead of an event: what its members matched. */
  readonly ruleOutputs?: readonly RuleOutput[];
}

/** What one member of a correlation rule matched: field → value → when, in minutes or as RFC 3339. */
export interface RuleOutput {
  readonly id: string;
  readonly matches: Readonly<Record<string, Readonly<Record<string, readonly (number | string)[]>>>>;
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
  /** The text that `spec` was read from, with its comments, where it is YAML of the format. */
  readonly specText?: string;
  /** Of specification and body together. */
  readonly version: string;
}

export type ParsedSpec =
  | { readonly detection: Detection; readonly warnings: readonly SpecIssue[] }
  | { readonly issues: readonly SpecIssue[]; readonly warnings?: readonly SpecIssue[] };

type Fields = Readonly<Record<string, unknown>>;

/** `file` is the code's name for messages; `body` its text. */
export function toDetection(spec: Fields, file: string, body: string): ParsedSpec {
  const type = String(spec.AnalysisType).toLowerCase() as AnalysisType;
  if (!ANALYSIS_TYPES.includes(type)) {
    const message = `"${String(spec.AnalysisType)}" is not one of ${ANALYSIS_TYPES.join(', ')}`;
    return { issues: [{ path: ['AnalysisType'], message }] };
  }
  if (spec.Sigma !== undefined) return toSigmaDetection(spec, file, body);
  const checked = checkSpec(type, spec);
  if ('issues' in checked) return checked;
  const { id, data, warnings } = checked;
  const tests = type === 'correlation_rule' ? correlationTests(data) : testsOf(data);
  if ('issues' in tests) return { ...tests, warnings };
  const version = versionOf(spec, body);
  const info = infoOf(id, version, data);
  const isEnabled = (data.Enabled as boolean | null | undefined) ?? true;
  const detection = { id, type, language: languageOf(file, body), info, isEnabled, body, file, tests, spec, version };
  return { detection, warnings };
}

/** Of a specification that was made of a Sigma rule or correlation. */
function toSigmaDetection(spec: Fields, file: string, body: string): ParsedSpec {
  const isCorrelation = spec.AnalysisType === 'correlation_rule';
  try {
    if (isCorrelation) createCorrelator((spec.Sigma as CorrelationPart).correlations);
    else compileSigma(spec.Sigma as SigmaPart);
  } catch (error) {
    return { issues: [{ path: ['Sigma'], message: errorMessage(error) }] };
  }
  const type = isCorrelation ? ('correlation_rule' as const) : ('rule' as const);
  const id = String(spec.RuleID);
  const version = versionOf(spec, body);
  const info = infoOf(id, version, spec);
  const isEnabled = (spec.Enabled as boolean | undefined) ?? true;
  const detection = { id, type, language: 'sigma' as const, info, isEnabled, body, file };
  return { detection: { ...detection, tests: [], spec, version }, warnings: [] };
}

const DEFAULT_DEDUP_MINUTES = 60;
const MIN_DEDUP_MINUTES = 5;

function infoOf(id: string, version: string, data: Fields): RuleInfo {
  const makesAlerts = data.Severity !== undefined;
  return {
    id,
    version,
    displayName: (data.DisplayName as string | null) ?? '',
    severity: String(data.Severity ?? 'INFO').toUpperCase() as Severity,
    logTypes: list(data.LogTypes),
    dedupPeriodMinutes: Math.max((data.DedupPeriodMinutes as number) || DEFAULT_DEDUP_MINUTES, MIN_DEDUP_MINUTES),
    threshold: (data.Threshold as number | null) ?? 1,
    createAlert: makesAlerts && ((data.CreateAlert as boolean | null) ?? true),
    description: (data.Description as string | null) ?? '',
    reference: (data.Reference as string | null) ?? '',
    runbook: (data.Runbook as string | null) ?? '',
    tags: list(data.Tags),
    reports: reportsOf(data.Reports),
    outputIds: list(data.OutputIds),
  };
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function reportsOf(value: unknown): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries((value ?? {}) as Record<string, readonly unknown[]>);
  return Object.fromEntries(entries.map(([name, ids]) => [name, ids.map(String)]));
}

interface SpecTest {
  readonly Name: string;
  readonly ExpectedResult: boolean;
  readonly Log?: unknown;
  readonly Resource?: unknown;
  readonly LogType?: string | null;
  readonly Mocks?: readonly { readonly objectName: string; readonly returnValue?: unknown }[] | null;
  readonly RuleOutputs?: readonly { readonly ID: string; readonly Matches?: RuleOutput['matches'] | null }[];
}

type Tests = readonly DetectionTest[] | { readonly issues: readonly SpecIssue[] };

function testsOf({ Tests: given }: Fields): Tests {
  const tests: DetectionTest[] = [];
  for (const [index, test] of ((given ?? []) as readonly SpecTest[]).entries()) {
    const key = test.Resource === undefined ? 'Log' : 'Resource';
    const log = readLog(test[key]);
    if (log === undefined) {
      return { issues: [{ path: ['Tests', index, key], message: 'must be a map or its JSON' }] };
    }
    const mocks = Object.fromEntries((test.Mocks ?? []).map((mock) => [mock.objectName, mock.returnValue ?? null]));
    tests.push({ name: test.Name, expectedResult: test.ExpectedResult, ...log, mocks });
  }
  return tests;
}

function correlationTests({ Tests: given }: Fields): Tests {
  return ((given ?? []) as readonly SpecTest[]).map((test) => ({
    name: test.Name,
    expectedResult: test.ExpectedResult,
    log: {},
    logJson: '{}',
    mocks: {},
    ruleOutputs: (test.RuleOutputs ?? []).map(({ ID: id, Matches: matches }) => ({ id, matches: matches ?? {} })),
  }));
}

function readLog(log: unknown): Pick<DetectionTest, 'log' | 'logJson'> | undefined {
  try {
    const logJson = typeof log === 'string' ? log : JSON.stringify(log);
    const parsed: unknown = JSON.parse(logJson);
    const isMap = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isMap ? { log: parsed as Record<string, unknown>, logJson } : undefined;
  } catch {
    return undefined;
  }
}

function languageOf(file: string, body: string): Language {
  if (body === '') return 'yaml';
  if (extname(file) === '.ts') return 'typescript';
  return extname(file) === '.py' || file === '' ? 'python' : 'yaml';
}

function versionOf(spec: Fields, body: string): string {
  return sha256Hex(JSON.stringify([spec, body])).slice(0, 32);
}

/** A detection out of the state. @throws UserError when what is stored is not valid (any more). */
export function storedDetection(row: {
  readonly id: string;
  readonly spec: string;
  readonly body: string;
  readonly enabled: 0 | 1;
  readonly spec_text?: string | null;
}): Detection {
  const spec = JSON.parse(row.spec) as Record<string, unknown>;
  const parsed = toDetection(spec, basename(String(spec.Filename ?? '')), row.body);
  const text = row.spec_text ? { specText: row.spec_text } : {};
  if ('detection' in parsed) return { ...parsed.detection, isEnabled: row.enabled === 1, ...text };
  const [issue] = parsed.issues;
  throw new UserError(issue?.message ?? 'is not valid', { file: row.id, field: issue?.path.join('.') ?? '' });
}
