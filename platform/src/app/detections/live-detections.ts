/**
 * The detections of a running log processor: those in the state, with their conditions. They are replaced as a whole
 * when something changes; what was offered before is still evaluated by the ones before.
 */
import type { Transaction } from 'kysely';
import type { RuleInfo, RuleResult } from '../../core/detection.ts';
import type { LogEvent } from '../../core/event.ts';
import { sha256Hex } from '../../core/ids.ts';
import type { Detection } from '../../detections/detection.ts';
import { createDetectionEngine, type DetectionEngine } from '../../detections/engine.ts';
import type { Exception } from '../../detections/exceptions/exception.ts';
import { addHidden, type HiddenCounts } from '../../detections/exceptions/hidden.ts';
import type { Condition } from '../../detections/planner/condition.ts';
import type { PythonPackage } from '../../detections/python/runner.ts';
import { createKeyValueSession } from '../../detections/state/key-values.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Tables } from '../../ports/state/tables.ts';
import type { Adapters } from '../adapters.ts';
import type { Log } from '../log.ts';
import type { PipelineDetections } from '../log-processing/log-pipeline.ts';
import { deriveCondition, readConditions } from './conditions.ts';
import { type Fault, switchOff } from './detection-faults.ts';
import { createRunners, type Runners } from './detection-runners.ts';
import { addCounts, readDetections } from './detection-store.ts';
import { addHits, readExceptions } from './exceptions.ts';

export interface LiveDetections extends PipelineDetections {
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface LiveDetectionsDeps {
  readonly adapters: Pick<Adapters, 'state' | 'metrics'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What Python rules can import besides the standard library, asked for when rules are loaded. */
  packages?(): readonly PythonPackage[];
  /** The row of a lookup table, for rules that ask for it. */
  lookup?(table: string, key: string): Readonly<Record<string, unknown>> | undefined;
}

/** Rules as they were at one moment, with the runners that have loaded them. */
interface Generation {
  /** Everything but the exceptions. */
  readonly rules: string;
  readonly engine: DetectionEngine;
  readonly runners: Runners;
}

/** Leaves the start of Panther to what the user is waiting for. */
const WARM_UP_DELAY_MS = 1_000;
const COUNTS_EVERY_MS = 10_000;

/** Of what the engine and its runners are made of. */
function fingerprint(detections: readonly Detection[], packages: readonly PythonPackage[]): string {
  const parts = detections.map(({ id, version, isEnabled }) => [id, version, isEnabled]);
  return sha256Hex(JSON.stringify([parts, packages.map(({ sha256 }) => sha256)]));
}

export async function openLiveDetections(deps: LiveDetectionsDeps): Promise<LiveDetections> {
  const { adapters, clock, log } = deps;
  const { state, metrics } = adapters;
  let live: Generation;
  let isClosed = false;
  const before: Generation[] = [];
  /** The newest of each rule, also of rules that are gone: their results are still to be explained. */
  const infos = new Map<string, RuleInfo>();
  const faults: Fault[] = [];
  let hasSwitchedOff = false;
  /** Since the last commit. */
  let hidden: HiddenCounts = new Map();
  const keyValues = createKeyValueSession({
    db: state.db,
    now: () => clock.now(),
    lookup: (table, key) => deps.lookup?.(table, key),
  });

  async function load(): Promise<void> {
    const detections = await readDetections(state, log);
    const conditions = await readConditions(state, detections);
    const exceptions = await readExceptions(state, detections);
    const packages = deps.packages?.() ?? [];
    const rules = fingerprint(detections, packages);
    // A rule that was switched off in the engine must be loaded anew to be on again.
    if (live?.rules === rules && !hasSwitchedOff) {
      live.engine.except(exceptions);
      return;
    }
    hasSwitchedOff = false;
    for (const { id, info } of detections) infos.set(id, info);
    if (live !== undefined) before.push(live);
    live = { rules, ...generation(detections, exceptions, conditions, packages) };
    const unknown = detections.filter(
      // Sigma rules have an index of their own, which needs no conditions.
      (one) => one.type === 'rule' && one.isEnabled && one.language !== 'sigma' && !conditions.has(one.version),
    );
    void prepare(live, conditions, unknown);
  }

  function generation(
    detections: readonly Detection[],
    exceptions: readonly Exception[],
    conditions: ReadonlyMap<string, Condition>,
    packages: readonly PythonPackage[],
  ): Omit<Generation, 'rules'> {
    const runners = createRunners(keyValues, packages);
    const engine = createDetectionEngine({
      detections,
      exceptions,
      now: () => clock.now(),
      ...runners,
      conditionOf: ({ version }) => conditions.get(version) ?? { op: 'true' },
      stringify: stringifyEvent,
      onDisabled({ id, version }, reason) {
        hasSwitchedOff = true;
        faults.push({ id, version, reason });
      },
    });
    return { engine, runners };
  }

  /** In the background. Until a condition is derived, every event of its log types is given to the rule. */
  async function prepare(
    { engine, runners }: Generation,
    conditions: Map<string, Condition>,
    unknown: readonly Detection[],
  ): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, WARM_UP_DELAY_MS));
      if (isClosed) return;
      await engine.warmUp();
      for (const one of unknown) {
        if (isClosed || engine !== live.engine) return;
        conditions.set(one.version, await deriveCondition(state, one, runners.python));
      }
      if (unknown.length > 0) engine.replan();
    } catch (error) {
      if (!isClosed) log.error({ error }, 'rules cannot be prepared; every event is given to them');
    }
  }

  async function apply(tx: Transaction<Tables>): Promise<void> {
    await keyValues.apply(tx);
    await switchOff(tx, faults, clock.now());
    await addHits(tx, hidden, clock.now());
  }

  function settle(isCommitted: boolean): void {
    keyValues.clear();
    hidden = new Map();
    live.engine.settle(isCommitted);
    for (const { id, reason } of isCommitted ? faults : []) {
      metrics.count('rules_switched_off', 1, { rule: id });
      log.error({ rule: id, reason }, 'rule was switched off');
    }
    faults.length = 0;
  }

  async function drainEarlier(): Promise<RuleResult[]> {
    const results: RuleResult[] = [];
    for (let old = before.shift(); old !== undefined; old = before.shift()) {
      results.push(...(await old.engine.drain()));
      hidden = addHidden(hidden, old.engine.takeHidden());
      await addCounts(state, clock.now(), old.engine.takeCounts());
      await old.runners.close();
    }
    return results;
  }

  await load();
  const counting = setInterval(() => {
    addCounts(state, clock.now(), live.engine.takeCounts()).catch((error: unknown) =>
      log.warn({ error }, 'counts of detections cannot be written'),
    );
  }, COUNTS_EVERY_MS);

  return {
    offer: (event: LogEvent, json?: string) => live.engine.offer(event, json),
    get pendingCount() {
      return live.engine.pendingCount;
    },
    async drain() {
      const earlier = before.length === 0 ? [] : await drainEarlier();
      const now = await live.engine.drain();
      hidden = addHidden(hidden, live.engine.takeHidden());
      return earlier.length === 0 ? now : [...earlier, ...now];
    },
    ruleInfo: (ruleId) => infos.get(ruleId),
    changes: { apply, settle },
    reload: load,
    async close() {
      isClosed = true;
      clearInterval(counting);
      await addCounts(state, clock.now(), live.engine.takeCounts());
      for (const { runners } of [...before, live]) await runners.close();
    },
  };
}
