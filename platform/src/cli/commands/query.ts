import { UserError } from '../../core/errors.ts';
import type { QueryOptions, QueryRun } from '../../lake/sql.ts';
import { csvText, exportResult, ndjsonText } from '../../lake/sql-export.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import type { OpenLake } from '../services.ts';
import { renderTable } from '../table.ts';

/** A table is held in memory to find its widths; the other formats stream. */
const TABLE_ROWS = 1_000;

export const query = defineCommand({
  name: 'query',
  summary: 'Run SQL over the lake',
  usage: '[options] SQL | -',
  details:
    'The SQL is one statement that reads: SELECT, WITH, DESCRIBE, SHOW TABLES, EXPLAIN or SUMMARIZE. Log types are ' +
    'tables of the database panther_logs (AWS.CloudTrail is panther_logs.aws_cloudtrail); panther_views.all_logs has ' +
    'all of them. Conditions on p_event_time make a query fast. Reads the data folder itself, whether Panther runs ' +
    'or not.',
  operands: { min: 1, max: 1 },
  options: {
    format: {
      value: 'FORMAT',
      choices: ['table', 'json', 'csv', 'parquet'],
      default: 'table',
      description: 'form of the result; json is one object a line',
    },
    'max-rows': {
      value: 'N',
      kind: 'integer',
      min: 1,
      description: `stop after so many rows (without it ${TABLE_ROWS} for a table, every row otherwise)`,
    },
    timeout: { value: 'S', kind: 'integer', min: 1, max: 600, default: 60, description: 'stop after so many seconds' },
    'data-dir': {
      value: 'DIR',
      description: 'data folder of the Panther ($PANTHER_DATA_DIR, else ~/.local/share/panther)',
    },
    config: { value: 'FILE', description: 'configuration file of the Panther (YAML): where its data is' },
  },
  examples: [
    { line: "panther query 'SHOW ALL TABLES'", does: 'List the tables.' },
    {
      line: "panther query 'SELECT eventName, count(*) AS n FROM aws_cloudtrail GROUP BY 1 ORDER BY n DESC'",
      does: 'Count CloudTrail events by name.',
    },
    { line: 'panther query --format parquet - < query.sql > result.parquet', does: 'Export a result.' },
  ],
  async run({ options, operands }, io) {
    const sql = operands[0] === '-' ? await readAll(io.stdin) : (operands[0] ?? '');
    const { format, timeout, 'max-rows': maxRows, 'data-dir': dataDir, config } = options;
    if (format === 'parquet') checkParquet(io, maxRows);
    const lake = await io.services.openLake(dataDir, config);
    try {
      const limits = { timeoutMs: timeout * 1_000, signal: io.signal };
      if (format === 'parquet') return await writeParquet(lake, sql, limits, io);
      const most = maxRows ?? (format === 'table' ? TABLE_ROWS : Number.MAX_SAFE_INTEGER);
      const run = await lake.sql.query(sql, { ...limits, maxRows: most });
      if (format === 'table') await writeTable(run, io);
      else
        for await (const text of format === 'csv' ? csvText(run, false) : ndjsonText(run)) await io.stdout.write(text);
      await io.stderr.write(summary(run));
      return EXIT.done;
    } finally {
      await lake.close();
    }
  },
});

function checkParquet(io: CommandIo, maxRows: number | undefined): void {
  if (io.isTerminal.stdout) throw new UserError('Parquet is not for terminals: redirect the output to a file');
  if (maxRows !== undefined) throw new UserError('--max-rows does not apply to Parquet: use LIMIT in the SQL');
}

async function writeParquet(lake: OpenLake, sql: string, limits: QueryOptions, io: CommandIo) {
  const result = await exportResult(lake.sql, sql, 'parquet', { ...limits, tmpDir: lake.tmpDir });
  for await (const chunk of result.stream) await io.stdout.write(chunk as Uint8Array);
  await io.stderr.write(`${count(result.rowCount())}\n`);
  return EXIT.done;
}

async function writeTable(run: QueryRun, io: CommandIo): Promise<void> {
  const rows: (readonly unknown[])[] = [];
  for await (const batch of run.rows) rows.push(...batch);
  const isPlan = run.columns[0]?.name === 'explain_key' && run.columns.length === 2;
  // A plan is a drawing of its own.
  if (isPlan) for (const row of rows) await io.stdout.write(`${String(row[1])}\n`);
  else await io.stdout.write(renderTable(run.columns, rows, io.terminalColumns));
}

function summary(run: QueryRun): string {
  const { elapsedMs, rows, truncated } = run.stats();
  const more = truncated ? '; there are more, see --max-rows' : '';
  return `${count(rows)} in ${(elapsedMs / 1_000).toFixed(2)} s${more}\n`;
}

function count(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString('utf8');
}
