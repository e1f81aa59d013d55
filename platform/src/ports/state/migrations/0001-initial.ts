/**
 * The tables of the first release, and an index for each way in which they are searched.
 *
 * This file is long because there are many tables.
 */
import { type ColumnDefinitionBuilder, type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../tables.ts';

type ColumnKind = 'text' | 'text?' | 'integer' | 'integer?' | 'serial';

interface TableDefinition {
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Absent where a serial column is the key. */
  readonly primaryKey?: readonly string[];
}

/** Tables and columns that other migrations make. */
type Later =
  | 'detection_faults'
  | 'schedules'
  | 'scheduled_runs'
  | 'correlation_reports'
  | 'correlation_windows'
  | 'lookup_files'
  | 'packs'
  | 'pack_revisions'
  | 'detection_changes'
  | 'replays'
  | 'exceptions'
  | 'exception_hits';
type LaterColumn = 'uniques' | 'overrides' | 'pack_version' | 'source' | 'spec_text';

const TABLES = {
  settings: {
    columns: {
      key: 'text',
      value: 'text',
    },
    primaryKey: ['key'],
  },
  users: {
    columns: {
      id: 'text',
      email: 'text',
      name: 'text',
      role: 'text',
      password_hash: 'text?',
      created_at: 'text',
      last_sign_in_at: 'text?',
      disabled_at: 'text?',
    },
    primaryKey: ['id'],
  },
  sessions: {
    columns: {
      token_hash: 'text',
      user_id: 'text',
      created_at: 'text',
      last_seen_at: 'text',
      expires_at: 'text',
      ip: 'text',
      user_agent: 'text',
    },
    primaryKey: ['token_hash'],
  },
  invitations: {
    columns: {
      token_hash: 'text',
      user_id: 'text?',
      created_at: 'text',
      expires_at: 'text',
      used_at: 'text?',
    },
    primaryKey: ['token_hash'],
  },
  api_tokens: {
    columns: {
      id: 'text',
      name: 'text',
      token_hash: 'text',
      role: 'text',
      created_by: 'text',
      created_at: 'text',
      expires_at: 'text?',
      last_used_at: 'text?',
      revoked_at: 'text?',
    },
    primaryKey: ['id'],
  },
  audit_log: {
    columns: {
      id: 'serial',
      at: 'text',
      actor: 'text',
      actor_name: 'text',
      action: 'text',
      target: 'text',
      ip: 'text',
      status: 'integer',
      details: 'text',
    },
  },
  sources: {
    columns: {
      id: 'text',
      name: 'text',
      type: 'text',
      log_types: 'text',
      config: 'text',
      secrets: 'text',
      enabled: 'integer',
      created_at: 'text',
      updated_at: 'text',
      last_event_at: 'text?',
      health: 'text',
      health_message: 'text',
      received: 'integer',
      stored: 'integer',
      quarantined: 'integer',
      rejected: 'integer',
      events: 'integer',
      bytes: 'integer',
    },
    primaryKey: ['id'],
  },
  folder_files: {
    columns: {
      source_id: 'text',
      file_id: 'text',
      path: 'text',
      head_hash: 'text',
      head_bytes: 'integer',
      done_bytes: 'integer',
      generation: 'integer',
      modified_at: 'text',
      seen_at: 'text',
    },
    primaryKey: ['source_id', 'file_id'],
  },
  units: {
    columns: {
      id: 'text',
      source_id: 'text',
      bucket: 'text',
      key: 'text',
      version: 'text',
      size_bytes: 'integer',
      commit_id: 'text',
      received: 'integer',
      stored: 'integer',
      quarantined: 'integer',
      rejected: 'integer',
      events: 'integer',
      bytes: 'integer',
      committed_at: 'text',
    },
    primaryKey: ['id'],
  },
  kept_records: {
    columns: {
      object_key: 'text',
      unit_id: 'text',
      source_id: 'text',
      quarantined: 'integer',
      rejected: 'integer',
      bytes: 'integer',
      reason: 'text',
      created_at: 'text',
      reprocessed_at: 'text?',
    },
    primaryKey: ['object_key'],
  },
  lake_files: {
    columns: {
      object_key: 'text',
      database: 'text',
      table_name: 'text',
      hour: 'text',
      row_count: 'integer',
      size_bytes: 'integer',
      status: 'text',
      commit_id: 'text',
      created_at: 'text',
      replaced_at: 'text?',
    },
    primaryKey: ['object_key'],
  },
  detections: {
    columns: {
      id: 'text',
      type: 'text',
      language: 'text',
      spec: 'text',
      body: 'text',
      enabled: 'integer',
      version: 'text',
      origin: 'text',
      created_at: 'text',
      updated_at: 'text',
      updated_by: 'text',
    },
    primaryKey: ['id'],
  },
  detection_versions: {
    columns: {
      id: 'text',
      version: 'text',
      spec: 'text',
      body: 'text',
      created_at: 'text',
      created_by: 'text',
    },
    primaryKey: ['id', 'version'],
  },
  detection_stats: {
    columns: {
      detection_id: 'text',
      day: 'text',
      events: 'integer',
      candidates: 'integer',
      matches: 'integer',
      errors: 'integer',
      micros: 'integer',
    },
    primaryKey: ['detection_id', 'day'],
  },
  alert_dedup: {
    columns: {
      key: 'text',
      rule_id: 'text',
      dedup: 'text',
      type: 'text',
      alert_id: 'text',
      alert_count: 'integer',
      event_count: 'integer',
      opened_at: 'text',
      updated_at: 'text',
      first_event_at: 'text',
      last_event_at: 'text',
      log_types: 'text',
      first_result: 'text?',
    },
    primaryKey: ['key'],
  },
  alerts: {
    columns: {
      id: 'text',
      type: 'text',
      rule_id: 'text',
      rule_version: 'text',
      rule_name: 'text',
      title: 'text',
      severity: 'text',
      status: 'text',
      dedup: 'text',
      created_at: 'text',
      updated_at: 'text',
      first_event_at: 'text',
      last_event_at: 'text',
      event_count: 'integer',
      log_types: 'text',
      description: 'text',
      reference: 'text',
      runbook: 'text',
      tags: 'text',
      context: 'text',
      destinations: 'text',
      output_ids: 'text',
      assignee: 'text?',
      status_by: 'text?',
      status_at: 'text?',
    },
    primaryKey: ['id'],
  },
  alert_comments: {
    columns: {
      id: 'text',
      alert_id: 'text',
      author: 'text',
      body: 'text',
      created_at: 'text',
    },
    primaryKey: ['id'],
  },
  destinations: {
    columns: {
      id: 'text',
      name: 'text',
      type: 'text',
      config: 'text',
      secrets: 'text',
      severities: 'text',
      alert_types: 'text',
      enabled: 'integer',
      created_at: 'text',
      updated_at: 'text',
    },
    primaryKey: ['id'],
  },
  deliveries: {
    columns: {
      alert_id: 'text',
      destination_id: 'text',
      status: 'text',
      attempts: 'integer',
      idempotency_key: 'text',
      last_attempt_at: 'text?',
      delivered_at: 'text?',
    },
    primaryKey: ['alert_id', 'destination_id'],
  },
  delivery_attempts: {
    columns: {
      id: 'serial',
      alert_id: 'text',
      destination_id: 'text',
      at: 'text',
      success: 'integer',
      status_code: 'integer',
      message: 'text',
      duration_ms: 'integer',
    },
  },
  outbox: {
    columns: {
      id: 'serial',
      queue: 'text',
      body: 'text',
      attributes: 'text',
      created_at: 'text',
    },
  },
  key_values: {
    columns: {
      key: 'text',
      int_count: 'integer?',
      string_set: 'text?',
      dictionary: 'text?',
      expires_at: 'integer?',
    },
    primaryKey: ['key'],
  },
  schemas: {
    columns: {
      log_type: 'text',
      text: 'text',
      revision: 'integer',
      created_at: 'text',
      updated_at: 'text',
      updated_by: 'text',
    },
    primaryKey: ['log_type'],
  },
} satisfies {
  [Name in Exclude<keyof Tables, Later>]: {
    columns: Record<Exclude<keyof Tables[Name], LaterColumn>, ColumnKind>;
    primaryKey?: string[];
  };
};

/** Table, columns in order. Names are derived from them. */
const INDEXES: readonly (readonly [keyof typeof TABLES, readonly string[]])[] = [
  ['sessions', ['user_id']],
  ['sessions', ['expires_at']],
  ['audit_log', ['at']],
  ['folder_files', ['source_id', 'path']],
  ['folder_files', ['source_id', 'head_hash']],
  ['units', ['source_id', 'committed_at']],
  ['units', ['commit_id']],
  ['kept_records', ['source_id', 'created_at']],
  ['kept_records', ['unit_id']],
  ['lake_files', ['database', 'table_name', 'status', 'hour']],
  ['lake_files', ['status', 'replaced_at']],
  ['lake_files', ['commit_id']],
  ['alert_dedup', ['rule_id']],
  ['alerts', ['created_at']],
  ['alerts', ['status', 'created_at']],
  ['alerts', ['severity', 'created_at']],
  ['alerts', ['rule_id', 'created_at']],
  ['alert_comments', ['alert_id', 'created_at']],
  ['deliveries', ['status']],
  ['deliveries', ['destination_id', 'status']],
  ['delivery_attempts', ['alert_id', 'destination_id', 'at']],
  ['key_values', ['expires_at']],
];

/** Unique whatever the case of the letters. */
const UNIQUE_NAMES: readonly (readonly [keyof typeof TABLES, string])[] = [
  ['users', 'email'],
  ['api_tokens', 'token_hash'],
  ['sources', 'name'],
  ['destinations', 'name'],
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  for (const [name, table] of Object.entries<TableDefinition>(TABLES)) await createTable(db, name, table, isPostgres);
  for (const [table, columns] of INDEXES) {
    await db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns([...columns])
      .execute();
  }
  for (const [table, column] of UNIQUE_NAMES) {
    const lower = sql`lower(${sql.ref(column)})`;
    await db.schema.createIndex(`${table}_unique_${column}`).on(table).unique().expression(lower).execute();
  }
}

async function createTable(db: Kysely<unknown>, name: string, table: TableDefinition, isPostgres: boolean) {
  let builder = db.schema.createTable(name);
  for (const [column, kind] of Object.entries(table.columns)) {
    builder = builder.addColumn(column, dataType(kind, isPostgres), (definition) =>
      constrain(definition, kind, isPostgres),
    );
  }
  if (table.primaryKey) builder = builder.addPrimaryKeyConstraint(`${name}_key`, [...table.primaryKey] as never[]);
  await builder.execute();
}

/** Text is compared by its bytes everywhere, so that both databases sort alike. */
function dataType(kind: ColumnKind, isPostgres: boolean): RawBuilder<unknown> {
  if (kind === 'serial') return isPostgres ? sql`bigint generated by default as identity` : sql`integer`;
  if (kind.startsWith('integer')) return isPostgres ? sql`bigint` : sql`integer`;
  return isPostgres ? sql`text collate "C"` : sql`text`;
}

function constrain(
  definition: ColumnDefinitionBuilder,
  kind: ColumnKind,
  isPostgres: boolean,
): ColumnDefinitionBuilder {
  if (kind === 'serial') return isPostgres ? definition.primaryKey() : definition.primaryKey().autoIncrement();
  return kind.endsWith('?') ? definition : definition.notNull();
}
