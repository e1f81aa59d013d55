/** Specifications as they were written, with their comments. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('detections').addColumn('spec_text', 'text').execute();
  await db.schema.alterTable('detection_versions').addColumn('spec_text', 'text').execute();
}
