/** The lake of a data folder, for reading; whether its Panther runs or not. Nothing is created or changed there. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderObjects } from '../adapters/embedded/folder-objects.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import type { OpenLake } from '../cli/services.ts';
import { UserError } from '../core/errors.ts';
import type { LakeTable } from '../core/table.ts';
import { createCatalog } from '../lake/catalog.ts';
import { createDuckdb } from '../lake/duckdb.ts';
import { createLakeSql } from '../lake/sql.ts';
import { lakeTables, logTable } from '../lake/tables.ts';
import { lakeColumns } from '../log-analysis/columns.ts';
import { loadLogTypes, loadSchema } from '../log-analysis/schema.ts';
import type { State } from '../ports/state/state.ts';
import { dataDir } from './data-dir.ts';
import { systemClock } from './embedded.ts';

export async function openLake(root: string, contentDir: string): Promise<OpenLake> {
  const dir = dataDir(root);
  await access(dir.stateFile).catch((cause) => {
    const hint = 'start Panther with ./panther up, or name its folder with --data-dir';
    throw new UserError(`there is no Panther data in ${root}; ${hint}`, {}, { cause });
  });
  const state = openSqliteState(dir.stateFile);
  const objects = openFolderObjects(dir.objects);
  const tables = await readTables(state, contentDir);
  // Not the data folder's own scratch space: a Panther that starts empties it.
  const tmpDir = await mkdtemp(join(tmpdir(), 'panther-query-'));
  const duckdb = createDuckdb({ tmpDir, memoryBytes: 64 << 20, threads: 1 });
  const catalog = createCatalog({ state, objects, clock: systemClock });
  return {
    sql: createLakeSql({ catalog, objects, duckdb, tmpDir, tables: () => tables }),
    tmpDir,
    async close() {
      await duckdb.close();
      await state.close();
      await rm(tmpDir, { recursive: true, force: true });
    },
  };
}

async function readTables(state: State, contentDir: string): Promise<readonly LakeTable[]> {
  const rows = await state.db.selectFrom('schemas').select(['log_type', 'text']).execute();
  const own = rows.map((row) => loadSchema(row.text, `schema ${row.log_type}`));
  const logTypes = loadLogTypes(join(contentDir, 'log-types'), own);
  return lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
}
