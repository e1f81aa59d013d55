/**
 * Tables of the relational state. One definition for SQLite and PostgreSQL:
 * times are RFC 3339 text in UTC with milliseconds (sortable), flags are 0 or 1, structured values are JSON text.
 * This file is long because there are many tables.
 */
import type { Generated } from 'kysely';

type Text = string;
type Time = string;
type Flag = 0 | 1;
/** JSON text; the comment beside a column names its shape. */
type Json = string;

/** Kysely: a column that the database fills. */
type Serial = Generated<number>;

export interface SettingsTable {
  key: Text;
  value: Json;
}

export interface UsersTable {
  id: Text;
  email: Text;
  name: Text;
  /** `admin`, `analyst` or `read-only`. */
  role: Text;
  /** Null until the user follows the invitation. */
  password_hash: Text | null;
  created_at: Time;
  last_sign_in_at: Time | null;
  disabled_at: Time | null;
}

export interface SessionsTable {
  /** SHA-256 of the cookie's token. */
  token_hash: Text;
  user_id: Text;
  created_at: Time;
  last_seen_at: Time;
  expires_at: Time;
  ip: Text;
  user_agent: Text;
}

/** One-time links: first administrator, invitation, password reset. */
export interface InvitationsTable {
  token_hash: Text;
  /** Null for the link that makes the first administrator. */
  user_id: Text | null;
  created_at: Time;
  expires_at: Time;
  used_at: Time | null;
}

export interface ApiTokensTable {
  id: Text;
  name: Text;
  token_hash: Text;
  role: Text;
  created_by: Text;
  created_at: Time;
  expires_at: Time | null;
  last_used_at: Time | null;
  revoked_at: Time | null;
}

export interface AuditLogTable {
  id: Serial;
  at: Time;
  /** User id, `token:<id>` or `system`. */
  actor: Text;
  actor_name: Text;
  /** Verb and noun, e.g. `source.create`. */
  action: Text;
  target: Text;
  ip: Text;
  status: number;
  /** What changed, secrets redacted. */
  details: Json;
}

export interface SourcesTable {
  id: Text;
  /** Unique ignoring case; `p_source_label`. */
  name: Text;
  /** Id of the source unit: `watched-folder`, `http`, `syslog`. */
  type: Text;
  /** `string[]`. */
  log_types: Json;
  /** Of the unit's config schema, without secrets. */
  config: Json;
  /** Sealed JSON of the config's secret fields. */
  secrets: Text;
  enabled: Flag;
  created_at: Time;
  updated_at: Time;
  last_event_at: Time | null;
  /** `unknown`, `healthy` or `unhealthy`. */
  health: Text;
  health_message: Text;
  received: number;
  stored: number;
  quarantined: number;
  rejected: number;
  events: number;
  bytes: number;
}

/** What a watched folder has handed over, so that a restart or a rename does not do it again. */
export interface FolderFilesTable {
  source_id: Text;
  /** `device:inode`. */
  file_id: Text;
  path: Text;
  /** SHA-256 of the first 1,024 bytes (fewer if the file was shorter): tells a re-used inode from a grown file. */
  head_hash: Text;
  head_bytes: number;
  /** Bytes handed over so far. */
  done_bytes: number;
  /** How often it was started over: after a truncation, or because the inode was used again. */
  generation: number;
  modified_at: Time;
  seen_at: Time;
}

/** Units of work that are committed. A unit that is here is never processed again. */
export interface UnitsTable {
  id: Text;
  source_id: Text;
  bucket: Text;
  key: Text;
  version: Text;
  size_bytes: number;
  /** The commit that made it durable. */
  commit_id: Text;
  received: number;
  stored: number;
  quarantined: number;
  rejected: number;
  events: number;
  bytes: number;
  committed_at: Time;
}

/** Objects that hold records which were kept instead of stored. */
export interface KeptRecordsTable {
  /** Object key in the bucket `panther-quarantine`; NDJSON of kept records, gzip. */
  object_key: Text;
  unit_id: Text;
  source_id: Text;
  quarantined: number;
  rejected: number;
  bytes: number;
  /** The most frequent reason, for lists. */
  reason: Text;
  created_at: Time;
  /** Set when every quarantined record in it has been stored since. */
  reprocessed_at: Time | null;
}

