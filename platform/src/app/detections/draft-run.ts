/** A detection that is not saved, run on one event: what it says, and what would become of the match. */
import type { RoutableDestination } from '../../alerts/routing.ts';
import { routeAlert } from '../../alerts/routing.ts';
import type { DraftRun } from '../../api/contract/detection-drafts.ts';
import type { AlertType } from '../../core/alert.ts';
import { errorMessage, UserError } from '../../core/errors.ts';
import type { LogEvent } from '../../core/event.ts';
import { filterOf } from '../../detections/compiled.ts';
import type { Detection } from '../../detections/detection.ts';
import { matchResult } from '../../detections/engine.ts';
import { compileExceptions, type Exception, hiddenBy } from '../../detections/exceptions/exception.ts';
import { helpersOf } from '../../detections/helpers.ts';
import { holds } from '../../detections/planner/evaluate.ts';
import { explain } from '../../detections/planner/explain.ts';
import { planDetection } from '../../detections/planner/plan.ts';
import { testerOf, type Verdict } from '../../detections/run-tests.ts';
import type { Trouble } from '../../detections/runner.ts';
import { type Draft, readDraft } from './draft-detection.ts';
import type { DraftContext } from './drafts.ts';

export interface DraftRunContext extends Pick<DraftContext, 'tmpDir' | 'runners' | 'saved'> {
  /** Of every detection. */
  exceptions(): Promise<readonly Exception[]>;
  destinations(): Promise<readonly RoutableDestination[]>;
  now(): Date;
}

type Event = Readonly<Record<string, unknown>>;

const ALERT_TYPES: Readonly<Partial<Record<Detection['type'], AlertType>>> = {
  rule: 'RULE',
  scheduled_rule: 'RULE',
  policy: 'POLICY',
};

/** On the code path of tests, which is that of live events. @throws UserError when draft or event is not valid */
export async function runDraft(draft: Draft, eventJson: string, context: DraftRunContext): Promise<DraftRun> {
  const event = readEvent(eventJson);
  const detection = await readDraft(draft, context.tmpDir);
  if (ALERT_TYPES[detection.type] === undefined)
    throw new UserError(`a ${detection.type} is not run on events`, { field: 'yaml' });
  const helpers = helpersOf((await context.saved()).filter(({ id }) => id !== detection.id));
  const run = testerOf(detection, context.runners, helpers);
  // An interpreter that has to start first would be counted as the detection's time.
  if (detection.language === 'python') await context.runners.python.ast('');
  const startedAt = performance.now();
  const verdict = await run({ log: event, logJson: eventJson, mocks: {} }, true);
  const durationMs = performance.now() - startedAt;
  const isMatch = verdict.error === undefined && verdict.matched === true;
  const failures = isMatch ? Object.entries(verdict.errors ?? {}) : [];
  return {
    matched: verdict.error === undefined ? isMatch : null,
    error: verdict.error === undefined ? null : toFailure(verdict.error, detection),
    match: isMatch ? await toMatch(detection, event, verdict, context) : null,
    failures: Object.fromEntries(failures.map(([name, trouble]) => [name, toFailure(trouble, detection)])),
    notes: [...(await notesOf(detection, event, isMatch, context))],
    output: verdict.output ?? '',
    durationMs,
  };
}

function readEvent(json: string): Event {
  let event: unknown;
  try {
    event = JSON.parse(json);
  } catch (error) {
    throw new UserError(`it is not JSON: ${errorMessage(error)}`, { field: 'event' }, { cause: error });
  }
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event as Event;
  throw new UserError('an event is one JSON object', { field: 'event' });
}

/** The place of an error stands at its message's end, with the file in which it is. */
function toFailure({ type, message }: Trouble, { file }: Detection) {
  const line = [...message.matchAll(/: ([^\s:]+), line (\d+)/g)].findLast(([, name]) => name === file)?.[2];
  return { message: `${type}: ${message}`, line: line === undefined ? null : Number(line) };
}

async function toMatch(detection: Detection, event: Event, verdict: Verdict, context: DraftRunContext) {
  const { info } = detection;
  const match = matchResult(detection, event as LogEvent, { ...verdict, event: 0, rule: 0 });
  const { severity, dedup, destinations: named = null } = match;
  const available = await context.destinations();
  const type = ALERT_TYPES[detection.type] ?? 'RULE';
  const { destinationIds } = routeAlert({ type, severity, destinations: named, outputIds: info.outputIds }, available);
  const asked = named ?? (info.outputIds.length === 0 ? null : info.outputIds);
  return {
    title: match.title || info.displayName || info.id,
    dedup,
    severity,
    description: match.description ?? info.description,
    reference: match.reference ?? info.reference,
    runbook: match.runbook ?? info.runbook,
    destinations: asked === null ? null : [...asked],
    receivers: available.filter(({ id }) => destinationIds.includes(id)).map(({ name }) => name),
    alertContext: match.context === undefined ? null : (JSON.parse(match.context) as unknown),
    unique: match.unique ?? null,
  };
}

async function notesOf(detection: Detection, event: Event, isMatch: boolean, context: DraftRunContext) {
  const { info, type } = detection;
  const notes: string[] = [];
  if (type === 'rule') notes.push(...logTypeNotes(detection, event));
  if (!isMatch) return [...notes, ...(await whyNot(detection, event, context))];
  if (!detection.isEnabled) notes.push('It is not enabled.');
  if (!info.createAlert) notes.push('CreateAlert is false: the match is kept, and raises no alert.');
  if (info.threshold > 1)
    notes.push(`An alert needs ${info.threshold} matches within ${info.dedupPeriodMinutes} minutes.`);
  const exceptions = compileExceptions(await context.exceptions()).get(info.id) ?? [];
  const exception = hiddenBy(exceptions, event as LogEvent, context.now().getTime());
  if (exception !== undefined) notes.push(`The exception ${exception.id} hides the match.`);
  return notes;
}

function logTypeNotes({ info }: Detection, { p_log_type: logType }: Event): readonly string[] {
  if (typeof logType !== 'string') return ['The event has no p_log_type, which live events have: data models need it.'];
  if (info.logTypes.includes(logType)) return [];
  return [`Live events of ${logType} are not given to it: its log types are ${info.logTypes.join(', ')}.`];
}

async function whyNot(detection: Detection, event: Event, { runners }: DraftRunContext): Promise<readonly string[]> {
  if (filterOf(detection)?.(event) === false) return ['Its InlineFilters refuse the event.'];
  if (detection.type !== 'rule') return [];
  const condition = await planDetection(detection, (source) => runners.python.ast(source));
  if (condition.op === 'true' || holds(condition, event)) return [];
  return [`Its code does not even run on such events, since this does not hold: ${explain(condition)}`];
}
