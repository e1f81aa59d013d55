/** The order of a sequence: one match after another, each within its time after the one before. */
import type { Correlation, CorrelationTransition } from '../format/correlation-rule.ts';
import type { Finding, MatchesByMember } from './evaluate.ts';

type Times = Finding['times'];

/** Whether matches can be picked so that every transition holds. */
export function holdsInOrder(
  correlation: Correlation,
  matches: MatchesByMember,
  times: Times,
  now: number | undefined,
): boolean {
  const reached = new Map(times);
  for (const transition of transitionsOf(correlation)) {
    const target = correlation.members.find(({ id }) => id === transition.to);
    const from = reached.get(transition.from) ?? [];
    if (target?.isAbsent === true || target?.maxMatchCount === 0) {
      const next = undisturbed(transition, from, { times, matches, minCount: target.minMatchCount, now });
      if (next.length === 0) return false;
      reached.set(transition.from, next);
      continue;
    }
    const next = [...linked(transition, from, reached.get(transition.to) ?? [], matches)];
    if (next.length < (target?.minMatchCount ?? 1)) return false;
    reached.set(transition.to, next);
  }
  return true;
}

/**
 * Without transitions a sequence is in the order of its members. A transition out of a member that is absent is one out
 * of the member before it: `A, no B, C` has C after A, and no B in between.
 */
function transitionsOf({ members, transitions, lookbackMinutes }: Correlation): readonly CorrelationTransition[] {
  if (transitions.length === 0) {
    const present = members.filter(({ isAbsent }) => !isAbsent);
    return present.slice(1).map(({ id }, index) => ({
      from: (present[index] as { id: string }).id,
      to: id,
      withinMinutes: lookbackMinutes,
      minMinutes: 0,
      match: [],
    }));
  }
  const absent = new Set(members.filter(({ isAbsent }) => isAbsent).map(({ id }) => id));
  return transitions.map((transition) => {
    if (!absent.has(transition.from)) return transition;
    const before = transitions.find(({ to }) => to === transition.from);
    return before === undefined ? transition : { ...transition, from: before.from, match: [] };
  });
}

interface Surroundings {
  readonly times: Times;
  readonly matches: MatchesByMember;
  readonly minCount: number;
  readonly now: number | undefined;
}

/** Matches that are not followed in time by what must be absent. Those whose time is not over yet are left for later. */
function undisturbed(
  transition: CorrelationTransition,
  from: readonly number[],
  { times, matches, minCount, now }: Surroundings,
): readonly number[] {
  const { withinMinutes, minMinutes, to } = transition;
  return from.filter((start) => {
    if (now !== undefined && start + withinMinutes > now) return false;
    const after = (times.get(to) ?? []).filter((at) => at - start >= minMinutes && at - start <= withinMinutes);
    const disturbing = after.filter((at) => linked(transition, [start], [at], matches).size > 0);
    return disturbing.length < minCount;
  });
}

/** The times of `to` that follow one of `from` closely enough, and have in common with it what must be. */
function linked(
  transition: CorrelationTransition,
  from: readonly number[],
  to: readonly number[],
  matches: MatchesByMember,
  pair = 0,
): Set<number> {
  const fields = transition.match[pair];
  if (fields === undefined) return new Set(to.filter((at) => isAfter(transition, from, at)));
  const starts = matches.get(transition.from)?.byField.get(fields.from) ?? new Map<string, number[]>();
  const ends = matches.get(transition.to)?.byField.get(fields.to) ?? new Map<string, number[]>();
  const found = new Set<number>();
  for (const [value, at] of starts) {
    const others = ends.get(value);
    if (others === undefined) continue;
    const next = linked(transition, common(from, at), common(to, others), matches, pair + 1);
    for (const time of next) found.add(time);
  }
  return found;
}

function isAfter({ withinMinutes, minMinutes }: CorrelationTransition, from: readonly number[], at: number): boolean {
  return from.some((start) => at - start >= minMinutes && at - start <= withinMinutes);
}

/** The times that are in both. A time that is there twice in both stays so. */
export function common(a: readonly number[], b: readonly number[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const at of b) counts.set(at, (counts.get(at) ?? 0) + 1);
  return a.filter((at) => {
    const count = counts.get(at) ?? 0;
    if (count > 0) counts.set(at, count - 1);
    return count > 0;
  });
}
