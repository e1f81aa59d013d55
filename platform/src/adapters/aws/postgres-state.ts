/**
 * State in PostgreSQL (RDS, Aurora, or any server). Transactions are serialisable and repeated after a conflict.
 * PostgreSQL cannot store the character NUL in text: it is stored as U+FFFD.
 */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { migrateToLatest } from '../../ports/state/migrations/index.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';

const MAX_ATTEMPTS = 50;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=verify-full` */
  readonly url: string;
  readonly maxConnections?: number;
}

export function openPostgresState(options: PostgresOptions): State {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    types: { getTypeParser },
  });
  // A connection that breaks while idle is replaced on next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: replacingNul(pool), cursor: Cursor }) });
  return {
    db,
    transaction: (run) => repeatedly(() => db.transaction().setIsolationLevel('serializable').execute(run)),
    migrate: () => migrateToLatest(db),
    close: () => db.destroy(),
  };
}

async function repeatedly<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 5, 100) * Math.random()));
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK);
}

/** 64-bit integers and sums of them come as numbers, as from SQLite. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  const isNumber = oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC;
  return isNumber ? Number : pg.types.getTypeParser(oid, format as 'text');
}

function replacingNul(pool: pg.Pool): pg.Pool {
  pool.on('connect', (client) => {
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