/** Parquet files of the lake. Readers see `live` ones; what is `pending` without a commit is removed after a crash. */
export interface LakeFilesTable {
  /** Object key in the bucket `panther-processed-data`: `logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/<name>.parquet`. */
  object_key: Text;
  database: Text;
  table_name: Text;
  /** `YYYY-MM-DDTHH` in UTC. */
  hour: Text;
  row_count: number;
  size_bytes: number;
  /** `pending`, `live` or `replaced` (by a compaction; deleted once no reader can hold it). */
  status: Text;
  commit_id: Text;
  created_at: Time;
  replaced_at: Time | null;
}

export interface DetectionsTable {
  id: Text;
  /** `rule`, `global`, `datamodel`, …: the format's `AnalysisType`. */
  type: Text;
  /** `python`, `typescript`, `sigma` or `yaml`. */
  language: Text;
  /** Normalised specification, with the overrides. */
  spec: Json;
  /** Source text of the code; empty when there is none. */
  body: Text;
  enabled: Flag;
  /** Hash of specification and body. */
  version: Text;
  /** The pack it belongs to (`pack:<name>`, `folder:<path>`), or `user:<id>`. */
  origin: Text;
  created_at: Time;
  updated_at: Time;
  updated_by: Text;
  /** Fields of the specification that users have overridden to their values; null in it: the field is left out. */
  overrides: Json | null;
  /** With overrides: the version of the pack's own content, which `detection_versions` has. */
  pack_version: Text | null;
  /** The specification in YAML as it was written, of a pack's detection as the pack has it; null: it is not known. */
  spec_text: Text | null;
}

/** Older versions of detections, for alerts that name them and for roll-back. */
export interface DetectionVersionsTable {
  id: Text;
  version: Text;
  spec: Json;
  body: Text;
  created_at: Time;
  created_by: Text;
  /** As in `detections`: what it says can be other in overridden fields. */
  spec_text: Text | null;
}

/** What live evaluation saw of each detection, added up per day. */
export interface DetectionStatsTable {
  detection_id: Text;
  /** `YYYY-MM-DD`. */
  day: Text;
  events: number;
  candidates: number;
  matches: number;
  errors: number;
  micros: number;
}

/** Rules that were switched off because they kept failing; the user enables them again. */
export interface DetectionFaultsTable {
  detection_id: Text;
  version: Text;
  reason: Text;
  at: Time;
}

/** Grouping state: one row per rule and dedup string. */
export interface AlertDedupTable {
  key: Text;
  rule_id: Text;
  dedup: Text;
  /** `RULE` or `RULE_ERROR`. */
  type: Text;
  alert_id: Text;
  /** How many alerts this key has opened so far. */
  alert_count: number;
  event_count: number;
  /** The window runs from here for the rule's dedup period. */
  opened_at: Time;
  updated_at: Time;
  /** Event times. */
  first_event_at: Time;
  last_event_at: Time;
  /** `string[]`, sorted. */
  log_types: Json;
  /** What the window's first result gives the alert (`AlertFields`); null once the alert is made. */
  first_result: Json | null;
  /** `string[]`: the distinct values that the threshold counts, where it counts values; null once the alert is made. */
  uniques: Json | null;
}

export interface AlertsTable {
  id: Text;
  type: Text;
  rule_id: Text;
  rule_version: Text;
  rule_name: Text;
  title: Text;
  severity: Text;
  status: Text;
  dedup: Text;
  /** When the threshold was crossed. */
  created_at: Time;
  updated_at: Time;
  first_event_at: Time;
  last_event_at: Time;
  event_count: number;
  /** `string[]`. */
  log_types: Json;
  description: Text;
  reference: Text;
  runbook: Text;
  /** `string[]`. */
  tags: Json;
  /** Object, as given by `alert_context`. */
  context: Json;
  /** `string[]` of destination ids or names that the rule's `destinations()` gave, or `null`; `["SKIP"]`: nobody. */
  destinations: Json;
  /** `string[]`: the rule's own `OutputIds`, used when none of `destinations` exists; empty: by severity. */
  output_ids: Json;
  assignee: Text | null;
  status_by: Text | null;
  status_at: Time | null;
}

