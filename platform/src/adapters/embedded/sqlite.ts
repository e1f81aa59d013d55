/** What the SQLite adapters share: how a file is opened, how its lock is waited for, what its errors mean. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { ExternalError } from '../../core/errors.ts';

/** How long a statement waits for another connection's transaction. */
const LOCK_WAIT_MS = 10_000;
/** SQLite itself waits this long, and blocks the thread meanwhile; the rest is waited for with the thread free. */
const BLOCKING_WAIT_MS = 10;
const MAX_STATEMENTS = 500;

const BUSY = 5;
const LOCKED = 6;

export interface SqliteFile {
  readonly db: DatabaseSync;
  readonly path: string;
  /** A prepared statement, kept for the next use of the same text. */
  prepare(sql: string): StatementSync;
  close(): void;
}

/**
 * Opens a database file in WAL mode, so that readers and a writer of several threads and processes do not wait for
 * each other. With `FULL` a commit survives a crash of the machine, with `NORMAL` one of the process.
 */
export function openSqlite(path: string, synchronous: 'FULL' | 'NORMAL'): SqliteFile {
  mkdirSync(dirname(path), { recursive: true });
  const db = explain(path, () => new DatabaseSync(path, { timeout: LOCK_WAIT_MS, enableForeignKeyConstraints: true }));
  explain(path, () => db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`));
  db.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
  const statements = new Map<string, StatementSync>();
  return {
    db,
    path,
    prepare: (sql) => statements.get(sql) ?? remember(statements, sql, db.prepare(sql)),
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}

/** Runs a function, again while another connection holds the lock; fails after ten seconds. */
export async function whenUnlocked<T>(path: string, run: () => T): Promise<T> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw explained(error, path);
    }
    await delay(Math.min(attempt, 10));
  }
}

/** Runs a function in a transaction that has the write lock from its start. */
export function immediately<T>(file: SqliteFile, run: () => T): Promise<T> {
  return whenUnlocked(file.path, () => {
    file.db.exec('BEGIN IMMEDIATE');
    try {
      const result = run();
      file.db.exec('COMMIT');
      return result;
    } catch (error) {
      if (file.db.isTransaction) file.db.exec('ROLLBACK');
      throw error;
    }
  });
}

function remember(statements: Map<string, StatementSync>, sql: string, statement: StatementSync): StatementSync {
  if (statements.size >= MAX_STATEMENTS) statements.clear();
  statements.set(sql, statement);
  return statement;
}

function explain<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw explained(error, path);
  }
}

/** Primary result code: the low byte of SQLite's extended code. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

const EXPLANATIONS: Readonly<Record<number, { text: string; retryable: boolean }>> = {
  [BUSY]: { text: 'another program has held its lock for ten seconds', retryable: true },
  [LOCKED]: { text: 'another connection holds its lock', retryable: true },
  8: { text: 'it cannot be written: check the permissions of the file and its folder', retryable: false },
  10: { text: 'the disk reported an error', retryable: true },
  11: { text: 'the file is damaged: restore it from a backup', retryable: false },
  13: { text: 'the disk is full: make room, nothing is lost', retryable: true },
  14: { text: 'it cannot be opened: check that the folder exists and may be written', retryable: false },
  26: { text: 'it is not a database', retryable: false },
};

function explained(error: unknown, path: string): unknown {
  const explanation = EXPLANATIONS[resultCode(error) ?? 0];
  if (explanation === undefined) return error;
  return new ExternalError(`database ${path}: ${explanation.text}`, { retryable: explanation.retryable, cause: error });
}
