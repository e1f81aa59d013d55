/**
 * State in PostgreSQL (RDS, Aurora, or any server). Transactions are serialisable and repeated after a conflict, or
 * when the server went away before they could commit. PostgreSQL cannot store the character NUL in text: it is stored
 * as U+FFFD.
 */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';
import { migrateToLatest } from '../../ports/state/migrations/index.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';

const MAX_ATTEMPTS = 50;
/** Connecting is tried for so long: a failover of RDS takes a minute or two. */
const RECONNECT_MS = 120_000;
const MAX_PAUSE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;

const CONFLICTS = new Set(['40001', '40P01']);
/** Of the server: it shuts down, starts, or has no free connection. Of the network: there is nobody. */
const UNAVAILABLE = new Set([
  ...['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENOTFOUND'],
]);
/** What the server says to who is not let in; another attempt does not change it. */
const REFUSED: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong',
  '28000': 'the user may not connect',
  '3D000': 'the database does not exist: CREATE DATABASE makes it',
  '42501': 'the user may not create tables: GRANT CREATE ON SCHEMA public lets it',
};

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=verify-full` */
  readonly url: string;
  readonly maxConnections?: number;
  /** How long a server that went away is waited for; two minutes without it. */
  readonly reconnectMs?: number;
}

export function openPostgresState(options: PostgresOptions): State {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'panther',
    types: { getTypeParser },
  });
  // A connection that breaks while idle is replaced on next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  const reconnectMs = options.reconnectMs ?? RECONNECT_MS;
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: patient(replacingNul(pool), reconnectMs), cursor: Cursor }),
  });
  return {
    db,
    transaction: (run) => repeatedly((begin) => runTransaction(db, run, begin), reconnectMs),
    migrate: () => migrateToLatest(db).catch(explain),
    close: () => db.destroy(),
  };
}

/** Tells an attempt's end apart: before the commit was asked for, nothing can have happened. */
interface Attempt {
  mayBeCommitted: boolean;
}

async function runTransaction<T>(
  db: Kysely<Tables>,
  run: Parameters<State['transaction']>[0],
  attempt: Attempt,
): Promise<T> {
  attempt.mayBeCommitted = false;
  return db
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (tx) => {
      const value = await run(tx);
      attempt.mayBeCommitted = true;
      return value as T;
    });
}

async function repeatedly<T>(run: (attempt: Attempt) => Promise<T>, reconnectMs: number): Promise<T> {
  const startedAt = performance.now();
  for (let count = 1; ; count++) {
    const attempt: Attempt = { mayBeCommitted: false };
    try {
      return await run(attempt);
    } catch (error) {
      if (isConflict(error)) {
        if (count === MAX_ATTEMPTS) throw error;
      } else if (!isUnavailable(error)) throw error;
      // Whether it happened is not known; the caller's own keys decide when it tries again.
      else if (attempt.mayBeCommitted || performance.now() - startedAt > reconnectMs) throw unavailable(error);
    }
    await pause(Math.min(count * 5, 100));
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONFLICTS.has(String(error.code));
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && UNAVAILABLE.has(code)) return true;
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(error.message);
}

function unavailable(cause: unknown): ExternalError {
  return new ExternalError(`the database cannot be reached: ${errorMessage(cause)}`, { retryable: true, cause });
}

/** Connections are asked for until the server is there again; a statement that had begun is not repeated. */
function patient(pool: pg.Pool, reconnectMs: number): pg.Pool {
  const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  const connectPatiently = async (): Promise<pg.PoolClient> => {
    const startedAt = performance.now();
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        return await connect();
      } catch (error) {
        if (!isUnavailable(error)) return explain(error);
        if (performance.now() - startedAt > reconnectMs) throw unavailable(error);
      }
      await pause(pauseMs);
    }
  };
  pool.connect = connectPatiently as typeof pool.connect;
  return pool;
}

/** @throws UserError where an administrator of the database has to act. */
function explain(error: unknown): never {
  const code = String((error as { code?: unknown } | null)?.code);
  const hint = REFUSED[code];
  if (hint === undefined) throw error;
  const message = `the database refuses Panther: ${errorMessage(error)}; ${hint}`;
  throw new UserError(message, { field: 'state.postgres' }, { cause: error });
}

/** Spread, so that those who collided do not collide again. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms * (0.5 + Math.random() / 2)));
}

/** 64-bit integers and sums of them come as numbers, as from SQLite. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  const isNumber = oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC;
  return isNumber ? Number : pg.types.getTypeParser(oid, format as 'text');
}

function replacingNul(pool: pg.Pool): pg.Pool {
  pool.on('connect', (client) => {
    // One that breaks while it is lent fails its query; without a listener it would end the process as well.
    client.on('error', () => undefined);
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const replacing = (text: unknown, values: unknown, ...rest: unknown[]) =>
      query(text, Array.isArray(values) ? values.map(withoutNul) : values, ...rest);
    client.query = replacing as typeof client.query;
  });
  return pool;
}

function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}