export interface AlertCommentsTable {
  id: Text;
  alert_id: Text;
  author: Text;
  body: Text;
  created_at: Time;
}

export interface DestinationsTable {
  id: Text;
  name: Text;
  /** Id of the destination unit: `webhook`. */
  type: Text;
  config: Json;
  /** Sealed JSON of the config's secret fields. */
  secrets: Text;
  /** `Severity[]` that it receives by default. */
  severities: Json;
  /** `AlertType[]`. */
  alert_types: Json;
  enabled: Flag;
  created_at: Time;
  updated_at: Time;
}

/** One row per alert and destination. */
export interface DeliveriesTable {
  alert_id: Text;
  destination_id: Text;
  /** `pending`, `delivered` or `failed`. */
  status: Text;
  attempts: number;
  /** Sent with every attempt, so that a receiver can drop a repeat. */
  idempotency_key: Text;
  last_attempt_at: Time | null;
  delivered_at: Time | null;
}

export interface DeliveryAttemptsTable {
  id: Serial;
  alert_id: Text;
  destination_id: Text;
  at: Time;
  success: Flag;
  /** HTTP status, or 0 when there was no answer. */
  status_code: number;
  message: Text;
  duration_ms: number;
}

/** Messages that a commit owes to queues; a relay sends and deletes them. */
export interface OutboxTable {
  id: Serial;
  queue: Text;
  body: Text;
  /** `Record<string, string>`. */
  attributes: Json;
  created_at: Time;
}

/** The key-value helpers of detections. */
export interface KeyValuesTable {
  /** `<namespace>\u001f<key>`: PostgreSQL cannot store NUL. */
  key: Text;
  int_count: number | null;
  /** `string[]`, sorted. */
  string_set: Json | null;
  /** JSON of a dictionary. */
  dictionary: Json | null;
  /** Seconds since the epoch; null: never. */
  expires_at: number | null;
}

/** Log schemas that users added or changed; content's own are read from files. */
export interface SchemasTable {
  log_type: Text;
  /** YAML. */
  text: Text;
  revision: number;
  created_at: Time;
  updated_at: Time;
  updated_by: Text;
}

/** Where each schedule is, and who runs it. */
export interface SchedulesTable {
  detection_id: Text;
  /** Every run up to this time is over. */
  position: Time;
  /** The process that runs it now; null: nobody. */
  owner: Text | null;
  lease_until: Time | null;
}

/** Runs of scheduled queries and correlation rules. */
export interface ScheduledRunsTable {
  id: Text;
  detection_id: Text;
  /** `schedule` or `user`. */
  cause: Text;
  /** What the run is for; it may begin later. */
  scheduled_at: Time;
  /** `queued`, `running`, `succeeded`, `failed` or `skipped`. */
  state: Text;
  started_at: Time | null;
  ended_at: Time | null;
  attempts: number;
  row_count: number;
  matches: number;
  /** There were more rows than a run takes. */
  truncated: Flag;
  error: Text;
}

/** What correlation rules have reported, so that windows which overlap do not report it again. */
export interface CorrelationReportsTable {
  detection_id: Text;
  /** Hash of the values in common. */
  key: Text;
  /** Of the newest match that was reported. */
  last_event_at: Time;
}

/** Correlations that are decided at the end of a window: up to when a group was decided. */
export interface CorrelationWindowsTable {
  detection_id: Text;
  /** Names the group. */
  key: Text;
  decided_until: Time;
}

/** The newest data of each lookup table that was fetched or uploaded. */
export interface LookupFilesTable {
  name: Text;
  /** Hash of the data; empty as long as none could be had. */
  version: Text;
  /** In the bucket `panther-lookups`. */
  object_key: Text;
  file_name: Text;
  /** Null where it is not known. */
  row_count: number | null;
  size_bytes: number;
  /** When the data changed last. */
  loaded_at: Time | null;
  checked_at: Time;
  /** Why it could not be fetched the last time; empty when it could. */
  problem: Text;
}

