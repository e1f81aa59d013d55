/**
 * SQL over the lake for users, contained.
 *
 * Each query has an engine of its own: in memory, with the query's own memory limit, with the databases of the lake as
 * views over the files it can need, and with access to these files and nothing else, locked before the user's text is
 * run. The text itself was read first (`sql-statement.ts`). Nothing of one query is left for the next.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBResult } from '@duckdb/node-api';
import type { LakeTable } from '../core/table.ts';
import type { Objects } from '../ports/objects.ts';
import type { Catalog } from './catalog.ts';
import type { Duckdb } from './duckdb.ts';
import { filesInPlace, type HeldFiles, type LakeFiles } from './lake-files.ts';
import { createLimiter } from './limiter.ts';
import { openQueryEngine, type QueryEngine } from './sql-engine.ts';
import { explainError, type QueryLimits } from './sql-errors.ts';
import { hourRanges } from './sql-hours.ts';
import { type LakeLookups, lookupView } from './sql-lookups.ts';
import { planViews, type SqlPlan } from './sql-plan.ts';
import { readStatement, type Statement, withoutSemicolon } from './sql-statement.ts';
import { literal } from './sql-text.ts';
import { type Json, toJson } from './sql-values.ts';

export interface QueryOptions {
  /** Rows given at most; 10,000 without it. */
  readonly maxRows?: number;
  /** From the call to the last row; 60 s without it, at most `MAX_QUERY_MS`. */
  readonly timeoutMs?: number;
  /** 512 MB without it. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  /** Tables the user may see; every one without it. */
  readonly canRead?: (table: LakeTable) => boolean;
}

export interface ResultColumn {
  readonly name: string;
  /** SQL type, e.g. `STRUCT(arn VARCHAR, accountId VARCHAR)[]`. */
  readonly type: string;
}

export interface QueryStats {
  readonly elapsedMs: number;
  /** Rows given so far. */
  readonly rows: number;
  /** There are more rows than `maxRows`. */
  readonly truncated: boolean;
  /** Files of the lake that the query could read. */
  readonly files: number;
}

export interface QueryRun {
  readonly columns: readonly ResultColumn[];
  /** Batches of rows, each row with a value for each column. Read them to the end, or call `close`. */
  readonly rows: AsyncIterable<readonly (readonly Json[])[]>;
  stats(): QueryStats;
  close(): Promise<void>;
}

export interface LakeSql {
  /**
   * @throws UserError for SQL that is wrong or not allowed, and when a limit is reached.
   * @throws ExternalError when the lake cannot be read.
   */
  query(sql: string, options?: QueryOptions): Promise<QueryRun>;
  /** Writes the whole result as one Parquet file (`maxRows` does not apply). */
  exportParquet(sql: string, path: string, options?: QueryOptions): Promise<{ readonly rowCount: number }>;
  /** The tables that SQL can name, for completion. */
  tables(): readonly LakeTable[];
  /** Lookup tables that SQL can name. */
  lookupNames(): Promise<readonly string[]>;
}

export interface LakeSqlOptions {
  readonly catalog: Pick<Catalog, 'liveFiles'>;
  readonly objects: Pick<Objects, 'locate'>;
  /** How files become readable; in place, as `objects` locates them, without it. */
  readonly files?: LakeFiles;
  /** For reading statements; never runs them. */
  readonly duckdb: Duckdb;
  readonly tables: () => readonly LakeTable[];
  /** What `panther_lookups` has; nothing without it. */
  readonly lookups?: LakeLookups;
  /** Inside the data folder. */
  readonly tmpDir: string;
  /** For each query; 2 without it. */
  readonly threads?: number;
  /** Queries at a time; 4 without it. Others wait. */
  readonly maxConcurrent?: number;
}

/** No query runs longer, so a file that was replaced longer ago than this can be deleted. */
export const MAX_QUERY_MS = 600_000;
const DEFAULTS = { maxRows: 10_000, timeoutMs: 60_000, memoryBytes: 512 << 20 };

/** A query that may begin: read, planned, with its engine open. */
interface Session extends QueryLimits {
  readonly sql: string;
  readonly plan: SqlPlan;
  readonly engine: QueryEngine;
  readonly startedAt: number;
  close(): Promise<void>;
}

