/** Everything the API is given by the application; it chooses no adapter and calls no domain by itself. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { DeliveryResult } from '../core/alert.ts';
import type { Severity } from '../core/detection.ts';
import type { KeptRecord } from '../core/unit.ts';
import type { Changer } from '../detections/packs/stored.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics, MetricsReader } from '../ports/metrics.ts';
import type { Queue } from '../ports/queue.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { State } from '../ports/state/state.ts';
import type { AlertsTable, DestinationsTable, DetectionsTable, SourcesTable } from '../ports/state/tables.ts';
import type { EventPage } from './contract/alerts.ts';
import type { DetectionDraft, DraftCheck, DraftRun } from './contract/detection-drafts.ts';
import type { TestRun } from './contract/detections.ts';
import type { Pack, PackContent, PackDetail, PackPlan, PackResult, PackRevision } from './contract/packs.ts';
import type { LakeSchema, QueryResult } from './contract/search.ts';
import type { LogType, LogTypeDetail } from './contract/sources.ts';
import type { System } from './contract/system.ts';

/** What the API needs to know about a type of source or destination. Units fit as they are. */
export interface UnitDescription {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly documentationUrl: string | null;
  /** Every field has a description; secret ones are marked with `secret` of `core/unit-config.ts`. */
  readonly config: z.ZodObject;
  /** Secret text fields that the API makes up when a new source leaves them out; shown once. */
  readonly generatedSecrets?: readonly string[];
}

export interface SourceDescription extends UnitDescription {
  /** Where a source of this type is sent logs; absent, or null, for one that fetches. */
  endpoint?(source: { readonly id: string; readonly name: string; readonly config: object }): string | null;
}