/** Content that was installed together: the starter content, a folder, an upload. Its id is the `origin` of its detections. */
export interface PacksTable {
  /** Origin of its detections: `pack:<name>`, `folder:<path>`. */
  id: Text;
  /** The newest of its revisions. */
  revision: number;
  installed_at: Time;
  updated_at: Time;
  /** Where its content came from, for updates: `{kind: 'git', url, ref, folder, commit}`; null: a folder or zip. */
  source: Json | null;
}

/** What a pack held at a time, for roll-back. */
export interface PackRevisionsTable {
  pack_id: Text;
  revision: number;
  at: Time;
  actor: Text;
  actor_name: Text;
  note: Text;
  /** `{id, version}[]`; the content is in `detection_versions`. */
  items: Json;
  /** As in `packs`. */
  source: Json | null;
}

/** Who changed what about a detection, and when. */
export interface DetectionChangesTable {
  id: Text;
  detection_id: Text;
  at: Time;
  /** User id, `token:<id>` or `system`. */
  actor: Text;
  actor_name: Text;
  /** `added`, `changed`, `removed`, `saved`, `rolled-back`, `enabled`, `disabled` or `overridden`. */
  action: Text;
  from_version: Text | null;
  to_version: Text | null;
  pack_id: Text | null;
  details: Json;
}

/** Detections run over the past. */
export interface ReplaysTable {
  id: Text;
  detection_id: Text;
  /** What to run over which time, to begin again after an interruption. */
  request: Json;
  /** `queued`, `running`, `succeeded`, `failed`, `cancelled` or `interrupted`. */
  state: Text;
  created_at: Time;
  created_by: Text;
  started_at: Time | null;
  ended_at: Time | null;
  /** A sign of life of the process that runs it. */
  beat_at: Time;
  progress: Json;
  result: Json | null;
  error: Text;
}

/** Events that a detection matches but that are no alerts. Those kept in files are detections. */
export interface ExceptionsTable {
  id: Text;
  detection_id: Text;
  /** Match expressions, as in the format. */
  conditions: Json;
  reason: Text;
  owner: Text;
  expires_at: Time | null;
  enabled: Flag;
  /** Why it was made although it hides known true positives; else empty. */
  force_reason: Text;
  created_at: Time;
  created_by: Text;
  updated_at: Time;
  updated_by: Text;
}

/** What each exception has hidden. */
export interface ExceptionHitsTable {
  exception_id: Text;
  hidden: number;
  last_hidden_at: Time;
  /** The last events, newest first: `{rowId, logType, eventTime, at}[]`. */
  recent: Json;
}

export interface Tables {
  settings: SettingsTable;
  users: UsersTable;
  sessions: SessionsTable;
  invitations: InvitationsTable;
  api_tokens: ApiTokensTable;
  audit_log: AuditLogTable;
  sources: SourcesTable;
  folder_files: FolderFilesTable;
  units: UnitsTable;
  kept_records: KeptRecordsTable;
  lake_files: LakeFilesTable;
  detections: DetectionsTable;
  detection_versions: DetectionVersionsTable;
  detection_stats: DetectionStatsTable;
  detection_faults: DetectionFaultsTable;
  alert_dedup: AlertDedupTable;
  alerts: AlertsTable;
  alert_comments: AlertCommentsTable;
  destinations: DestinationsTable;
  deliveries: DeliveriesTable;
  delivery_attempts: DeliveryAttemptsTable;
  outbox: OutboxTable;
  key_values: KeyValuesTable;
  schemas: SchemasTable;
  schedules: SchedulesTable;
  scheduled_runs: ScheduledRunsTable;
  correlation_reports: CorrelationReportsTable;
  correlation_windows: CorrelationWindowsTable;
  lookup_files: LookupFilesTable;
  packs: PacksTable;
  pack_revisions: PackRevisionsTable;
  detection_changes: DetectionChangesTable;
  replays: ReplaysTable;
  exceptions: ExceptionsTable;
  exception_hits: ExceptionHitsTable;
}
