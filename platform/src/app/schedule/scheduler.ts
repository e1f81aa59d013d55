/**
 * Runs scheduled queries and correlation rules when their time has come: each run once, in order, by one process, also
 * the runs that were missed while Panther was down. Queries and correlations wait for their own kind only.
 */
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import {
  addSchedules,
  beginRun,
  claim,
  endRun,
  giveBack,
  type Lease,
  LeaseLost,
  type RunOutcome,
  removeSchedules,
  renew,
  runIdOf,
  skipRuns,
} from '../../detections/schedule/run-store.ts';
import { type Schedule, scheduleOf, slotsBetween } from '../../detections/schedule/slots.ts';
import type { ScheduledRunsTable } from '../../ports/state/tables.ts';
import { readDetections } from '../detections/detection-store.ts';
import { installedPackages } from '../detections/python-packages.ts';
import type { Runtime } from '../runtime.ts';
import { runCorrelation } from './scheduled-correlation.ts';
import { runQuery } from './scheduled-query.ts';
import { runSigmaCorrelation } from './scheduled-sigma-correlation.ts';
import { createWarmRunners, type WarmRunners } from './warm-runners.ts';

export type SchedulerRuntime = Pick<
  Runtime,
  'adapters' | 'catalog' | 'duckdb' | 'clock' | 'dir' | 'lake' | 'nonce' | 'log'
>;

/** One attempt at one run. */
export interface RunTask {
  readonly detection: Detection;
  readonly schedule: Schedule;
  /** Everything that is installed: rules over rows, helpers. */
  readonly detections: readonly Detection[];
  readonly run: ScheduledRunsTable;
  readonly scheduledAt: Date;
  /** Of the run before this one. */
  readonly previousAt: Date;
  readonly signal: AbortSignal;
  readonly runners: WarmRunners;
  /** Inside the transaction that makes the results durable. */
  end(tx: Parameters<typeof endRun>[0], outcome: RunOutcome): Promise<void>;
}

export interface SchedulerOptions {
  /** How long a process that gave no sign keeps its runs. */
  readonly leaseMs?: number;
  readonly owner?: string;
}

