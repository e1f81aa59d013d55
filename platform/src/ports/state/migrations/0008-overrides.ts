/** Fields of a pack's detection that users have overridden, and where packs came from. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('detections').addColumn('overrides', 'text').execute();
  await db.schema.alterTable('detections').addColumn('pack_version', 'text').execute();
  await db.schema.alterTable('packs').addColumn('source', 'text').execute();
  await db.schema.alterTable('pack_revisions').addColumn('source', 'text').execute();
}
