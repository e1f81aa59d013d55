/** Replays of the command line: over the lake of a data folder, whether its Panther runs or not. Nothing is changed. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenReplay } from '../../cli/services.ts';
import { createCatalog } from '../../lake/catalog.ts';
import { createDuckdb } from '../../lake/duckdb.ts';
import { createLakeSql } from '../../lake/sql.ts';
import { dataDir } from '../data-dir.ts';
import { readDetections } from '../detections/detection-store.ts';
import { readExceptions } from '../detections/exceptions.ts';
import { installedPackages } from '../detections/python-packages.ts';
import { systemClock } from '../embedded.ts';
import { lookupOnDemand } from '../enrichment/lookup-on-demand.ts';
import { lookupsForSql } from '../enrichment/lookups-for-sql.ts';
import { readLogTypes, tablesOf } from '../lake/known-log-types.ts';
import { type OpenLakeOptions, openStores } from '../lake/open-lake.ts';
import { createLog } from '../log.ts';
import { replay, shownOutcome } from './replay.ts';

/** @throws UserError when there is no Panther data in the folder. */
export async function openReplay(options: OpenLakeOptions): Promise<OpenReplay> {
  const { state, objects, lakeFiles, tmpParent } = await openStores(options);
  const tables = tablesOf(await readLogTypes(state, options.contentDir));
  const tmpDir = await mkdtemp(join(tmpParent, 'panther-replay-'));
  const duckdb = createDuckdb({ tmpDir, memoryBytes: 256 << 20, threads: 2 });
  const catalog = createCatalog({ state, objects, clock: systemClock });
  const lookups = lookupsForSql({ state, objects });
  const deps = {
    catalog,
    files: lakeFiles,
    duckdb,
    sql: createLakeSql({ catalog, objects, files: lakeFiles, duckdb, tmpDir, tables: () => tables, lookups }),
    tables,
    tmpDir,
    nonce: () => randomBytes(8).toString('hex'),
    packages: installedPackages(dataDir(options.root).pythonPackages),
    lookup: lookupOnDemand({ state, objects }),
    now: () => systemClock.now(),
  };
  const log = createLog({ level: 'error', format: 'text', now: () => systemClock.now() });
  return {
    detections: () => readDetections(state, log),
    async replay(request) {
      const exceptions = await readExceptions(state, request.detections);
      return shownOutcome(await replay(deps, { ...request, exceptions }));
    },
    async close() {
      await duckdb.close();
      await state.close();
      await rm(tmpDir, { recursive: true, force: true });
    },
  };
}
