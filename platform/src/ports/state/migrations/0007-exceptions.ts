/** Exceptions of detections, and what they have hidden. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('exceptions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('detection_id', 'text', (column) => column.notNull())
    .addColumn('conditions', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('force_reason', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addColumn('updated_by', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('exception_hits')
    .addColumn('exception_id', 'text', (column) => column.primaryKey())
    .addColumn('hidden', 'integer', (column) => column.notNull())
    .addColumn('last_hidden_at', 'text', (column) => column.notNull())
    .addColumn('recent', 'text', (column) => column.notNull())
    .execute();
}
