/** The log types that content brings and those that users added, and the tables that they make. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LakeTable } from '../../core/table.ts';
import { lakeTables, logTable } from '../../lake/tables.ts';
import { lakeColumns } from '../../log-analysis/columns.ts';
import { type LogType, type LogTypes, loadLogTypes, loadSchema } from '../../log-analysis/schema.ts';
import type { State } from '../../ports/state/state.ts';
import { dataDir } from '../data-dir.ts';
import type { OpenLakeOptions } from './open-lake.ts';

export async function readLogTypes(state: State, contentDir: string): Promise<LogTypes> {
  return loadLogTypes(join(contentDir, 'log-types'), await readAdded(state));
}

async function readAdded(state: State): Promise<readonly LogType[]> {
  const rows = await state.db.selectFrom('schemas').select(['log_type', 'text']).execute();
  return rows.map((row) => loadSchema(row.text, `schema ${row.log_type}`));
}

/** Of a Panther, whether it runs or not; none where there is no Panther data. */
export async function readAddedLogTypes(options: Omit<OpenLakeOptions, 'contentDir'>): Promise<readonly LogType[]> {
  if (options.config.state === undefined && !existsSync(dataDir(options.root).stateFile)) return [];
  const { openStores } = await import('./open-lake.ts');
  const { state } = await openStores(options);
  try {
    return await readAdded(state);
  } finally {
    await state.close();
  }
}

export function tablesOf(logTypes: LogTypes): readonly LakeTable[] {
  return lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
}
