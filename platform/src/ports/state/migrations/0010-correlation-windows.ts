/** Windows of correlations that are decided at their end. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('correlation_windows')
    .addColumn('detection_id', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('decided_until', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('correlation_windows_key', ['detection_id', 'key'])
    .execute();
}
