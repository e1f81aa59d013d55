/**
 * Whether a correlation rule holds over the matches of its members. Pure: the unit tests of a rule and its live runs
 * both end here.
 *
 * A match is known by its time; two matches of a member at the very same moment count as two, but stand for each other
 * where fields are tied together.
 */
import type { RuleOutput } from '../detection.ts';
import type { Correlation, CorrelationMember } from '../format/correlation-rule.ts';
import { common, holdsInOrder } from './sequence.ts';

/** Matches of one member. Times are minutes, ascending. */
export interface MemberMatches {
  readonly times: readonly number[];
  /** Field → value → when a match had it. A list has each of its values. */
  readonly byField: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

export type MatchesByMember = ReadonlyMap<string, MemberMatches>;

/** Something the rule is about: the values that the matches have in common, and the matches' times. */
export interface Finding {
  /** One for each of the rule's criteria; empty without any. */
  readonly values: readonly string[];
  /** Of each member the matches that count, in minutes. */
  readonly times: ReadonlyMap<string, readonly number[]>;
}

export interface Window {
  /** Minutes; the latest match without it. */
  readonly end?: number;
  /** Until when what is absent would be known, in minutes. Without it everything is. */
  readonly now?: number;
}

const NONE: MemberMatches = { times: [], byField: new Map() };

/** Whether the rule of a unit test would make an alert. `outputs` name members by their ids. */
export function evaluateCorrelation(correlation: Correlation, outputs: readonly RuleOutput[]): boolean {
  const matches = new Map(outputs.map(({ id, matches: given }) => [id, toMatches(given)]));
  return findCorrelations(correlation, matches).length > 0;
}

/** Everything that the rule finds in its window. */
export function findCorrelations(
  correlation: Correlation,
  matches: MatchesByMember,
  { end, now }: Window = {},
): readonly Finding[] {
  const members = correlation.members.map(({ id }) => matches.get(id) ?? NONE);
  const latest =
    end ?? members.reduce((max, { times }) => Math.max(max, times.at(-1) ?? max), Number.NEGATIVE_INFINITY);
  const inWindow = (at: number) => at >= latest - correlation.lookbackMinutes && at <= latest;
  const times = new Map(
    correlation.members.map(({ id }, index) => [id, (members[index] as MemberMatches).times.filter(inWindow)]),
  );
  return [...byCriteria(correlation, matches, times, [])].filter((finding) =>
    holds(correlation, matches, finding.times, now),
  );
}

/** For each value of each criterion in turn: the matches that have it. Members that a criterion leaves out keep all. */
function* byCriteria(
  correlation: Correlation,
  matches: MatchesByMember,
  times: Finding['times'],
  values: readonly string[],
): Generator<Finding> {
  const criterion = correlation.criteria[values.length];
  if (criterion === undefined) return yield { values, times };
  for (const value of valuesOf(correlation, matches, criterion)) {
    const narrowed = new Map(times);
    for (const [member, field] of criterion) {
      narrowed.set(member, common(times.get(member) ?? [], matches.get(member)?.byField.get(field)?.get(value) ?? []));
    }
    if (hasEnough(correlation, narrowed)) {
      yield* byCriteria(correlation, matches, narrowed, [...values, value]);
    }
  }
}

/** What is absent has no value that could be asked for. */
function valuesOf(
  { members }: Correlation,
  matches: MatchesByMember,
  criterion: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const values = new Set<string>();
  for (const member of members) {
    const field = criterion.get(member.id);
    if (isAbsence(member) || field === undefined) continue;
    for (const value of matches.get(member.id)?.byField.get(field)?.keys() ?? []) values.add(value);
  }
  return values;
}

/** Without the absences, which order can excuse. */
function hasEnough({ members, minMembers }: Correlation, times: Finding['times']): boolean {
  const present = members.filter((member) => {
    const count = times.get(member.id)?.length ?? 0;
    return !isAbsence(member) && count >= member.minMatchCount && count <= (member.maxMatchCount ?? count);
  });
  const needed = Math.min(minMembers, members.filter((member) => !isAbsence(member)).length);
  return present.length >= needed;
}

function holds(
  correlation: Correlation,
  matches: MatchesByMember,
  times: Finding['times'],
  now: number | undefined,
): boolean {
  if (!hasEnough(correlation, times)) return false;
  const ordered = new Set(correlation.transitions.flatMap(({ from, to }) => [from, to]));
  const isViolated = correlation.members.some(
    (member) =>
      isAbsence(member) && !ordered.has(member.id) && (times.get(member.id)?.length ?? 0) >= member.minMatchCount,
  );
  return !isViolated && (correlation.kind === 'group' || holdsInOrder(correlation, matches, times, now));
}

/** A member that may match not even once. */
export function isAbsence({ isAbsent, maxMatchCount }: CorrelationMember): boolean {
  return isAbsent || maxMatchCount === 0;
}

/** Of a unit test. Fields are views of the same matches, so the field with the most of them has them all. */
function toMatches(given: RuleOutput['matches']): MemberMatches {
  const byField = new Map<string, ReadonlyMap<string, readonly number[]>>();
  let all: readonly number[] = [];
  for (const [field, values] of Object.entries(given)) {
    const byValue = new Map(
      Object.entries(values).map(([value, at]) => [value, at.map(toMinutes).toSorted(ascending)]),
    );
    byField.set(field, byValue);
    const times = [...byValue.values()].flat().toSorted(ascending);
    if (times.length > all.length) all = times;
  }
  return { times: all, byField };
}

const MS_PER_MINUTE = 60_000;

/** A number is minutes already; text is RFC 3339. What is neither never matches. */
function toMinutes(time: number | string): number {
  return typeof time === 'number' ? time : Date.parse(time) / MS_PER_MINUTE;
}

function ascending(a: number, b: number): number {
  return a - b;
}
