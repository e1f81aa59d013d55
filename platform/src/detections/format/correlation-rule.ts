/** Rules over the matches of other rules within a window of time. */
import { z } from 'zod';
import { checkSchedule, schedule } from './query.ts';
import { alerting, distinct, id, type SpecIssue, type Specification, strings } from './shared.ts';

const member = z.strictObject({
  ID: z.string().min(1),
  RuleID: id,
  MinMatchCount: z.int().min(1).nullish(),
  MaxMatchCount: z.int().min(0).nullish(),
  /** The rule must not have matched. */
  Absence: z.boolean().nullish(),
});

const fieldOfEach = { From: z.string(), To: z.string() };
/** `On: field`; `From: field, To: field` where the two rules name it differently, also below `On`. */
const tie = z.union(
  [z.strictObject(fieldOfEach), z.strictObject({ On: z.union([z.string(), z.strictObject(fieldOfEach)]) })],
  { error: 'must be On with a field, or From and To with a field each' },
);

const transition = z.strictObject({
  ID: z.string().nullish(),
  From: z.string(),
  To: z.string(),
  WithinTimeFrameMinutes: z.int().min(1).nullish(),
  MinTimeframe: z.int().min(0).nullish(),
  Match: z.array(tie).min(1).nullish(),
});

const detection = z.strictObject({
  Group: z.array(member).min(1).optional(),
  Sequence: z.array(member).min(1).optional(),
  Transitions: z.array(transition).nullish(),
  /** Of a group: how many of its members must have matched; all of them without it. */
  MinMatchCount: z.int().min(1).nullish(),
  MatchCriteria: z.record(z.string(), z.array(z.strictObject({ GroupID: z.string(), Match: z.string() }))).nullish(),
  LookbackWindowMinutes: z.int().min(1).nullish(),
  EventEvaluationOrder: z.enum(['Chronological', 'ReverseChronological']).nullish(),
  Schedule: schedule,
});

const tests = z.array(
  z.strictObject({
    Name: z.string(),
    ExpectedResult: z.boolean(),
    RuleOutputs: z.array(
      z.strictObject({
        ID: z.string(),
        Matches: z.record(z.string(), z.record(z.string(), z.array(z.union([z.number(), z.string()])))).nullish(),
      }),
    ),
  }),
);

export const correlationRule: Specification = {
  idKey: 'RuleID',
  schema: z.strictObject({
    ...alerting,
    RuleID: id,
    Detection: z.array(detection).length(1, 'must have exactly one element'),
    DedupPeriodMinutes: z.int().min(0).max(43_200).nullish(),
    Threshold: z.int().min(1).nullish(),
    Tests: tests.nullish(),
    LogTypes: strings.nullish(),
  }),
  check(spec) {
    const [first] = Array.isArray(spec.Detection) ? (spec.Detection as Record<string, unknown>[]) : [];
    if (first === undefined) return [];
    const inside = [...checkMembers(first), ...checkSchedule(first.Schedule)];
    return [
      ...distinct(spec, ['OutputIds', 'SummaryAttributes', 'Tags']),
      ...inside.map(({ path, message }) => ({ path: ['Detection', 0, ...path], message })),
    ];
  },
};

