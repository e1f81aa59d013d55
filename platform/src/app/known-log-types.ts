/** The log types that content brings and those that users added, and the tables that they make. */
import { join } from 'node:path';
import type { LakeTable } from '../core/table.ts';
import { lakeTables, logTable } from '../lake/tables.ts';
import { lakeColumns } from '../log-analysis/columns.ts';
import { type LogTypes, loadLogTypes, loadSchema } from '../log-analysis/schema.ts';
import type { State } from '../ports/state/state.ts';

export async function readLogTypes(state: State, contentDir: string): Promise<LogTypes> {
  const rows = await state.db.selectFrom('schemas').select(['log_type', 'text']).execute();
  const own = rows.map((row) => loadSchema(row.text, `schema ${row.log_type}`));
  return loadLogTypes(join(contentDir, 'log-types'), own);
}

export function tablesOf(logTypes: LogTypes): readonly LakeTable[] {
  return lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
}
