/** Thresholds that count distinct values in place of events. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('alert_dedup').addColumn('uniques', 'text').execute();
}
