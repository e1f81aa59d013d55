/** The engine of one query: its views, its files, its limits, then the lock. */
import { rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openDuckdb } from './duckdb.ts';
import { LOOKUP_SET_UP } from './sql-lookups.ts';
import type { SqlPlan } from './sql-plan.ts';
import { identifier, list } from './sql-text.ts';
import { DATABASES } from './sql-views.ts';

export interface QueryEngine {
  readonly connection: DuckDBConnection;
  close(): Promise<void>;
}

export interface QueryEngineOptions {
  readonly plan: SqlPlan;
  /** Scratch space of this query alone. */
  readonly tmpDir: string;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Stops what is running when it aborts. */
  readonly signal: AbortSignal;
  /** The one file that may be written. */
  readonly outputPath?: string;
}

/** An interruption between two statements is lost, so it is repeated. */
const INTERRUPT_EVERY_MS = 20;

export async function openQueryEngine(options: QueryEngineOptions): Promise<QueryEngine> {
  const { plan, tmpDir, memoryBytes, threads, signal, outputPath } = options;
  const instance = await openDuckdb({ tmpDir, memoryBytes, threads });
  const connection = await instance.connect();
  const stopWatching = interruptOn(signal, connection);

  async function close(): Promise<void> {
    stopWatching();
    connection.closeSync();
    instance.closeSync();
    await rm(tmpDir, { recursive: true, force: true });
  }

  try {
    for (const statement of setUp(plan, outputPath)) {
      signal.throwIfAborted();
      await connection.run(statement);
    }
    signal.throwIfAborted();
    return { connection, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function setUp({ views, hasLookups, paths }: SqlPlan, outputPath: string | undefined): readonly string[] {
  const allowed = outputPath === undefined ? paths : [...paths, outputPath];
  return [
    "SET TimeZone = 'UTC'",
    'SET parquet_metadata_cache = true',
    ...DATABASES.map((database) => `CREATE SCHEMA ${identifier(database)}`),
    ...(hasLookups ? LOOKUP_SET_UP : []),
    ...views,
    `SET allowed_paths = ${list(allowed)}`,
    'SET enable_external_access = false',
    "SET search_path = 'panther_logs,panther_views'",
    'SET lock_configuration = true',
  ];
}

function interruptOn(signal: AbortSignal, connection: DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  if (signal.aborted) interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    clearInterval(timer);
    signal.removeEventListener('abort', interrupt);
  };
}
