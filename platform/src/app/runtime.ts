/** What every part of a running Panther shares in one thread: configuration, adapters, log types, the lake. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { removeUnfinishedObjects } from '../adapters/embedded/folder-objects.ts';
import { type Catalog, createCatalog } from '../lake/catalog.ts';
import { createDuckdb, type Duckdb } from '../lake/duckdb.ts';
import { createLakeSql, type LakeSql } from '../lake/sql.ts';
import type { LogTypes } from '../log-analysis/schema.ts';
import type { Clock } from '../ports/clock.ts';
import { type Adapters, openAdapters } from './adapters.ts';
import type { Config } from './config.ts';
import { type DataDir, dataDir } from './data-dir.ts';
import { systemClock } from './embedded.ts';
import { lookupsForSql } from './enrichment/lookups-for-sql.ts';
import { readLogTypes, tablesOf } from './lake/known-log-types.ts';
import type { Log } from './log.ts';
import { recoverSpool } from './log-processing/spool.ts';
import { createDeadProcesses, type DeadProcesses, keepLease, openLease } from './process-lease.ts';

export interface Runtime {
  readonly config: Config;
  readonly dir: DataDir;
  readonly clock: Clock;
  readonly log: Log;
  readonly adapters: Adapters;
  readonly logTypes: LogTypes;
  readonly catalog: Catalog;
  readonly duckdb: Duckdb;
  readonly lake: LakeSql;
  readonly contentDir: string;
  /** Random text that names this process' commits. */
  nonce(): string;
  /** Where several processes share the state. */
  readonly deadProcesses: DeadProcesses | undefined;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly config: Config;
  readonly root: string;
  readonly contentDir: string;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** For reading statements and merging files; users' queries have engines of their own. */
const DUCKDB_BYTES = 256 << 20;

export async function openRuntime({ config, root, contentDir, log, env }: RuntimeOptions): Promise<Runtime> {
  const dir = dataDir(isAbsolute(root) ? root : resolve(root));
  const clock = systemClock;
  const adapters = await openAdapters({ config, dir, clock, log, env });
  const { state, objects, lakeFiles: files } = adapters;
  const logTypes = await readLogTypes(state, contentDir);
  const tables = tablesOf(logTypes);
  const catalog = createCatalog({ state, objects, clock });
  const duckdb = createDuckdb({ tmpDir: dir.tmp, memoryBytes: DUCKDB_BYTES, threads: 1 });
  const lookups = lookupsForSql({ state, objects });
  const lake = createLakeSql({ catalog, objects, files, duckdb, tables: () => tables, lookups, tmpDir: dir.tmp });
  const life = await startLife(adapters, config);
  const leaseMs = config.leaseSeconds * 1_000;
  return {
    config,
    dir,
    clock,
    log,
    adapters,
    logTypes,
    catalog,
    duckdb,
    lake,
    contentDir,
    nonce: life.nonce,
    deadProcesses: adapters.local.hasState ? undefined : createDeadProcesses({ state, catalog }, leaseMs),
    async close() {
      await life.stop();
      await duckdb.close();
      await adapters.close();
    },
  };
}

/** Renewed several times before it ends. */
const RENEWALS = 4;

/** A name for the commits of this process, or thread, and where others share the state a sign that it lives. */
export async function startLife(adapters: Adapters, config: Pick<Config, 'leaseSeconds'>) {
  const id = randomBytes(4).toString('hex');
  const nonce = (): string => id + randomBytes(4).toString('hex');
  if (adapters.local.hasState) return { nonce, stop: async () => {} };
  const kept = keepLease(await openLease(adapters.state, id), (config.leaseSeconds * 1_000) / RENEWALS);
  return { nonce, stop: () => kept.stop() };
}

/**
 * After a crash or a stop: what was in work is given back, what was half written is removed. Only for the folder's
 * owner, and only of what is in the folder: what processes share may be in work elsewhere. There messages come back
 * when their visibility ends, and `deadProcesses` finds the files of the dead.
 */
export async function recover({ dir, adapters, catalog, log }: Runtime): Promise<void> {
  const { local } = adapters;
  await rm(dir.tmp, { recursive: true, force: true });
  if (local.hasObjects) await removeUnfinishedObjects(dir.objects);
  const files = local.hasState ? await catalog.discardPending() : 0;
  const messages = (await local.queue?.recover()) ?? 0;
  const objects = local.queue !== undefined && local.hasState ? await recoverSpool(adapters, local.queue) : 0;
  if (files + messages + objects > 0)
    log.info({ files, messages, objects }, 'recovered what was in work at the last stop');
}
