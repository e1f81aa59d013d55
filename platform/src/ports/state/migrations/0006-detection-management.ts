/** Packs with their revisions, changes of detections, and replays. */
import type { Kysely } from 'kysely';

type Kind = 'text' | 'text?' | 'integer';

const TABLES: Readonly<Record<string, { readonly columns: Readonly<Record<string, Kind>>; readonly key: string[] }>> = {
  packs: {
    columns: { id: 'text', revision: 'integer', installed_at: 'text', updated_at: 'text' },
    key: ['id'],
  },
  pack_revisions: {
    columns: {
      pack_id: 'text',
      revision: 'integer',
      at: 'text',
      actor: 'text',
      actor_name: 'text',
      note: 'text',
      items: 'text',
    },
    key: ['pack_id', 'revision'],
  },
  detection_changes: {
    columns: {
      id: 'text',
      detection_id: 'text',
      at: 'text',
      actor: 'text',
      actor_name: 'text',
      action: 'text',
      from_version: 'text?',
      to_version: 'text?',
      pack_id: 'text?',
      details: 'text',
    },
    key: ['id'],
  },
  replays: {
    columns: {
      id: 'text',
      detection_id: 'text',
      request: 'text',
      state: 'text',
      created_at: 'text',
      created_by: 'text',
      started_at: 'text?',
      ended_at: 'text?',
      beat_at: 'text',
      progress: 'text',
      result: 'text?',
      error: 'text',
    },
    key: ['id'],
  },
};

const INDEXES: readonly (readonly [string, readonly string[]])[] = [
  ['detection_changes', ['detection_id', 'at']],
  ['replays', ['created_at']],
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, { columns, key }] of Object.entries(TABLES)) {
    let table = db.schema.createTable(name);
    for (const [column, kind] of Object.entries(columns)) {
      const type = kind === 'integer' ? 'integer' : 'text';
      table = table.addColumn(column, type, (one) => (kind === 'text?' ? one : one.notNull()));
    }
    await table.addPrimaryKeyConstraint(`${name}_key`, key as never[]).execute();
  }
  for (const [table, columns] of INDEXES) {
    await db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns([...columns])
      .execute();
  }
}
