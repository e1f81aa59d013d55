/** Rules over log events, rules over the rows of scheduled queries, and rules that change another one's settings. */
import { z } from 'zod';
import { checkExpressions } from '../match/parse.ts';
import {
  alerting,
  checkTests,
  distinct,
  id,
  onlyOneOf,
  ruleTests,
  type SpecIssue,
  type Specification,
  strings,
} from './shared.ts';

const LISTS = ['LogTypes', 'ScheduledQueries', 'OutputIds', 'SummaryAttributes', 'Tags'];

const keys = {
  ...alerting,
  RuleID: id,
  Filename: z.string().optional(),
  Detection: z.array(z.unknown()).optional(),
  DedupPeriodMinutes: z.int().min(0).max(43_200).nullish(),
  Threshold: z.int().min(1).nullish(),
  InlineFilters: z.array(z.unknown()).nullish(),
  DynamicSeverities: z.array(z.strictObject({ ChangeTo: z.string(), Conditions: z.array(z.unknown()) })).nullish(),
  GroupBy: z.array(z.unknown()).nullish(),
  AlertTitle: z.string().nullish(),
  AlertContext: z.array(z.strictObject({ KeyName: z.string(), KeyValue: z.unknown() })).nullish(),
  Tests: ruleTests,
  /** The rule that this one is derived from; resolved when a folder is loaded. */
  BaseDetection: id.optional(),
};

function check(spec: Readonly<Record<string, unknown>>): readonly SpecIssue[] {
  return [
    ...checkCode(spec),
    ...distinct(spec, LISTS),
    ...checkTests(spec.Tests, ['Log', 'Resource']),
    ...checkExpressions(spec),
  ];
}

function checkCode(spec: Readonly<Record<string, unknown>>): readonly SpecIssue[] {
  const isLost = spec.BaseDetection !== undefined && spec.Filename === undefined && spec.Detection === undefined;
  if (!isLost) return onlyOneOf(spec, ['Filename', 'Detection']);
  return [{ path: ['BaseDetection'], message: `there is no ${String(spec.BaseDetection)} in what was loaded` }];
}

export const rule: Specification = {
  idKey: 'RuleID',
  schema: z.strictObject({ ...keys, LogTypes: strings.min(1) }),
  check,
};

export const scheduledRule: Specification = {
  idKey: 'RuleID',
  schema: z.strictObject({ ...keys, ScheduledQueries: strings.min(1) }),
  check,
};
