/** Data of lookup tables that was fetched or uploaded. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('lookup_files')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('object_key', 'text', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('row_count', 'bigint')
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('loaded_at', 'text')
    .addColumn('checked_at', 'text', (column) => column.notNull())
    .addColumn('problem', 'text', (column) => column.notNull())
    .execute();
}
