/**
 * Evaluates rules over events. `offer` asks the planner which rules an event could concern, and costs next to nothing
 * when there are none; `drain` runs the candidates in their languages' runners and gives what matched or failed.
 *
 * This file is long because offering, draining and counting share one engine's state.
 */
import type { RuleError, RuleMatch, RuleResult, Severity } from '../core/detection.ts';
import type { LogEvent } from '../core/event.ts';
import { type CompiledDetection, compileDetection, evaluateCompiled, filterOf } from './compiled.ts';
import type { Detection } from './detection.ts';
import { type CompiledException, compileExceptions, type Exception, hiddenBy } from './exceptions/exception.ts';
import { createHiddenCounter, type HiddenCounts } from './exceptions/hidden.ts';
import { createFaults, SWITCHED_OFF, type SwitchedOff } from './faults.ts';
import { helpersOf } from './helpers.ts';
import type { Predicate } from './match/compile.ts';
import { type Condition, TRUE } from './planner/condition.ts';
import { type Models, readModels, withModel } from './planner/models.ts';
import { createRuleIndex, type RuleIndex } from './planner/rule-index.ts';
import type { Answer, Call, HelperSource, RuleSource, Trouble } from './runner.ts';
import { sigmaMatchers } from './sigma/matchers.ts';