export function createLakeSql(options: LakeSqlOptions): LakeSql {
  const limiter = createLimiter(options.maxConcurrent ?? 4);
  const files = options.files ?? filesInPlace(options.objects);
  let queryCount = 0;

  async function begin(text: string, query: QueryOptions, outputPath?: string): Promise<Session> {
    const startedAt = performance.now();
    const limits = limitsOf(query);
    try {
      const release = await limiter.acquire(limits.signal);
      queryCount += 1;
      const name = `query-${process.pid}-${queryCount}`;
      const held = files.hold(join(options.tmpDir, `${name}-files`));
      const lookupDir = join(options.tmpDir, `${name}-lookups`);
      const letGo = () =>
        held
          .release()
          .finally(() => rm(lookupDir, { recursive: true, force: true }))
          .finally(release);
      try {
        const { sql, plan } = await prepare(options, held, text, query, {
          ...limits,
          lookupDir,
          isForCopy: outputPath !== undefined,
        });
        const tmpDir = join(options.tmpDir, name);
        const output = outputPath === undefined ? {} : { outputPath };
        const engine = await openQueryEngine({ plan, tmpDir, threads: options.threads ?? 2, ...limits, ...output });
        const close = () => engine.close().finally(letGo);
        return { ...limits, sql, plan, engine, startedAt, close };
      } catch (error) {
        await letGo();
        throw error;
      }
    } catch (error) {
      throw explainError(error, limits);
    }
  }

  return {
    tables: options.tables,
    lookupNames: async () => (await options.lookups?.names()) ?? [],
    async query(text, query = {}) {
      const session = await begin(text, query);
      try {
        const result = await session.engine.connection.stream(session.sql);
        return createRun(session, result, query.maxRows ?? DEFAULTS.maxRows);
      } catch (error) {
        await session.close();
        throw explainError(error, session);
      }
    },
    async exportParquet(text, path, query = {}) {
      const session = await begin(text, query, path);
      try {
        const copy = `COPY (${session.sql}\n) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`;
        return { rowCount: (await session.engine.connection.run(copy)).rowsChanged };
      } catch (error) {
        throw explainError(error, session);
      } finally {
        await session.close();
      }
    },
  };
}

function limitsOf({
  timeoutMs = DEFAULTS.timeoutMs,
  memoryBytes = DEFAULTS.memoryBytes,
  signal,
}: QueryOptions): QueryLimits {
  const limit = Math.min(timeoutMs, MAX_QUERY_MS);
  const timeout = AbortSignal.timeout(limit);
  return { timeoutMs: limit, memoryBytes, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
}

/** Reads the statement and finds what it needs. Nothing of it runs. */
async function prepare(
  { duckdb, catalog, tables, lookups }: LakeSqlOptions,
  held: HeldFiles,
  text: string,
  { canRead = () => true }: QueryOptions,
  {
    isForCopy,
    lookupDir,
    signal,
  }: { readonly isForCopy: boolean; readonly lookupDir: string; readonly signal: AbortSignal },
): Promise<{ readonly sql: string; readonly plan: SqlPlan }> {
  const connection = await duckdb.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const statement: Statement = await readStatement(connection, text);
    const plan = await planViews(statement, {
      catalog: {
        async liveFiles(filter) {
          const files = await catalog.liveFiles(filter);
          await held.add(files, signal);
          return files;
        },
      },
      locate: held.pathOf,
      tables: tables().filter(canRead),
      ranges: await hourRanges(connection, statement),
      lookup: (name) => lookupView(name, lookups, lookupDir),
    });
    return { sql: isForCopy ? await withoutSemicolon(connection, statement) : statement.sql, plan };
  } finally {
    connection.closeSync();
  }
}

function createRun(session: Session, result: DuckDBResult, maxRows: number): QueryRun {
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
  let rowCount = 0;
  let truncated = false;
  let endedAt: number | undefined;
  let closing: Promise<void> | undefined;
  let fetching: Promise<unknown> | undefined;

  async function close(): Promise<void> {
    endedAt ??= performance.now();
    session.signal.removeEventListener('abort', abandon);
    // The engine must not go away under a read.
    closing ??= Promise.resolve(fetching).then(session.close, session.close);
    await closing;
  }

  /** For a reader that does not come back: its time is over, and with it the engine. */
  function abandon(): void {
    close().catch(() => {});
  }
  session.signal.addEventListener('abort', abandon, { once: true });

  async function* read(): AsyncGenerator<readonly (readonly Json[])[]> {
    try {
      for (;;) {
        session.signal.throwIfAborted();
        const next = result.fetchChunk();
        fetching = next.catch(() => {});
        const chunk = await next;
        if (chunk === null || chunk.rowCount === 0) return;
        const rows = chunk.getRows();
        truncated = rowCount + rows.length > maxRows;
        const given = truncated ? rows.slice(0, maxRows - rowCount) : rows;
        rowCount += given.length;
        if (given.length > 0) yield given.map((row) => row.map(toJson));
        if (truncated) return;
      }
    } catch (error) {
      throw explainError(error, session);
    } finally {
      await close();
    }
  }

  return {
    columns,
    rows: read(),
    stats: () => ({
      elapsedMs: (endedAt ?? performance.now()) - session.startedAt,
      rows: rowCount,
      truncated,
      files: session.plan.paths.length,
    }),
    close,
  };
}
