/** Work that nobody waits for: relaying what commits owe, merging small files, removing what is over. */
import { runOutboxRelay } from '../alerts/outbox.ts';
import { removeExpired as removeExpiredValues } from '../detections/state/key-values.ts';
import { compactLake } from '../lake/compaction.ts';
import type { Clock } from '../ports/clock.ts';
import type { Adapters } from './adapters.ts';
import type { Log } from './log.ts';
import { createSpoolSweep } from './log-processing/spool.ts';
import type { Runtime } from './runtime.ts';

export interface MaintenanceTask {
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<void>;
}

export interface MaintenanceDeps {
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  readonly tasks: readonly MaintenanceTask[];
}

const OUTBOX_RELAY_MS = 1_000;

/** Runs until the signal aborts. */
export async function runMaintenance(deps: MaintenanceDeps, signal: AbortSignal): Promise<void> {
  const { state, queue } = deps.adapters;
  await Promise.all([
    runOutboxRelay({ state, queue, log: deps.log }, OUTBOX_RELAY_MS, signal),
    ...deps.tasks.map((task) => runTask(deps, task, signal)),
  ]);
}

/** Until the signal aborts. When it fails that is logged, and it is tried again when its time comes. */
export async function runTask(
  { log }: Pick<MaintenanceDeps, 'log'>,
  task: MaintenanceTask,
  signal: AbortSignal,
): Promise<void> {
  while (await elapsed(task.everyMs, signal)) {
    try {
      await task.run(signal);
    } catch (error) {
      if (!signal.aborted) log.error({ task: task.name, error }, 'maintenance failed');
    }
  }
}

/** False when the signal aborts first. */
function elapsed(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(!signal.aborted);
    }
    signal.addEventListener('abort', done);
  });
}

/** Sessions, one-time links and values of detections that are over. */
export function removeExpired({ state }: Adapters, clock: Clock): MaintenanceTask {
  return {
    name: 'what has expired',
    everyMs: 3_600_000,
    async run() {
      const now = clock.now().toISOString();
      await state.db.deleteFrom('sessions').where('expires_at', '<', now).execute();
      await state.db.deleteFrom('invitations').where('expires_at', '<', now).execute();
      await removeExpiredValues(state.db, clock.now());
    },
  };
}

const COMPACT_EVERY_MS = 60_000;
const LOOKUPS_EVERY_MS = 30_000;

export function maintenanceTasks(runtime: Runtime): readonly MaintenanceTask[] {
  const { adapters, catalog, duckdb, clock, dir, log, nonce } = runtime;
  const { state, objects, lakeFiles: files } = adapters;
  return [
    removeExpired(adapters, clock),
    {
      name: 'merge of small files',
      everyMs: COMPACT_EVERY_MS,
      async run(signal) {
        const deps = { state, objects, files, catalog, duckdb, clock, tmpDir: dir.tmp, nonce };
        const { failures, ...done } = await compactLake(deps, { signal });
        for (const failure of failures) log.warn({ failure }, 'files could not be merged');
        if (done.merges > 0) log.debug(done, 'merged small files');
      },
    },
    {
      name: 'lookup tables',
      everyMs: LOOKUPS_EVERY_MS,
      async run(signal) {
        const { refreshLookups } = await import('./enrichment/lookup-refresh.ts');
        const tables = await refreshLookups(runtime, signal);
        if (tables.length > 0) log.info({ tables }, 'lookup tables have new data');
      },
    },
    ...sharedTasks(runtime),
  ];
}

const SWEEP_EVERY_MS = 600_000;
/** Longer than what is in work stays unseen. */
const SPOOL_AGE_MS = 3_600_000;

/** What takes the place of the recovery at the start where other processes may be at work. */
function sharedTasks({ config, adapters, clock, deadProcesses, log }: Runtime): readonly MaintenanceTask[] {
  const tasks: MaintenanceTask[] = [];
  if (deadProcesses !== undefined) {
    tasks.push({
      name: 'files of dead processes',
      everyMs: (config.leaseSeconds * 1_000) / 4,
      async run() {
        const files = await deadProcesses.clean();
        if (files > 0) log.info({ files }, 'removed lake files of processes that died');
      },
    });
  }
  if (adapters.local.queue === undefined || !adapters.local.hasState) {
    const sweep = createSpoolSweep(adapters, SPOOL_AGE_MS);
    tasks.push({
      name: 'spool',
      everyMs: SWEEP_EVERY_MS,
      async run() {
        const objects = await sweep(clock.now());
        if (objects > 0) log.info({ objects }, 'took up objects of the spool again');
      },
    });
  }
  return tasks;
}
