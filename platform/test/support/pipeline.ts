/** The log pipeline over the embedded adapters in a temporary data folder, with one rule in plain code. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { dataDir } from '../../src/app/data-dir.ts';
import { type EmbeddedAdapters as Adapters, openEmbedded, systemClock } from '../../src/app/embedded.ts';
import { createLog } from '../../src/app/log.ts';
import {
  createLogPipeline,
  type LogPipeline,
  type PipelineDetections,
} from '../../src/app/log-processing/log-pipeline.ts';
import { PACKAGE_ROOT } from '../../src/app/package-root.ts';
import type { RuleInfo, RuleResult } from '../../src/core/detection.ts';
import type { LogEvent } from '../../src/core/event.ts';
import type { InputObject } from '../../src/core/unit.ts';
import { createCatalog } from '../../src/lake/catalog.ts';
import { createDuckdb } from '../../src/lake/duckdb.ts';
import { createLakeSql, type LakeSql } from '../../src/lake/sql.ts';
import { lakeTables, logTable } from '../../src/lake/tables.ts';
import { lakeColumns } from '../../src/log-analysis/columns.ts';
import { processMessages } from '../../src/log-analysis/log-processor.ts';
import { loadLogTypes } from '../../src/log-analysis/schema.ts';
import { BUCKETS } from '../../src/ports/buckets.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { INPUT_QUEUE } from '../../src/ports/queue.ts';
import { temporaryFolder } from './panther.ts';

export const ROOT_RULE: RuleInfo = {
  id: 'Test.Root',
  version: '1',
  displayName: 'Root did it',
  severity: 'HIGH',
  logTypes: ['AWS.CloudTrail'],
  dedupPeriodMinutes: 60,
  threshold: 1,
  createAlert: true,
  description: '',
  reference: '',
  runbook: '',
  tags: ['b', 'a'],
  reports: { 'MITRE ATT&CK': ['TA0001:T1078'] },
  outputIds: [],
};

/** Keeps to the engine's contract; what is tested with it is what becomes of results. */
export function rootRule(): PipelineDetections {
  let pending: LogEvent[] = [];
  return {
    offer(event) {
      if ((event.userIdentity as { type?: string } | undefined)?.type === 'Root') pending.push(event);
    },
    get pendingCount() {
      return pending.length;
    },
    async drain(): Promise<RuleResult[]> {
      const events = pending;
      pending = [];
      return events.map((event) => ({
        kind: 'match',
        ruleId: ROOT_RULE.id,
        ruleVersion: '1',
        event,
        dedup: String(event.recipientAccountId ?? 'root'),
        severity: 'HIGH',
      }));
    },
    ruleInfo: () => ROOT_RULE,
  };
}

export interface TestPipeline {
  readonly adapters: Adapters;
  readonly pipeline: LogPipeline;
  readonly lake: LakeSql;
  /** Stores an object as the source `s1` would, and puts it on the queue. */
  send(key: string, bytes: Uint8Array): Promise<InputObject>;
  /** As `send`, for an object too large to hold. */
  sendStream(key: string, body: Readable, sizeBytes: number): Promise<InputObject>;
  processAll(): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  /** Counts of the source; throws when they do not balance. */
  counts(): Promise<{ received: number; stored: number; quarantined: number; rejected: number }>;
  close(): Promise<void>;
}

export interface TestPipelineOptions {
  readonly root?: string;
  readonly detections?: PipelineDetections;
  readonly clock?: Clock;
  readonly enrich?: (event: LogEvent) => void;
}

const QUIET = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });

/** With one source `s1` of AWS.CloudTrail. A second pipeline over the same `root` is a second log processor. */
export async function openTestPipeline(options: TestPipelineOptions = {}): Promise<TestPipeline> {
  const dir = dataDir(options.root ?? temporaryFolder('pipeline'));
  const clock = options.clock ?? systemClock;
  const adapters = await openEmbedded(dir, clock);
  const { state, objects, queue } = adapters;
  const logTypes = loadLogTypes(join(PACKAGE_ROOT, 'content', 'log-types'));
  const tables = lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
  const pipeline = createLogPipeline({
    dir,
    adapters,
    clock,
    log: QUIET,
    logTypes,
    detections: options.detections ?? rootRule(),
    ...(options.enrich && { enrich: options.enrich }),
    minFreeDiskBytes: 0,
    nonce: () => randomBytes(8).toString('hex'),
    claim: async ({ bucket, key }) => `no source takes ${bucket}/${key}`,
    openFromSource: async () => undefined,
  });
  const duckdb = createDuckdb({ tmpDir: dir.tmp, memoryBytes: 256 << 20, threads: 1 });
  const catalog = createCatalog({ state, objects, clock });
  const lake = createLakeSql({ catalog, objects, duckdb, tables: () => tables, tmpDir: dir.tmp });
  if (options.root === undefined || (await isEmpty(adapters))) await addSource(adapters);
  async function put(key: string, body: Uint8Array | Readable, sizeBytes: number): Promise<InputObject> {
    const info = await objects.put(BUCKETS.inputData, key, body);
    if (info === undefined) throw new Error(`${key} was not put`);
    const object = { sourceId: 's1', bucket: BUCKETS.inputData, key, sizeBytes, version: info.version };
    await queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
    return object;
  }

  return {
    adapters,
    pipeline,
    lake,
    send: (key, bytes) => put(key, bytes, bytes.length),
    sendStream: put,
    async processAll() {
      for (;;) {
        const messages = await queue.receive(INPUT_QUEUE, { maxMessages: 10, waitMs: 0 });
        if (messages.length === 0) return;
        await processMessages(pipeline.deps, messages, new AbortController().signal);
      }
    },
    async rows(sql) {
      const run = await lake.query(sql);
      const all: unknown[][] = [];
      for await (const batch of run.rows) all.push(...batch.map((row) => [...row]));
      return all;
    },
    async counts() {
      const source = await state.db.selectFrom('sources').selectAll().where('id', '=', 's1').executeTakeFirstOrThrow();
      const { received, stored, quarantined, rejected } = source;
      if (received !== stored + quarantined + rejected)
        throw new Error(`counts do not balance: ${JSON.stringify(source)}`);
      return { received, stored, quarantined, rejected };
    },
    async close() {
      await pipeline.close();
      await duckdb.close();
      await adapters.close();
    },
  };
}

async function isEmpty({ state }: Adapters): Promise<boolean> {
  return (await state.db.selectFrom('sources').select('id').executeTakeFirst()) === undefined;
}

async function addSource({ state }: Adapters): Promise<void> {
  const now = new Date().toISOString();
  const row = { config: '{}', secrets: '', enabled: 1 as const, created_at: now, updated_at: now, last_event_at: null };
  const zero = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 };
  const health = { health: 'unknown', health_message: '' };
  await state.db
    .insertInto('sources')
    .values({ id: 's1', name: 'Trail', type: 'http', log_types: '["AWS.CloudTrail"]', ...row, ...zero, ...health })
    .execute();
}

/** One CloudTrail event as a line. */
export function trailEvent(index: number, type: 'Root' | 'IAMUser', extra: object = {}): string {
  return JSON.stringify({
    eventVersion: '1.08',
    userIdentity: { type, arn: `arn:aws:iam::123456789012:user/u${index}` },
    eventTime: `2026-01-02T03:${String(index % 60).padStart(2, '0')}:00Z`,
    eventSource: 'iam.amazonaws.com',
    eventName: 'ListUsers',
    awsRegion: 'us-east-1',
    sourceIPAddress: '192.0.2.1',
    requestParameters: { marker: `\u2028${index}` },
    eventID: `e${index}`,
    eventType: 'AwsApiCall',
    ...extra,
  });
}