/** Group or sequence; every id that is named exists. */
function checkMembers(given: Record<string, unknown>): readonly SpecIssue[] {
  const kinds = ['Group', 'Sequence'].filter((key) => given[key] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return [{ path: [], message: 'needs a Group or a Sequence, not both' }];
  const members = given[kind] as readonly z.infer<typeof member>[];
  const ids = new Set(members.map(({ ID }) => ID));
  const issues: SpecIssue[] = [];
  if (ids.size < members.length) issues.push({ path: [kind], message: 'two members have the same ID' });
  const known = [...ids].join(', ');
  const criteria = Object.entries((given.MatchCriteria ?? {}) as Record<string, readonly { GroupID: string }[]>);
  for (const [name, fields] of criteria) {
    for (const [index, { GroupID }] of fields.entries()) {
      if (ids.has(GroupID)) continue;
      issues.push({ path: ['MatchCriteria', name, index, 'GroupID'], message: `"${GroupID}" is not one of ${known}` });
    }
  }
  for (const [index, one] of ((given.Transitions ?? []) as readonly z.infer<typeof transition>[]).entries()) {
    for (const end of ['From', 'To'] as const) {
      if (ids.has(one[end])) continue;
      issues.push({ path: ['Transitions', index, end], message: `"${one[end]}" is not one of ${known}` });
    }
  }
  return issues;
}

export interface CorrelationMember {
  readonly id: string;
  readonly ruleId: string;
  readonly minMatchCount: number;
  readonly maxMatchCount?: number;
  readonly isAbsent: boolean;
}

export interface CorrelationTransition {
  readonly from: string;
  readonly to: string;
  readonly withinMinutes: number;
  /** At least so long after `from`. */
  readonly minMinutes: number;
  /** Fields of the two matches that must have a value in common; every pair must. */
  readonly match: readonly { readonly from: string; readonly to: string }[];
}

export interface Correlation {
  readonly kind: 'group' | 'sequence';
  readonly members: readonly CorrelationMember[];
  /** How many members that are not absent must have matched. */
  readonly minMembers: number;
  readonly transitions: readonly CorrelationTransition[];
  /** Each: the field of a member's matches that has the value; all criteria must hold. */
  readonly criteria: readonly ReadonlyMap<string, string>[];
  readonly lookbackMinutes: number;
  readonly schedule: { readonly rateMinutes?: number; readonly cron?: string; readonly timeoutMinutes: number };
}

const DEFAULT_LOOKBACK_MINUTES = 15;

/** Of a specification that is valid. */
export function correlationOf(spec: Readonly<Record<string, unknown>>): Correlation {
  const given = detection.parse((spec.Detection as readonly unknown[])[0]);
  const lookbackMinutes = given.LookbackWindowMinutes ?? DEFAULT_LOOKBACK_MINUTES;
  const members = (given.Group ?? given.Sequence ?? []).map(toMember);
  const { RateMinutes: rateMinutes, CronExpression: cron, TimeoutMinutes: timeoutMinutes } = given.Schedule;
  return {
    kind: given.Group === undefined ? 'sequence' : 'group',
    members,
    minMembers: given.MinMatchCount ?? members.filter(({ isAbsent }) => !isAbsent).length,
    transitions: (given.Transitions ?? []).map((one) => toTransition(one, lookbackMinutes)),
    criteria: Object.values(given.MatchCriteria ?? {}).map(
      (fields) => new Map(fields.map(({ GroupID, Match }) => [GroupID, Match])),
    ),
    lookbackMinutes,
    schedule: {
      timeoutMinutes,
      ...(rateMinutes === undefined ? {} : { rateMinutes }),
      ...(cron === undefined ? {} : { cron }),
    },
  };
}

function toMember(one: z.infer<typeof member>): CorrelationMember {
  return {
    id: one.ID,
    ruleId: one.RuleID,
    minMatchCount: one.MinMatchCount ?? 1,
    isAbsent: one.Absence ?? false,
    ...(typeof one.MaxMatchCount === 'number' ? { maxMatchCount: one.MaxMatchCount } : {}),
  };
}

function toTransition(one: z.infer<typeof transition>, lookbackMinutes: number): CorrelationTransition {
  return {
    from: one.From,
    to: one.To,
    withinMinutes: one.WithinTimeFrameMinutes ?? lookbackMinutes,
    minMinutes: one.MinTimeframe ?? 0,
    match: (one.Match ?? []).map(toTie),
  };
}

function toTie(given: z.infer<typeof tie>): { readonly from: string; readonly to: string } {
  const fields = 'On' in given ? given.On : given;
  return typeof fields === 'string' ? { from: fields, to: fields } : { from: fields.From, to: fields.To };
}
