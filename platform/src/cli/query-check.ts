/** The SQL of queries, for `panther validate`: read by the engine that would run it, and not run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, UserError } from '../core/errors.ts';
import { tableName } from '../core/ids.ts';
import type { Detection } from '../detections/detection.ts';
import type { LoadedDetections, LoadProblem } from '../detections/load.ts';
import { queriesOf, queryTextOf, toLakeSql } from '../detections/schedule/query-text.ts';
import { isTemplate } from '../detections/schedule/template.ts';
import { createDuckdb, type Duckdb } from '../lake/duckdb.ts';
import { readStatement, type Statement } from '../lake/sql-statement.ts';
import type { LogTypes } from '../log-analysis/schema.ts';
import type { CommandIo } from './command.ts';

type Content = Pick<LoadedDetections, 'detections' | 'places'>;

const TEXT_KEYS = ['Query', 'SnowflakeQuery', 'AthenaQuery', 'DatabricksQuery'] as const;

/**
 * What would fail when it runs is an error; of what never runs by itself (saved queries, queries that are switched off)
 * a warning, for public ones are written for another warehouse.
 */
export async function checkQueriesOf(
  content: Content,
  logTypes: LogTypes,
  io: Pick<CommandIo, 'clock'>,
): Promise<readonly LoadProblem[]> {
  const queries = content.detections.filter(
    ({ type, spec }) => /query$|lookup_table/.test(type) && keyOf(spec) !== undefined,
  );
  if (queries.length === 0) return [];
  const tmpDir = await mkdtemp(join(tmpdir(), 'panther-sql-'));
  const duckdb = createDuckdb({ tmpDir, memoryBytes: 64 << 20, threads: 1 });
  try {
    const problems: LoadProblem[] = [];
    for (const query of queries) {
      problems.push(...(await problemsOf(query, { duckdb, content, logTypes, at: io.clock.now() })));
    }
    return problems;
  } finally {
    await duckdb.close();
    await rm(tmpDir, { recursive: true, force: true });
  }
}

interface Checking {
  readonly duckdb: Duckdb;
  readonly content: Content;
  readonly logTypes: LogTypes;
  readonly at: Date;
}

async function problemsOf(
  query: Detection,
  { duckdb, content, logTypes, at }: Checking,
): Promise<readonly LoadProblem[]> {
  const key = keyOf(query.spec) as string;
  const text = queryTextOf(query.spec);
  const place = content.places.get(query.id);
  const first = place?.lineOf([key]) ?? 1;
  const told = { file: place?.file ?? query.id, field: key };
  const level = query.isEnabled && query.type !== 'saved_query' ? 'error' : 'warning';
  try {
    const sql = toLakeSql(text, at, queriesOf(content.detections));
    // Of a template with nothing but macros nothing is left.
    if (sql.trim() === '' && isTemplate(text)) return [];
    const statement = await read(duckdb, sql);
    return unknownTables(statement, logTypes).map((name) => {
      const message = `no log type has the table ${name}: the query fails until there is a schema of it`;
      return { ...told, level: 'warning', line: lineOf(text, first, text.toLowerCase().indexOf(name)), message };
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { line: inText = 0 } = error.location;
    const line = first + (isBlock(text) ? inText : 0);
    return [{ ...told, level, line, message: errorMessage(error) }];
  }
}

async function read(duckdb: Duckdb, sql: string): Promise<Statement> {
  const connection = await duckdb.connect();
  try {
    return await readStatement(connection, sql);
  } finally {
    connection.closeSync();
  }
}

/** Of the logs: every other database has its tables by itself. */
function unknownTables({ tables, cteNames }: Statement, logTypes: LogTypes): readonly string[] {
  const known = new Set([...logTypes.keys()].map(tableName));
  const named = tables
    .filter(({ catalog, schema }) => catalog === '' && schema.toLowerCase() === 'panther_logs')
    .map(({ name }) => name.toLowerCase());
  return [...new Set(named)].filter((name) => !known.has(name) && !cteNames.has(name));
}

function keyOf(spec: Detection['spec']): string | undefined {
  return TEXT_KEYS.find((key) => typeof spec[key] === 'string');
}

/** Text of several lines begins below its key. */
function isBlock(text: string): boolean {
  return text.trimEnd().includes('\n');
}

function lineOf(text: string, first: number, index: number): number {
  if (!isBlock(text) || index < 0) return first;
  return first + text.slice(0, index).split('\n').length;
}
