/**
 * Runs a correlation rule over the past: its members over what the lake has now, and the rule over their matches at each
 * of its times. Nothing is changed.
 */
import { setImmediate as pause } from 'node:timers/promises';
import type { RuleError, RuleMatch, RuleResult } from '../../core/detection.ts';
import { UserError } from '../../core/errors.ts';
import { newerThan } from '../../detections/correlation/report.ts';
import type { Detection } from '../../detections/detection.ts';
import { countHidden } from '../../detections/exceptions/hidden.ts';
import { createHiding } from '../../detections/exceptions/hiding.ts';
import { scheduleOf } from '../../detections/schedule/slots.ts';
import { scheduleSpec } from '../schedule/scheduler.ts';
import type { Gathered } from './gather.ts';
import type { PastEvaluator } from './past-evaluator.ts';
import { groupEvaluator } from './past-groups.ts';
import { type PastRulesCounts, type PastRulesSink, runPastRules } from './past-rules.ts';
import { sigmaEvaluator } from './past-sigma-correlation.ts';
import { pastRuns } from './past-slots.ts';
import type { ReplayDeps, ReplayRequest } from './replay.ts';
import { runPastQueries } from './replay-scheduled.ts';

/** `within`: the correlation rules it is a member of, itself at the end. */
interface PastCorrelation extends Pick<ReplayRequest, 'rule' | 'detections' | 'exceptions' | 'from' | 'to' | 'signal'> {
  readonly within: readonly string[];
  readonly onProgress?: ((events: number, done: number) => void) | undefined;
}

/** Of one correlation rule: a rule that matches everything has more. */
const MAX_MEMBER_MATCHES = 500_000;

export async function replayCorrelation(
  deps: ReplayDeps,
  request: ReplayRequest,
  gathered: Gathered,
): Promise<PastRulesCounts> {
  const hiding = createHiding(request.exceptions ?? [], deps.now);
  const counts = await findPastCorrelations(
    deps,
    {
      ...request,
      within: [request.rule.id],
      onProgress: (events, done) => request.onProgress?.({ events, done, matches: gathered.matches }),
    },
    (results) => gathered.add(hiding.keep(results)),
  );
  gathered.order();
  return { ...counts, hidden: countHidden(hiding.hidden) };
}

/** Gives each run's matches to `take`, and before them the errors of its members. */
async function findPastCorrelations(
  deps: ReplayDeps,
  past: PastCorrelation,
  take: (results: readonly RuleResult[]) => void,
): Promise<PastRulesCounts> {
  const { rule, from, to, signal } = past;
  const times = timesOf(rule, from, to);
  const evaluator = evaluatorOf(rule, deps.now());
  let kept = 0;
  const counts = await replayMembers(deps, {
    ...past,
    from: new Date(from.getTime() - evaluator.lookBackMs),
    members: evaluator.members,
    keep(match) {
      kept += 1;
      if (kept > MAX_MEMBER_MATCHES)
        throw new UserError(
          `its members have more than ${MAX_MEMBER_MATCHES} matches in this time: choose a shorter one`,
          {
            field: 'from',
          },
        );
      evaluator.add(match);
    },
    fail: (error) => take([error]),
  });
  evaluator.begin();
  const reported = new Map<string, string>();
  let previousAt = from;
  for (const at of times) {
    signal.throwIfAborted();
    take(newMatches(evaluator, at, previousAt, reported, from));
    previousAt = at;
    await pause();
  }
  return counts;
}

function evaluatorOf(rule: Detection, now: Date): PastEvaluator {
  return rule.spec.Sigma === undefined ? groupEvaluator(rule, now) : sigmaEvaluator(rule, now);
}

/** The end of the time is one more: what only a run after it would find belongs to it. */
function timesOf(rule: Detection, from: Date, to: Date): readonly Date[] {
  const runs = pastRuns([{ of: rule, schedule: scheduleOf(scheduleSpec(rule)) }], from, to);
  return [...runs.map(({ at }) => at), to];
}

function newMatches(
  evaluator: PastEvaluator,
  at: Date,
  previousAt: Date,
  reported: Map<string, string>,
  from: Date,
): readonly RuleMatch[] {
  const reports = newerThan(reported, evaluator.find(at, previousAt));
  for (const { key, lastEventAt } of reports) reported.set(key, lastEventAt);
  return reports
    .filter(({ lastEventAt }) => lastEventAt >= from.toISOString())
    .map((report) => evaluator.toMatch(report, at));
}

interface MembersRequest extends Omit<PastCorrelation, 'rule'> {
  /** Ids; of rules of every kind. */
  readonly members: readonly string[];
  keep(match: RuleMatch): void;
  fail(error: RuleError): void;
}

/** The members are replayed themselves, enabled or not. @throws UserError for one that is not there. */
async function replayMembers(deps: ReplayDeps, request: MembersRequest): Promise<PastRulesCounts> {
  const { detections, keep, fail, onProgress, within } = request;
  const members = [...new Set(request.members)].map((id) => memberOf(id, detections, within));
  const ofType = (wanted: string) => members.filter(({ type }) => type === wanted);
  let candidates = 0;
  const sink: PastRulesSink = {
    take(results: readonly RuleResult[]) {
      for (const result of results) {
        if (result.kind === 'error') {
          fail(result);
          continue;
        }
        candidates += 1;
        keep(result);
      }
    },
    progress: () => {},
  };
  let events = 0;
  for (const rule of ofType('scheduled_rule')) events += await runPastQueries(deps, { ...request, rule }, sink);
  for (const rule of ofType('correlation_rule')) {
    const inner = { ...request, rule, within: [...within, rule.id], onProgress: undefined };
    events += (await findPastCorrelations(deps, inner, (found) => sink.take(found))).events;
  }
  const progress = onProgress ?? sink.progress;
  const counts = await runPastRules(deps, { ...request, rules: ofType('rule') }, { ...sink, progress });
  return { events: events + counts.events, candidates, hidden: counts.hidden };
}

function memberOf(id: string, detections: readonly Detection[], within: readonly string[]): Detection {
  if (within.includes(id)) throw new UserError(`${[...within, id].join(' → ')}: it is about itself`);
  const member = detections.find((one) => one.id === id);
  if (member === undefined) throw new UserError(`there is no valid detection ${id}, which it is about`);
  return member;
}