/** The body is not read yet: the function streams it, and stops with an answer when it has seen enough. */
export interface IntakeRequest {
  readonly headers: IncomingHttpHeaders;
  /** Path and query as they were sent, for signatures. */
  readonly url: string;
  readonly body: Readable;
  readonly ip: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface IntakeResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface ApiLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Lake {
  /** @throws UserError for SQL that is wrong, forbidden or over a limit. */
  query(sql: string, options: { readonly maxRows: number; readonly signal: AbortSignal }): Promise<QueryResult>;
  /** Every row, as a file. Throws as `query` before the first byte. */
  export(sql: string, format: 'csv' | 'json' | 'parquet', signal: AbortSignal): Promise<Readable>;
  schema(): Promise<LakeSchema>;
}

/** What the API shows of a detection's specification. */
export interface DetectionInfo {
  readonly displayName: string;
  /** Null for what raises no alerts. */
  readonly severity: Severity | null;
  readonly logTypes: readonly string[];
  readonly tags: readonly string[];
  readonly description: string;
  readonly reference: string;
  readonly runbook: string;
  readonly dedupPeriodMinutes: number;
  readonly threshold: number;
  readonly createAlert: boolean;
  readonly reports: Readonly<Record<string, readonly string[]>>;
  readonly outputIds: readonly string[];
  readonly tests: readonly { readonly name: string; readonly expectedResult: boolean; readonly log: unknown }[];
}

/** A detection as it is saved. */
export interface ReadDetection {
  readonly id: string;
  readonly type: string;
  readonly language: string;
  readonly isEnabled: boolean;
  readonly spec: Readonly<Record<string, unknown>>;
  /** The specification's YAML as it was written; absent for a Sigma rule. */
  readonly specText?: string;
  readonly body: string;
  readonly version: string;
}

export interface Detections {
  /** Reads the specification of a row; cheap, it is called for every row of a list. */
  describe(row: Pick<DetectionsTable, 'id' | 'type' | 'spec'>): DetectionInfo;
  /** What an event must have for the detection to be run on it; null: nothing in particular. */
  explain(id: string): Promise<string | null>;
  /** Of a query the SQL that it would run now, or why it cannot; null for everything else. */
  query(id: string): Promise<{ readonly sql: string | null; readonly error: string } | null>;
  /** Runs its tests, all of them unless named. */
  test(id: string, names?: readonly string[]): Promise<TestRun>;
  /** What is wrong with a detection that is not saved, and when it would run. */
  check(draft: DetectionDraft): Promise<DraftCheck>;
  /** Runs the tests of one that is not saved. @throws UserError when it is not valid */
  testDraft(draft: DetectionDraft, names?: readonly string[]): Promise<TestRun>;
  /** Runs one that is not saved on an event, given as JSON. @throws UserError when it, or the event, is not valid */
  runDraft(draft: DetectionDraft, eventJson: string): Promise<DraftRun>;
  /** Reads one to be saved. @throws UserError with the first error, `yaml` or `body` as its field */
  read(draft: DetectionDraft): Promise<ReadDetection>;
  /** Called after a detection was enabled, disabled or changed. */
  reload(): Promise<void>;
}

/** Packs of detections. A name is one that the contract allows. */
export interface Packs {
  list(): Promise<readonly Pack[]>;
  /** Undefined when there is none. */
  get(name: string): Promise<PackDetail | undefined>;
  /** The newest first. @throws UserError when there is no such pack, as the functions below */
  revisions(name: string): Promise<readonly PackRevision[]>;
  /** @throws UserError, ExternalError when the content cannot be had */
  preview(name: string, content: PackContent): Promise<PackPlan>;
  /** @throws StalePlan when the pack has changed since the plan was made; UserError when there are errors */
  install(name: string, install: PackInstall, by: Changer): Promise<PackResult>;
  previewRollBack(name: string, revision: number): Promise<PackPlan>;
  rollBack(name: string, to: { revision: number; expectedRevision: number }, by: Changer): Promise<PackResult>;
  uninstall(name: string, by: Changer): Promise<void>;
}

export interface PackInstall {
  readonly content: PackContent;
  readonly expectedRevision: number;
  readonly isPartial: boolean;
}

export interface ApiDeps {
  readonly state: State;
  readonly secrets: Secrets;
  readonly queue: Queue;
  /** Read for the console, and written: `api_requests` (count) and `api_duration` (ms), by `operation`. */
  readonly metrics: MetricsReader & Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Clock;
  readonly log: ApiLog;
  randomBytes(size: number): Uint8Array;
  readonly lake: Lake;
  /** Events of an alert, newest first. */
  alertEvents(
    alert: AlertsTable,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<EventPage>;
  /** Some of the newest events of a log type, as detections are given them; none of a log type that there is not. */
  recentEvents(logType: string, limit: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly sourceTypes: readonly SourceDescription[];
  readonly destinationTypes: readonly UnitDescription[];
  readonly logTypes: {
    list(): readonly LogType[];
    get(name: string): LogTypeDetail | undefined;
  };
  readonly detections: Detections;
  readonly packs: Packs;
  /** Makes a file the data of a lookup table. @throws UserError when it cannot be read; nothing changes then. */
  storeLookup(table: DetectionsTable, file: { readonly name: string; readonly bytes: Uint8Array }): Promise<void>;
  /** Called after a source was added, changed or deleted. */
  sourcesChanged(): Promise<void>;
  /** Takes what is sent to a source: checks its own credentials, answers 200 once the bytes are durable. */
  intake(source: SourcesTable, request: IntakeRequest): Promise<IntakeResponse>;
  /** Records of one kept object, in ascending order of their positions. Undefined when it is gone. */
  keptRecords(objectKey: string): Promise<AsyncIterable<KeptRecord> | undefined>;
  /** Queues kept objects to be processed again: all of the source, unless named. */
  reprocess(
    sourceId: string,
    objectKeys?: readonly string[],
  ): Promise<{ readonly objects: number; readonly records: number }>;
  /** Sends a test alert once. */
  sendTestAlert(destination: DestinationsTable): Promise<DeliveryResult & { readonly durationMs: number }>;
  /** Sends an alert to destinations again; returns the number of deliveries. */
  resendAlert(alertId: string, destinationIds: readonly string[]): Promise<number>;
  /** Components, storage and process figures; the API adds the queues. */
  system(): Promise<Omit<System, 'queues'>>;
  health(): 'ok' | 'starting' | 'failing';
}

/** Counter of events written to the lake, with dimension `log_type`; the overview's chart is drawn from it. */
export const EVENTS_METRIC = { name: 'stored_events', dimension: 'log_type' } as const;

export interface ApiOptions {
  /** Folder with the built console (`index.html`, hashed files under `assets/`). */
  readonly consoleDir: string;
  /** Names, besides loopback ones and IP addresses, by which the API may be called. */
  readonly hostNames: readonly string[];
  /** Addresses of reverse proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies?: readonly string[];
  /** Answers are checked against their schemas; for tests. */
  readonly checkResponses?: boolean;
}
