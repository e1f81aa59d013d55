/** Keys and values that several analysis types share. */
import { z } from 'zod';

/** A mistake in a specification: which field, and what was expected. */
export interface SpecIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** One analysis type: what it may say, and under which key its id stands. */
export interface Specification {
  readonly idKey: string;
  /** Strict: a key that is not listed is an issue of its own, which callers take for a warning. */
  readonly schema: z.ZodObject;
  /** What the shapes of single fields cannot tell. */
  check?(spec: Readonly<Record<string, unknown>>): readonly SpecIssue[];
}

const SEVERITY_NAMES = ['Info', 'Low', 'Medium', 'High', 'Critical'] as const;

export const strings = z.array(z.string());
export const id = z
  .string()
  .min(1)
  .regex(/^[^<>&"%]+$/, 'must not contain < > & " %');
export const severity = z.preprocess(
  (value) => (typeof value === 'string' ? value.charAt(0).toUpperCase() + value.slice(1).toLowerCase() : value),
  z.enum(SEVERITY_NAMES),
);
const status = z.preprocess(
  (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  z.enum(['stable', 'experimental', 'deprecated']),
);

/** Of every type. */
export const base = {
  AnalysisType: z.string(),
  DisplayName: z.string().nullish(),
  Description: z.string().nullish(),
  Reference: z.string().nullish(),
  Tags: strings.nullish(),
  CreatedBy: z.string().nullish(),
  /** Version of the pack's item that a fork began with. */
  BaseVersion: z.int().nullish(),
};

/** Of everything that makes alerts. */
export const alerting = {
  ...base,
  Enabled: z.boolean(),
  Severity: severity,
  Runbook: z.string().nullish(),
  Status: status.nullish(),
  Reports: z.record(z.string(), z.array(z.union([z.string(), z.number()]))).nullish(),
  OutputIds: strings.nullish(),
  SummaryAttributes: strings.nullish(),
  OnlyUseBaseRiskScore: z.boolean().nullish(),
  CreateAlert: z.boolean().nullish(),
};

export const testLog = z.union([z.record(z.string(), z.unknown()), z.string()], {
  error: 'must be a map or its JSON',
});

export const mocks = z
  .array(
    z.strictObject({
      objectName: z
        .string()
        .regex(/^[A-Za-z_$][\w$]*$/, 'must be the plain name of something in the detection’s module'),
      returnValue: z.unknown(),
    }),
  )
  .nullish();

export const ruleTests = z
  .array(
    z.strictObject({
      Name: z.string(),
      ExpectedResult: z.boolean(),
      Log: testLog.optional(),
      Resource: testLog.optional(),
      LogType: z.string().nullish(),
      ResourceType: z.string().nullish(),
      ExpectedDestinations: strings.nullish(),
      Mocks: mocks,
    }),
  )
  .nullish();

export const queryTexts = {
  Query: z.string().optional(),
  AthenaQuery: z.string().optional(),
  SnowflakeQuery: z.string().optional(),
  DatabricksQuery: z.string().optional(),
};

/** Queries may be given in the dialects of several databases. */
export function atLeastOne(spec: Readonly<Record<string, unknown>>, keys: readonly string[]): readonly SpecIssue[] {
  const hasOne = keys.some((key) => spec[key] !== undefined && spec[key] !== null);
  return hasOne ? [] : [{ path: [], message: `one of ${keys.join(', ')} is missing` }];
}

/** Exactly one of the keys is there. */
export function onlyOneOf(spec: Readonly<Record<string, unknown>>, keys: readonly string[]): readonly SpecIssue[] {
  const given = keys.filter((key) => spec[key] !== undefined && spec[key] !== null);
  if (given.length === 1) return [];
  const names = keys.join(', ');
  const [, second] = given;
  if (second === undefined) return [{ path: [], message: `one of ${names} is missing` }];
  return [{ path: [second], message: `only one of ${names} may be given, not ${given.join(' and ')}` }];
}

/** Lists whose values must differ. */
export function distinct(spec: Readonly<Record<string, unknown>>, keys: readonly string[]): readonly SpecIssue[] {
  return keys.flatMap((key) => {
    const value = spec[key];
    if (!Array.isArray(value)) return [];
    const seen = new Set<string>();
    return value.flatMap((one, index) => {
      const name = key === 'Tags' ? String(one).toLowerCase() : String(one);
      if (!seen.has(name)) return seen.add(name) && [];
      return [{ path: [key, index], message: `${JSON.stringify(one)} is given twice` }];
    });
  });
}

/** Tests have names of their own, and what they test. */
export function checkTests(tests: unknown, logKeys: readonly string[]): readonly SpecIssue[] {
  if (!Array.isArray(tests)) return [];
  const names = new Set<unknown>();
  return tests.flatMap((test: Record<string, unknown>, index) => {
    const issues: SpecIssue[] = [];
    if (names.has(test.Name)) {
      issues.push({
        path: ['Tests', index, 'Name'],
        message: `there is another test named ${JSON.stringify(test.Name)}`,
      });
    }
    names.add(test.Name);
    if (logKeys.every((key) => test[key] === undefined)) {
      issues.push({ path: ['Tests', index], message: `the test needs its ${logKeys[0]}` });
    }
    return issues;
  });
}