/** Runs the rules of one language. */
export interface Runner {
  load(rules: readonly RuleSource[], helpers: readonly HelperSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
}

export interface EngineOptions {
  readonly detections: readonly Detection[];
  readonly python: Runner;
  readonly typescript: Runner;
  /** What an event must have for the rule to be run on it; `true` without knowledge. */
  conditionOf(detection: Detection): Condition;
  /** The event as JSON; big integers keep their digits. */
  stringify(event: LogEvent): string;
  /** Matches of theirs are no results; they are counted. */
  readonly exceptions?: readonly Exception[];
  /** For exceptions that expire; needed with `exceptions`. */
  now?(): Date;
  /** Told when a rule is switched off because it keeps failing. */
  onDisabled?(detection: Detection, reason: string): void;
}

export interface DetectionCounts {
  readonly events: number;
  readonly candidates: number;
  readonly matches: number;
  readonly errors: number;
  readonly micros: number;
}

export interface DetectionEngine {
  /** `json`: the event as `stringify` gives it, where the caller has it. */
  offer(event: LogEvent, json?: string): void;
  /** Events with candidates that are not evaluated yet. */
  readonly pendingCount: number;
  /** In the order of the events, then of the rules; rules that are switched off come last. */
  drain(): Promise<readonly RuleResult[]>;
  /** Loads the rules into their runners, so that the first candidate does not wait for that. */
  warmUp(): Promise<void>;
  /** Asks for the conditions again. */
  replan(): void;
  /** Other exceptions from now on, also for events that wait. The rules stay loaded. */
  except(exceptions: readonly Exception[]): void;
  /** Whether what was drained since is durable. If not, rules that it switched off are on again, until they fail again. */
  settle(isCommitted: boolean): void;
  /** Since the last call, by rule id. */
  takeCounts(): ReadonlyMap<string, DetectionCounts>;
  /** What exceptions have hidden since the last call. */
  takeHidden(): HiddenCounts;
}

interface Slot {
  readonly detection: Detection;
  readonly key: number;
  /** Of a detection that is data: it needs no runner. */
  readonly compiled: CompiledDetection | undefined;
  /** `InlineFilters`: events that it refuses are not the detection's. */
  readonly filter: Predicate | undefined;
  exceptions: readonly CompiledException[] | undefined;
  candidates: number;
  matches: number;
  errors: number;
  micros: number;
}

interface Pending {
  readonly event: LogEvent;
  readonly json: string | undefined;
  readonly keys: readonly number[];
}

export function createDetectionEngine(options: EngineOptions): DetectionEngine {
  const rules = options.detections.filter((one) => one.type === 'rule' && one.isEnabled && isRunnable(one));
  const slots = rules.map(newSlot);
  const hidden = createHiddenCounter();
  const helpers = helpersOf(options.detections);
  const hasFilters = slots.some(({ filter }) => filter !== undefined);
  const broken = new Set<number>();
  const faults = createFaults();
  const models = readModels(helpers);
  let indexes = indexByLogType(slots, ({ detection }) => options.conditionOf(detection), models);
  /** Sigma rules have an index of their own, which finds texts anywhere in a field. */
  const sigma = sigmaMatchers(slots.filter(({ detection }) => detection.language === 'sigma'));
  const seen = new Map<string, number>();
  const out: number[] = [];
  const sigmaOut: number[] = [];
  let pending: Pending[] = [];
  const loading: Partial<Record<'python' | 'typescript', Promise<void>>> = {};

  async function run(language: 'python' | 'typescript', batch: readonly Pending[], jsons: readonly string[]) {
    const calls: Call[] = [];
    const positions: number[] = [];
    for (const [index, { keys }] of batch.entries()) {
      const own = keys.filter((key) => slots[key]?.detection.language === language && faults.isOn(key));
      if (own.length === 0) continue;
      calls.push({ eventJson: jsons[index] as string, keys: own });
      positions.push(index);
    }
    if (calls.length === 0) return [];
    await load(language);
    const startedAt = performance.now();
    const answers = await options[language].run(calls);
    share(calls, (performance.now() - startedAt) * 1_000);
    return answers.map((answer) => ({ ...answer, event: positions[answer.event] as number }));
  }

  /** Detections that are data, on the events themselves. */
  function runCompiled(batch: readonly Pending[]): readonly Answer[] {
    const answers: Answer[] = [];
    for (const [index, { event, keys }] of batch.entries()) {
      for (const key of keys) {
        const slot = slots[key] as Slot;
        if (slot.compiled === undefined || !faults.isOn(key)) continue;
        const startedAt = performance.now();
        const answer = evaluateCompiled(slot.compiled, event);
        slot.micros += (performance.now() - startedAt) * 1_000;
        if (answer !== undefined) answers.push({ ...answer, event: index, rule: key });
      }
    }
    return answers;
  }

  function load(language: 'python' | 'typescript'): Promise<void> {
    loading[language] ??= loadRules(language);
    return loading[language];
  }

  /** A rule that does not load is an error on every event, so every event must be given to it. */
  async function loadRules(language: 'python' | 'typescript'): Promise<void> {
    const failed = await options[language].load(sourcesOf(language), helpers);
    for (const key of failed.keys()) broken.add(key);
    if (failed.size > 0) replan();
  }

  function replan(): void {
    indexes = indexByLogType(
      slots,
      (slot) => (broken.has(slot.key) ? TRUE : options.conditionOf(slot.detection)),
      models,
    );
  }

  function sourcesOf(language: string): readonly RuleSource[] {
    const own = slots.filter(({ detection }) => detection.language === language);
    return own.map(({ key, detection: { id, file, body } }) => ({ key, id, file, body }));
  }

  /** Time of a batch, among its calls alike: runners do not time single calls. */
  function share(calls: readonly Call[], micros: number): void {
    const each = micros / calls.reduce((sum, { keys }) => sum + keys.length, 0);
    for (const { keys } of calls) for (const key of keys) (slots[key] as Slot).micros += each;
  }

  function toResult(answer: Answer, batch: readonly Pending[]): RuleResult | undefined {
    const slot = slots[answer.rule] as Slot;
    const { event } = batch[answer.event] as Pending;
    if (answer.error !== undefined) {
      slot.errors += 1;
      return errorResult(slot.detection, event, answer.error);
    }
    if (answer.matched !== true) return undefined;
    if (slot.exceptions !== undefined && isHidden(slot.exceptions, event)) return undefined;
    slot.matches += 1;
    return matchResult(slot.detection, event, answer);
  }

  function isHidden(own: readonly CompiledException[], event: LogEvent): boolean {
    const nowMs = options.now?.().getTime() ?? Number.NEGATIVE_INFINITY;
    const exception = hiddenBy(own, event, nowMs);
    if (exception === undefined) return false;
    hidden.add(exception.id, event);
    return true;
  }

  /** The rule's last error is that it was switched off: it becomes an alert like every other. */
  function switchOff({ key, event, reason }: SwitchedOff): RuleError {
    const { detection } = slots[key] as Slot;
    options.onDisabled?.(detection, reason);
    const title = `The rule ${detection.id} was switched off`;
    const message = `The rule was switched off because ${reason}. Correct it and enable it again.`;
    return errorResult(detection, event, { type: SWITCHED_OFF, title, message });
  }

  function except(exceptions: readonly Exception[]): void {
    const compiled = compileExceptions(exceptions);
    for (const slot of slots) slot.exceptions = compiled.get(slot.detection.id);
  }

  except(options.exceptions ?? []);
  return {
    offer(event, json) {
      const logType = event.p_log_type;
      seen.set(logType, (seen.get(logType) ?? 0) + 1);
      const count = indexes.get(logType)?.candidates(event, out) ?? 0;
      const sigmaCount = sigma.get(logType)?.match(event, sigmaOut) ?? 0;
      if (count + sigmaCount === 0) return;
      const keys = [...out.slice(0, count), ...sigmaOut.slice(0, sigmaCount)].sort((a, b) => a - b);
      const own = hasFilters ? keys.filter((key) => slots[key]?.filter?.(event) ?? true) : keys;
      if (own.length === 0) return;
      pending.push({ event, json, keys: own });
      for (const key of own) (slots[key] as Slot).candidates += 1;
    },
    get pendingCount() {
      return pending.length;
    },
    async drain() {
      const batch = pending;
      pending = [];
      if (batch.length === 0) return [];
      const jsons = batch.map(({ event, json }) => json ?? options.stringify(event));
      const answers = [
        ...runCompiled(batch),
        ...(await run('python', batch, jsons)),
        ...(await run('typescript', batch, jsons)),
      ];
      answers.sort((a, b) => a.event - b.event || a.rule - b.rule);
      const results = answers.flatMap((answer) => toResult(answer, batch) ?? []);
      return [...results, ...faults.judge(batch, answers).map(switchOff)];
    },
    async warmUp() {
      for (const language of ['python', 'typescript'] as const) {
        if (sourcesOf(language).length > 0) await load(language);
      }
    },
    replan,
    except,
    settle: faults.settle,
    takeHidden: hidden.take,
    takeCounts() {
      const counts = new Map(slots.map((slot) => [slot.detection.id, takeSlotCounts(slot, seen)]));
      seen.clear();
      return counts;
    },
  };
}

function newSlot(detection: Detection, key: number): Slot {
  const compiled = compileDetection(detection);
  const filter = filterOf(detection);
  return { detection, key, compiled, filter, exceptions: undefined, candidates: 0, matches: 0, errors: 0, micros: 0 };
}

/** Whether there is anything to run. */
export function isRunnable(detection: Detection): boolean {
  const { language, body } = detection;
  return language === 'yaml' || language === 'sigma' ? compileDetection(detection) !== undefined : body !== '';
}

function indexByLogType(
  slots: readonly Slot[],
  conditionOf: (slot: Slot) => Condition,
  models: Models,
): ReadonlyMap<string, RuleIndex> {
  const byLogType = new Map<string, { key: number; condition: Condition }[]>();
  for (const slot of slots) {
    const { key, detection } = slot;
    if (detection.language === 'sigma') continue;
    const condition = conditionOf(slot);
    for (const logType of new Set(detection.info.logTypes)) {
      const rules = byLogType.get(logType) ?? [];
      byLogType.set(logType, rules);
      rules.push({ key, condition: withModel(condition, models.get(logType)) });
    }
  }
  return new Map([...byLogType].map(([logType, rules]) => [logType, createRuleIndex(rules)]));
}

function takeSlotCounts(slot: Slot, seen: ReadonlyMap<string, number>): DetectionCounts {
  const events = slot.detection.info.logTypes.reduce((sum, logType) => sum + (seen.get(logType) ?? 0), 0);
  const { candidates, matches, errors, micros } = slot;
  Object.assign(slot, { candidates: 0, matches: 0, errors: 0, micros: 0 });
  return { events, candidates, matches, errors, micros: Math.round(micros) };
}

function errorResult({ id, version }: Detection, event: LogEvent, { type, title, message }: Trouble): RuleError {
  return { kind: 'error', ruleId: id, ruleVersion: version, event, dedup: type, title, message };
}

export function matchResult(detection: Detection, event: LogEvent, answer: Answer): RuleMatch {
  const { info } = detection;
  const { title, description, reference, runbook, destinations, alert_context: context, unique } = answer.outputs ?? {};
  return {
    kind: 'match',
    ruleId: info.id,
    ruleVersion: detection.version,
    event,
    dedup: dedupOf(answer, info.id),
    severity: severityOf(answer, info.severity),
    ...(title ? { title } : {}),
    ...(description ? { description } : {}),
    ...(reference ? { reference } : {}),
    ...(runbook ? { runbook } : {}),
    ...(destinations ? { destinations } : {}),
    ...(context === undefined ? {} : { context }),
    ...(unique === undefined ? {} : { unique }),
  };
}

/** `dedup()`; without that function `title()`; a text that names the rule where there is neither, or `dedup()` failed. */
function dedupOf({ outputs, errors }: Answer, ruleId: string): string {
  const own = outputs?.dedup;
  if (own) return own;
  const isTitleUsed = own === undefined && errors?.dedup === undefined;
  return (isTitleUsed && outputs?.title) || `defaultDedupString:${ruleId}`;
}

function severityOf({ outputs }: Answer, own: Severity): Severity {
  const given = outputs?.severity;
  return given === undefined || given === 'DEFAULT' ? own : (given as Severity);
}
