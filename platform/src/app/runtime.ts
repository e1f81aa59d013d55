/** What every part of a running Panther shares in one thread: configuration, adapters, log types, the lake. */
import { rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { removeUnfinishedObjects } from '../adapters/embedded/folder-objects.ts';
import { type Catalog, createCatalog } from '../lake/catalog.ts';
import { createDuckdb, type Duckdb } from '../lake/duckdb.ts';
import { createLakeSql, type LakeSql } from '../lake/sql.ts';
import { lakeTables, logTable } from '../lake/tables.ts';
import { lakeColumns } from '../log-analysis/columns.ts';
import { type LogTypes, loadLogTypes } from '../log-analysis/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Config } from './config.ts';
import { type DataDir, dataDir } from './data-dir.ts';
import { type Adapters, openEmbedded, systemClock } from './embedded.ts';
import type { Log } from './log.ts';
import { recoverSpool } from './spool.ts';

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
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly config: Config;
  readonly root: string;
  readonly contentDir: string;
  readonly log: Log;
}

/** For reading statements and merging files; users' queries have engines of their own. */
const DUCKDB_BYTES = 256 << 20;

export async function openRuntime({ config, root, contentDir, log }: RuntimeOptions): Promise<Runtime> {
  const dir = dataDir(isAbsolute(root) ? root : resolve(root));
  const clock = systemClock;
  const adapters = await openEmbedded(dir, clock);
  const { state, objects } = adapters;
  const logTypes = loadLogTypes(join(contentDir, 'log-types'));
  const tables = lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
  const catalog = createCatalog({ state, objects, clock });
  const duckdb = createDuckdb({ tmpDir: dir.tmp, memoryBytes: DUCKDB_BYTES, threads: 1 });
  const lake = createLakeSql({ catalog, objects, duckdb, tables: () => tables, tmpDir: dir.tmp });
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
    async close() {
      await duckdb.close();
      await adapters.close();
    },
  };
}

/** After a crash or a stop: what was in work is given back, what was half written is removed. Only for the folder's owner. */
export async function recover({ dir, adapters, catalog, log }: Runtime): Promise<void> {
  await rm(dir.tmp, { recursive: true, force: true });
  await removeUnfinishedObjects(dir.objects);
  const files = await catalog.discardPending();
  const messages = await adapters.queue.recover();
  const objects = await recoverSpool(adapters);
  if (files + messages + objects > 0)
    log.info({ files, messages, objects }, 'recovered what was in work at the last stop');
}