export interface Scheduler {
  /** Runs everything that is due now. */
  tick(signal: AbortSignal): Promise<void>;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 5_000;
const LEASE_MS = 60_000;
/** Runs that are caught up after a down-time; earlier ones are recorded as left out. */
const MAX_CATCH_UP = 48;
const MAX_ATTEMPTS = 3;
/** More than most schedules wait. */
const IDLE_MS = 10 * 60_000;
const KINDS = ['scheduled_query', 'correlation_rule'] as const;
/** Runs that are kept of each schedule. */
const KEPT_DAYS = 90;

export function createScheduler(runtime: SchedulerRuntime, options: SchedulerOptions = {}): Scheduler {
  const { adapters, clock, log } = runtime;
  const { db } = adapters.state;
  const owner = options.owner ?? runtime.nonce();
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const runners = createWarmRunners(() => installedPackages(runtime.dir.pythonPackages), IDLE_MS);

  async function tick(signal: AbortSignal): Promise<void> {
    if (!(await hasSchedules())) return;
    const detections = await readDetections(adapters.state, log);
    const scheduled = detections.filter(isScheduled);
    const enabled = scheduled.filter(({ isEnabled }) => isEnabled);
    const asked = await askedFor();
    await removeSchedules(db, new Set([...enabled.map(({ id }) => id), ...asked]), clock.now());
    await addSchedules(db, [...new Set([...enabled.map(({ id }) => id), ...asked])], clock.now());
    await Promise.all(
      KINDS.map(async (kind) => {
        for (const detection of scheduled) {
          if (detection.type !== kind || signal.aborted) continue;
          if (detection.isEnabled || asked.has(detection.id)) await runDue(detection, detections, signal);
        }
      }),
    );
  }

  async function hasSchedules(): Promise<boolean> {
    const row = await db
      .selectFrom('detections')
      .select('id')
      .where('type', 'in', KINDS)
      .where((eb) => eb.or([eb('enabled', '=', 1), eb('id', 'in', queued())]))
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Runs that users asked for; one whose process died is still running. */
  function queued() {
    return db
      .selectFrom('scheduled_runs')
      .select('detection_id')
      .where('cause', '=', 'user')
      .where('state', 'in', ['queued', 'running']);
  }

  async function askedFor(): Promise<ReadonlySet<string>> {
    return new Set((await queued().execute()).map(({ detection_id }) => detection_id));
  }

  async function runDue(detection: Detection, detections: readonly Detection[], signal: AbortSignal): Promise<void> {
    const schedule = scheduleOf(scheduleSpec(detection));
    const now = clock.now();
    if (!(await isDue(detection, schedule, now))) return;
    const lease = await claim(db, detection.id, owner, now, leaseMs);
    if (lease === undefined) return;
    const held = new AbortController();
    const renewal = setInterval(() => {
      renew(db, lease, clock.now(), leaseMs).then(
        (isHeld) => isHeld || held.abort(new LeaseLost(`another process runs ${detection.id}`)),
        (error: unknown) => log.warn({ error }, 'the lease of a schedule cannot be renewed'),
      );
    }, leaseMs / 3);
    try {
      const both = AbortSignal.any([signal, held.signal]);
      await runAll({ detection, detections, schedule, lease, signal: both });
    } catch (error) {
      if (!signal.aborted) log.error({ detection: detection.id, error }, 'a scheduled run was given up');
    } finally {
      clearInterval(renewal);
      await giveBack(db, lease).catch(() => {});
    }
  }

  async function isDue(detection: Detection, schedule: Schedule, now: Date): Promise<boolean> {
    const rows = await db.selectFrom('schedules').select('position').where('detection_id', '=', detection.id).execute();
    const position = new Date(rows[0]?.position ?? now);
    if ((await queued().where('detection_id', '=', detection.id).execute()).length > 0) return true;
    try {
      return detection.isEnabled && slotsBetween(schedule, position, now, 1).times.length > 0;
    } catch (error) {
      log.error({ detection: detection.id, error }, 'the schedule is not valid');
      return false;
    }
  }

  interface Work {
    readonly detection: Detection;
    readonly detections: readonly Detection[];
    readonly schedule: Schedule;
    readonly lease: Lease;
    readonly signal: AbortSignal;
  }

  async function runAll(work: Work): Promise<void> {
    const { detection, schedule, lease, signal } = work;
    const now = clock.now();
    let previous = lease.position;
    if (detection.isEnabled) {
      const { times, earlier } = slotsBetween(schedule, lease.position, now, MAX_CATCH_UP);
      const [first] = times;
      if (earlier > 0 && first !== undefined) {
        const last = slotsBetween(schedule, lease.position, new Date(first.getTime() - 1), 1).times[0] as Date;
        await adapters.state.transaction((tx) => skipRuns(tx, lease, last, earlier, now));
        adapters.metrics.count('scheduled_runs_skipped', earlier, { detection: detection.id });
        log.warn({ detection: detection.id, runs: earlier }, 'missed runs were left out');
      }
      for (const at of times) {
        if (signal.aborted) return;
        const id = runIdOf(detection.id, at);
        await attempt(work, { id, cause: 'schedule', scheduled_at: at.toISOString() }, previous);
        previous = at;
      }
    }
    const asked = await db
      .selectFrom('scheduled_runs')
      .select(['id', 'cause', 'scheduled_at'])
      .where('detection_id', '=', detection.id)
      .where('cause', '=', 'user')
      .where('state', 'in', ['queued', 'running'])
      .orderBy('scheduled_at')
      .execute();
    for (const run of asked) if (!signal.aborted) await attempt(work, run, previous);
    await forget(detection.id, now);
  }

  async function attempt(
    work: Work,
    { id, cause, scheduled_at }: Pick<ScheduledRunsTable, 'id' | 'cause' | 'scheduled_at'>,
    previousAt: Date,
  ): Promise<void> {
    const { detection, schedule, lease, signal } = work;
    const run = await beginRun(db, { id, detection_id: detection.id, cause, scheduled_at }, clock.now());
    if (run === undefined) return;
    const startedAt = performance.now();
    const end: RunTask['end'] = (tx, outcome) => endRun(tx, lease, run, outcome, clock.now());
    const task: RunTask = { ...work, run, scheduledAt: new Date(scheduled_at), previousAt, schedule, runners, end };
    try {
      const outcome = await runnerOf(detection)(runtime, task);
      log.info({ detection: detection.id, scheduledAt: scheduled_at, ...outcome }, 'scheduled run');
    } catch (error) {
      if (signal.aborted || error instanceof LeaseLost) throw error;
      // What another attempt can mend is tried again at the next tick.
      if (!(error instanceof UserError) && isTransient(error) && run.attempts < MAX_ATTEMPTS) throw error;
      await fail(task, error);
    }
    adapters.metrics.observe(
      'scheduled_run_duration',
      performance.now() - startedAt,
      { detection: detection.id },
      'ms',
    );
  }

  async function fail({ detection, end }: RunTask, error: unknown): Promise<void> {
    const outcome = { state: 'failed', rows: 0, matches: 0, truncated: false, error: errorMessage(error) } as const;
    await adapters.state.transaction((tx) => end(tx, outcome));
    adapters.metrics.count('scheduled_runs_failed', 1, { detection: detection.id });
    log.error({ detection: detection.id, error }, 'scheduled run failed');
  }

  async function forget(detectionId: string, now: Date): Promise<void> {
    const before = new Date(now.getTime() - KEPT_DAYS * 86_400_000).toISOString();
    await db
      .deleteFrom('scheduled_runs')
      .where('detection_id', '=', detectionId)
      .where('scheduled_at', '<', before)
      .where('state', 'not in', ['queued', 'running'])
      .execute();
  }

  return {
    tick: (signal) => tick(signal).finally(runners.close),
    async run(signal) {
      while (!signal.aborted) {
        await tick(signal).catch((error: unknown) => log.error({ error }, 'the scheduler failed'));
        await pause(TICK_MS, signal);
      }
      await runners.close();
    },
  };
}

function runnerOf({ type, spec }: Detection): (runtime: SchedulerRuntime, task: RunTask) => Promise<RunOutcome> {
  if (type === 'scheduled_query') return runQuery;
  return spec.Sigma === undefined ? runCorrelation : runSigmaCorrelation;
}

function isScheduled({ type }: Detection): boolean {
  return (KINDS as readonly string[]).includes(type);
}

/** A correlation rule has its schedule inside its detection. */
export function scheduleSpec({ type, spec }: Pick<Detection, 'type' | 'spec'>): Readonly<Record<string, unknown>> {
  return type === 'correlation_rule' ? ((spec.Detection as readonly Record<string, unknown>[])[0] ?? {}) : spec;
}

function isTransient(error: unknown): boolean {
  return !(error instanceof ExternalError) || error.retryable;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
