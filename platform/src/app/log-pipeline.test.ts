import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { RuleInfo, RuleResult } from '../core/detection.ts';
import type { LogEvent } from '../core/event.ts';
import type { InputObject } from '../core/unit.ts';
import { createCatalog } from '../lake/catalog.ts';
import { createDuckdb } from '../lake/duckdb.ts';
import { createLakeSql, type LakeSql } from '../lake/sql.ts';
import { lakeTables, logTable } from '../lake/tables.ts';
import { lakeColumns } from '../log-analysis/columns.ts';
import { INPUT_QUEUE, processMessages } from '../log-analysis/log-processor.ts';
import { loadLogTypes } from '../log-analysis/schema.ts';
import { BUCKETS } from '../ports/buckets.ts';
import { readAlertEvents } from './alert-events.ts';
import { dataDir } from './data-dir.ts';
import { type Adapters, openEmbedded, systemClock } from './embedded.ts';
import { reprocessKept } from './kept.ts';
import { createLog } from './log.ts';
import { createLogPipeline, type LogPipeline } from './log-pipeline.ts';
import { PACKAGE_ROOT } from './package-root.ts';

const RULE: RuleInfo = {
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

/** The engine's contract with one rule in plain code: what is tested here is what becomes of its results. */
function rootRule() {
  let pending: LogEvent[] = [];
  return {
    offer(event: LogEvent) {
      pending.push(event);
    },
    get pendingCount() {
      return pending.length;
    },
    async drain(): Promise<RuleResult[]> {
      const events = pending;
      pending = [];
      return events
        .filter((event) => (event.userIdentity as { type?: string } | undefined)?.type === 'Root')
        .map((event) => ({ kind: 'match', ruleId: RULE.id, ruleVersion: '1', event, dedup: 'root', severity: 'HIGH' }));
    },
    ruleInfo: () => RULE,
  };
}

const dir = dataDir(mkdtempSync(join(tmpdir(), 'panther-pipeline-')));
const logTypes = loadLogTypes(join(PACKAGE_ROOT, 'content', 'log-types'));
const tables = lakeTables([...logTypes.values()].map((logType) => logTable(logType.name, lakeColumns(logType))));
let adapters: Adapters;
let pipeline: LogPipeline;
let lake: LakeSql;

before(async () => {
  adapters = await openEmbedded(dir, systemClock);
  const { state, objects } = adapters;
  pipeline = createLogPipeline({
    dir,
    adapters,
    clock: systemClock,
    log: createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} }),
    logTypes,
    detections: rootRule(),
    minFreeDiskBytes: 0,
    openFromSource: async () => undefined,
  });
  const duckdb = createDuckdb({ tmpDir: dir.tmp, memoryBytes: 256 << 20, threads: 1 });
  lake = createLakeSql({
    catalog: createCatalog({ state, objects, clock: systemClock }),
    objects,
    duckdb,
    tables: () => tables,
    tmpDir: dir.tmp,
  });
  const now = new Date().toISOString();
  const row = { config: '{}', secrets: '', enabled: 1 as const, created_at: now, updated_at: now, last_event_at: null };
  const zero = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 };
  const health = { health: 'unknown', health_message: '' };
  await state.db
    .insertInto('sources')
    .values({ id: 's1', name: 'Trail', type: 'http', log_types: '["AWS.CloudTrail"]', ...row, ...zero, ...health })
    .execute();
});

after(async () => {
  await pipeline.close();
  await adapters.close();
});

function trail(index: number, type: string): string {
  const time = `2026-01-02T03:0${index % 6}:00Z`;
  return JSON.stringify({
    eventVersion: '1.08',
    userIdentity: { type, arn: `arn:aws:iam::123456789012:user/u${index}` },
    eventTime: time,
    eventSource: 'iam.amazonaws.com',
    eventName: 'ListUsers',
    awsRegion: 'us-east-1',
    sourceIPAddress: '192.0.2.1',
    requestParameters: { marker: `\u2028${index}` },
    eventID: `e${index}`,
    eventType: 'AwsApiCall',
  });
}

async function send(key: string, bytes: Uint8Array): Promise<InputObject> {
  const info = await adapters.objects.put(BUCKETS.inputData, key, bytes);
  assert.ok(info);
  const object = { sourceId: 's1', bucket: BUCKETS.inputData, key, sizeBytes: bytes.length, version: info.version };
  await adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
  return object;
}

