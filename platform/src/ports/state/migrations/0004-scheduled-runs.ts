/** Schedules, their runs, and what correlation rules have reported. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('schedules')
    .addColumn('detection_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('position', 'text', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('lease_until', 'text')
    .execute();
  await db.schema
    .createTable('scheduled_runs')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('detection_id', 'text', (column) => column.notNull())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('scheduled_at', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('row_count', 'integer', (column) => column.notNull())
    .addColumn('matches', 'integer', (column) => column.notNull())
    .addColumn('truncated', 'integer', (column) => column.notNull())
    .addColumn('error', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('scheduled_runs_by_detection')
    .on('scheduled_runs')
    .columns(['detection_id', 'scheduled_at'])
    .execute();
  await db.schema
    .createTable('correlation_reports')
    .addColumn('detection_id', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('last_event_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('correlation_reports_key', ['detection_id', 'key'])
    .execute();
}
