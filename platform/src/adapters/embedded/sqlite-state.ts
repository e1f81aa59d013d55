/**
 * State in one SQLite file. A commit is on the disk when it returns; a transaction has the write lock from its start,
 * so it never has to be repeated. Every thread and process opens its own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { migrateToLatest } from '../../ports/state/migrations/index.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';
import { openSqlite, type SqliteFile, whenUnlocked } from './sqlite.ts';

export function openSqliteState(path: string): State {
  const inTransaction = new AsyncLocalStorage<boolean>();
  const db = new Kysely<Tables>({ dialect: dialect(path, inTransaction) });
  return {
    db,
    transaction: (run) => db.transaction().execute((tx) => inTransaction.run(true, () => run(tx))),
    migrate: () => inTransaction.run(false, () => migrateToLatest(db)),
    close: () => db.destroy(),
  };
}

function dialect(path: string, inTransaction: AsyncLocalStorage<boolean>): Dialect {
  return {
    createAdapter: () => new TransactionalDdlAdapter(),
    createDriver: () => new SqliteFileDriver(path, inTransaction),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Migrations run in one transaction, so that of several processes that start at once only one applies them. */
class TransactionalDdlAdapter extends SqliteAdapter {
  /** The driver itself lends its one connection in turn. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SqliteFileDriver implements Driver {
  readonly #path: string;
  readonly #inTransaction: AsyncLocalStorage<boolean>;
  #file: SqliteFile | undefined;
  /** Settles when the last who asked for the connection has given it back. */
  #queue: Promise<void> = Promise.resolve();
  #giveBack: (() => void) | undefined;

  constructor(path: string, inTransaction: AsyncLocalStorage<boolean>) {
    this.#path = path;
    this.#inTransaction = inTransaction;
  }

  async init(): Promise<void> {
    this.#file = openSqlite(this.#path, 'FULL');
  }

  /** @throws Error at once where waiting would be for ever: the transaction itself has the connection. */
  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#inTransaction.getStore() === true)
      throw new Error('inside a transaction, use its own handle: tx, not db');
    const turn = this.#queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue = promise;
    await turn;
    this.#giveBack = resolve;
    if (this.#file === undefined) throw new Error('the database is closed');
    return new SqliteConnection(this.#file);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk has already rolled the transaction back.
    if (this.#file?.db.isTransaction) await connection.executeQuery(CompiledQuery.raw('ROLLBACK'));
  }

  async releaseConnection(): Promise<void> {
    this.#giveBack?.();
  }

  async destroy(): Promise<void> {
    await this.#queue;
    this.#file?.close();
    this.#file = undefined;
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return whenUnlocked(this.#file.path, () => this.#execute<R>(query));
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncGenerator<QueryResult<R>> {
    // Not a shared statement: another run of the same text would restart it.
    const statement = this.#file.db.prepare(query.sql);
    for (const row of statement.iterate(...bound(query))) yield { rows: [row as R] };
  }

  #execute<R>(query: CompiledQuery): QueryResult<R> {
    const statement = this.#file.prepare(query.sql);
    if (statement.columns().length > 0) return { rows: statement.all(...bound(query)) as R[] };
    const { changes, lastInsertRowid } = statement.run(...bound(query));
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}

function bound(query: CompiledQuery): (string | number | bigint | Uint8Array | null)[] {
  return query.parameters as (string | number | bigint | Uint8Array | null)[];
}
