/** The lake for reading, whether its Panther runs or not. Nothing of a data folder is created or changed. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderObjects } from '../../adapters/embedded/folder-objects.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import type { OpenLake } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import { createCatalog } from '../../lake/catalog.ts';
import { createDuckdb } from '../../lake/duckdb.ts';
import { filesInPlace, type LakeFiles } from '../../lake/lake-files.ts';
import { createLakeSql } from '../../lake/sql.ts';
import type { Objects } from '../../ports/objects.ts';
import type { State } from '../../ports/state/state.ts';
import type { Config } from '../config.ts';
import { type DataDir, dataDir } from '../data-dir.ts';
import { systemClock } from '../embedded.ts';
import { lookupsForSql } from '../enrichment/lookups-for-sql.ts';
import { readLogTypes, tablesOf } from './known-log-types.ts';

export interface OpenLakeOptions {
  readonly root: string;
  readonly contentDir: string;
  readonly config: Pick<Config, 'aws' | 'state' | 'lakeCacheMb'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What is read; a writer has more. */
interface Stores {
  readonly state: State;
  readonly objects: Objects;
  readonly lakeFiles: LakeFiles;
  /** On the disk of the cache of lake files, where there is one: readers get links to its copies. */
  readonly tmpParent: string;
}

export async function openLake(options: OpenLakeOptions): Promise<OpenLake> {
  const { state, objects, lakeFiles, tmpParent } = await openStores(options);
  const tables = tablesOf(await readLogTypes(state, options.contentDir));
  // Not the data folder's own scratch space: a Panther that starts empties it.
  const tmpDir = await mkdtemp(join(tmpParent, 'panther-query-'));
  const duckdb = createDuckdb({ tmpDir, memoryBytes: 64 << 20, threads: 1 });
  const catalog = createCatalog({ state, objects, clock: systemClock });
  return {
    sql: createLakeSql({
      catalog,
      objects,
      files: lakeFiles,
      duckdb,
      tmpDir,
      tables: () => tables,
      lookups: lookupsForSql({ state, objects }),
    }),
    tmpDir,
    async close() {
      await duckdb.close();
      await state.close();
      await rm(tmpDir, { recursive: true, force: true });
    },
  };
}

/** @throws UserError when there is no Panther data in the folder. */
export async function openStores({ root, config, env }: Omit<OpenLakeOptions, 'contentDir'>): Promise<Stores> {
  const dir = dataDir(root);
  if (config.state === undefined) await checkFolder(dir);
  if (config.aws === undefined && config.state === undefined) {
    const objects = openFolderObjects(dir.objects);
    return { state: openSqliteState(dir.stateFile), objects, lakeFiles: filesInPlace(objects), tmpParent: tmpdir() };
  }
  const { openServiceStores } = await import('../service-adapters.ts');
  return openServiceStores({ config, dir, env });
}

async function checkFolder({ root, stateFile }: DataDir): Promise<void> {
  await access(stateFile).catch((cause) => {
    const hint = 'start Panther with ./panther up, or name its folder with --data-dir';
    throw new UserError(`there is no Panther data in ${root}; ${hint}`, {}, { cause });
  });
}
