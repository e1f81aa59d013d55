/** The lake as the API shows it. */
import type { Lake } from '../../api/deps.ts';
import type { Column } from '../../core/table.ts';
import { type LakeSql, MAX_QUERY_MS } from '../../lake/sql.ts';
import { exportResult } from '../../lake/sql-export.ts';
import { LOOKUP_DATABASE } from '../../lake/sql-lookups.ts';
import { DATABASES, UNION_VIEWS, VIEW_DATABASE } from '../../lake/sql-views.ts';
import { typeText } from './log-types-for-api.ts';

export function lakeForApi(lake: LakeSql, tmpDir: string): Lake {
  return {
    async query(sql, { maxRows, signal }) {
      const run = await lake.query(sql, { maxRows, signal });
      const rows: unknown[][] = [];
      for await (const batch of run.rows) for (const row of batch) rows.push([...row]);
      const { elapsedMs, rows: rowCount, truncated } = run.stats();
      return { columns: [...run.columns], rows, truncated, stats: { elapsedMs, rowCount } };
    },
    async export(sql, format, signal) {
      const options = { tmpDir, signal, timeoutMs: MAX_QUERY_MS, guardFormulas: true };
      return (await exportResult(lake, sql, format, options)).stream;
    },
    async schema() {
      const lookups = (await lake.lookupNames()).map((name) => ({ name, logType: null, columns: [] }));
      const databases = DATABASES.map((name) => ({ name, tables: tablesOf(lake, name) }));
      return { databases: [...databases, { name: LOOKUP_DATABASE, tables: lookups }] };
    },
  };
}

function tablesOf(lake: LakeSql, database: string) {
  if (database === VIEW_DATABASE) {
    return UNION_VIEWS.map(({ name, columns }) => ({ name, logType: null, columns: columns.map(columnInfo) }));
  }
  return lake
    .tables()
    .filter((table) => table.database === database)
    .map(({ name, logType, columns }) => ({ name, logType, columns: columns.map(columnInfo) }));
}

function columnInfo({ name, type, description }: Column) {
  return { name, type: typeText(type), ...(description === undefined ? {} : { description }) };
}