async function processAll(): Promise<void> {
  for (;;) {
    const messages = await adapters.queue.receive(INPUT_QUEUE, { maxMessages: 10, waitMs: 0 });
    if (messages.length === 0) return;
    await processMessages(pipeline.deps, messages, new AbortController().signal);
  }
}

async function rows(sql: string): Promise<unknown[][]> {
  const run = await lake.query(sql);
  const all: unknown[][] = [];
  for await (const batch of run.rows) all.push(...batch.map((row) => [...row]));
  return all;
}

async function balance() {
  const source = await adapters.state.db
    .selectFrom('sources')
    .selectAll()
    .where('id', '=', 's1')
    .executeTakeFirstOrThrow();
  assert.equal(source.received, source.stored + source.quarantined + source.rejected);
  return { received: source.received, stored: source.stored, quarantined: source.quarantined };
}

test('events reach the lake, matches their alert, and what is no event is kept', async () => {
  const lines = [trail(0, 'Root'), 'not json', trail(1, 'IAMUser'), trail(2, 'Root')];
  await send('a.json.gz', gzipSync(lines.join('\n')));
  await send('b.json', Buffer.from(trail(3, 'Root')));
  await processAll();
  assert.deepEqual(await balance(), { received: 5, stored: 4, quarantined: 1 });
  assert.deepEqual(await rows('SELECT count(*), count(DISTINCT p_row_id) FROM panther_logs.aws_cloudtrail'), [[4, 4]]);
  const alert = await adapters.state.db.selectFrom('alerts').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([alert.rule_id, alert.event_count, alert.status], ['Test.Root', 3, 'OPEN']);
  const page = await readAlertEvents(lake, alert, { limit: 2 });
  assert.equal(page.items.length, 2);
  const rest = await readAlertEvents(lake, alert, { limit: 2, cursor: page.nextCursor ?? '' });
  assert.deepEqual([rest.items.length, rest.nextCursor], [1, null]);
  const [event] = page.items;
  assert.deepEqual(event?.p_rule_tags, ['a', 'b']);
  assert.equal(event?.p_alert_id, alert.id);
  assert.match(JSON.stringify(event?.requestParameters), /\u2028/);
});

test('a unit that is given again changes nothing', async () => {
  const object = await send('again.json', Buffer.from(trail(4, 'Root')));
  await processAll();
  const before = await balance();
  await adapters.objects.put(BUCKETS.inputData, object.key, Buffer.from(trail(4, 'Root')));
  await adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
  await processAll();
  assert.deepEqual(await balance(), before);
  const alert = await adapters.state.db.selectFrom('alerts').select('event_count').executeTakeFirstOrThrow();
  assert.equal(alert.event_count, 4);
});

test('quarantined records are stored once the log type is right', async () => {
  await adapters.state.db.updateTable('sources').set({ log_types: '["Okta.SystemLog"]' }).execute();
  await send('wrong-type.json', Buffer.from([trail(6, 'IAMUser'), trail(7, 'IAMUser')].join('\n')));
  await processAll();
  const before = await balance();
  assert.equal(before.quarantined, 3);
  await adapters.state.db.updateTable('sources').set({ log_types: '["AWS.CloudTrail"]' }).execute();
  const nonce = () => 'attempt-1';
  assert.deepEqual(await reprocessKept({ ...adapters, nonce }, 's1'), { objects: 2, records: 3 });
  await processAll();
  assert.deepEqual(await balance(), { received: before.received, stored: before.stored + 2, quarantined: 1 });
  assert.deepEqual((await reprocessKept({ ...adapters, nonce: () => 'attempt-2' }, 's1')).records, 1);
  await processAll();
  assert.deepEqual(await balance(), { received: before.received, stored: before.stored + 2, quarantined: 1 });
});

test('what cannot be work goes to the dead-letter queue with its reason', async () => {
  await adapters.queue.send(INPUT_QUEUE, [{ body: '{"sourceId": 1}' }]);
  const gone = { sourceId: 's1', bucket: BUCKETS.inputData, key: 'gone.json', sizeBytes: 1, version: 'v' };
  await adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(gone) }]);
  await processAll();
  const dead = await adapters.queue.receive(`${INPUT_QUEUE}-dlq`, { maxMessages: 10, waitMs: 0 });
  assert.deepEqual(
    dead.map(({ lastError }) => /not an input object|does not exist/.test(lastError ?? '')),
    [true, true],
  );
});
