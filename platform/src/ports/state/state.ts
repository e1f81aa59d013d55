/**
 * Relational state: SQLite, or PostgreSQL, through one query builder.
 *
 * `db` runs single statements; `transaction` runs a function in a serialisable transaction and repeats it when the
 * database reports a conflict, so the function must have no other effects. Times, flags and JSON are text and integers
 * as `tables.ts` says.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export interface State {
  readonly db: Kysely<Tables>;
  transaction<T>(run: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Applies what is missing of `migrations/`, in order; safe when several processes start at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}
