/** Overview, queues, audit log, settings, metrics, detections, destinations, search. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import type { MetricQuery } from '../../ports/metrics.ts';
import { QUEUES } from '../../ports/queue.ts';

let t: TestApi;
let admin: Client;
const metricQueries: MetricQuery[] = [];
const counted: unknown[] = [];
const reloads: string[] = [];
let health: 'ok' | 'starting' = 'ok';
const QUEUE = 'panther-alerts-queue';

before(async () => {
  t = await startTestApi({
    metrics: {
      query: async (query) => {
        metricQueries.push(query);
        return [{ dimensions: { log_type: 'Test.Log' }, points: [{ at: query.from, value: 3 }] }];
      },
      names: async () => [],
      count: (name, value, dimensions) => void counted.push([name, value, dimensions]),
      observe() {},
    },
    health: () => health,
  });
  (t.deps.detections as { reload: unknown }).reload = async () => reloads.push('reload');
  admin = await t.as('admin');
  await t.deps.queue.ensure(QUEUE, QUEUES[QUEUE]);
});
after(() => t.close());

test('health needs nobody and says only whether it is up', async () => {
  assert.deepEqual((await t.anonymous.send('GET', '/api/v1/health')).json, { status: 'ok' });
  health = 'starting';
  const answer = await t.anonymous.send('GET', '/api/v1/health');
  assert.deepEqual([answer.status, answer.json.error.code], [503, 'starting']);
  health = 'ok';
});

test('the overview of an empty Panther is all zeros and in balance', async () => {
  const { json } = await admin.send('GET', '/api/v1/overview');
  const zeros = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0, balanced: true };
  assert.deepEqual(json.records, { total: zeros, last24Hours: zeros });
  assert.deepEqual(json.openAlerts, { INFO: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 });
  assert.equal(json.periodMs, 300_000);
  assert.deepEqual(
    json.queues.map(({ name }: { name: string }) => name),
    [QUEUE],
  );
});

test('the overview adds up sources, units, lake files and alerts', async () => {
  const { db } = t.deps.state;
  const text = { bucket: 'b', key: 'k', version: '1', commit_id: 'c', source_id: 's', size_bytes: 1 };
  const counts = { received: 5, stored: 3, quarantined: 1, rejected: 1, events: 4, bytes: 9 };
  const unit = { ...text, ...counts };
  await db
    .insertInto('units')
    .values([
      { ...unit, id: 'old', committed_at: '2026-02-01T00:00:00.000Z' },
      { ...unit, id: 'new', committed_at: '2026-03-01T11:00:00.000Z' },
    ])
    .execute();
  const file = { database: 'panther_logs', hour: '2026-03-01T11', size_bytes: 7, commit_id: 'c', replaced_at: null };
  const created_at = '2026-03-01T11:00:00.000Z';
  await db
    .insertInto('lake_files')
    .values([
      { ...file, object_key: '1', table_name: 'test_log', row_count: 3, status: 'live', created_at },
      { ...file, object_key: '2', table_name: 'test_log', row_count: 4, status: 'live', created_at },
      { ...file, object_key: '3', table_name: 'test_log', row_count: 9, status: 'replaced', created_at },
    ])
    .execute();
  const { json } = await admin.send('GET', '/api/v1/overview?from=2026-02-01T00:00:00Z&to=2026-03-01T12:00:00Z');
  assert.deepEqual(json.records.last24Hours, { ...counts, balanced: true });
  assert.deepEqual(json.eventsByLogType, [{ logType: 'Test.Log', events: 7, bytes: 14 }]);
  assert.equal(json.periodMs, 10_800_000);
  assert.equal(json.events[0].label, 'Test.Log');
  assert.deepEqual(metricQueries.at(-1)?.groupBy, ['log_type']);
  const tooLong = await admin.send('GET', '/api/v1/overview?from=2025-01-01T00:00:00Z');
  assert.equal(tooLong.json.error.field, 'from');
});

test('need 3: redriven messages are byte for byte what they were, attributes included', async () => {
  const { queue } = t.deps;
  const messages = Array.from({ length: 23 }, (_, n) => ({
    body: `{"n": ${n}, "ü": "\\u0000"}`,
    attributes: { n: `${n}` },
  }));
  await queue.send(QUEUE, messages);
  for (let left = 23; left > 0; ) {
    const received = await queue.receive(QUEUE, { maxMessages: 10, waitMs: 0 });
    for (const { receipt } of received) await queue.reject(QUEUE, receipt, 'the reason');
    left -= received.length;
  }
  const path = `/api/v1/queues/${QUEUE}`;
  const peeked = await admin.send('GET', `${path}/dead-letters?limit=3`);
  assert.equal(peeked.json.items.length, 3);
  assert.equal(peeked.json.items[0].lastError, 'the reason');
  assert.equal((await admin.send('GET', '/api/v1/queues')).json.items[0].deadLetters, 23);
  assert.deepEqual((await admin.send('POST', `${path}/redrive`)).json, { moved: 23 });
  const back = [];
  for (;;) {
    const received = await queue.receive(QUEUE, { maxMessages: 10, waitMs: 0 });
    if (received.length === 0) break;
    back.push(...received.map(({ body, attributes }) => ({ body, attributes })));
    await queue.delete(
      QUEUE,
      received.map(({ receipt }) => receipt),
    );
  }
  assert.deepEqual(back, messages);
  assert.deepEqual((await admin.send('POST', `${path}/redrive`)).json, { moved: 0 });
});

test('purging empties only the dead-letter queue', async () => {
  const { queue } = t.deps;
  await queue.send(QUEUE, [{ body: 'dead' }]);
  const [dead] = await queue.receive(QUEUE, { maxMessages: 1, waitMs: 0 });
  await queue.reject(QUEUE, dead?.receipt ?? '', 'no');
  await queue.send(QUEUE, [{ body: 'alive' }]);
  assert.deepEqual((await admin.send('POST', `/api/v1/queues/${QUEUE}/purge`)).json, { deleted: 1 });
  const { json } = await admin.send('GET', '/api/v1/queues');
  assert.deepEqual([json.items[0].visible, json.items[0].deadLetters], [1, 0]);
  assert.equal((await admin.send('POST', `/api/v1/queues/${QUEUE}-dlq/purge`)).status, 404);
});

test('metrics are asked for with dimensions and a bounded number of points', async () => {
  const range = 'from=2026-03-01T00:00:00Z&to=2026-03-01T01:00:00Z';
  const path = `/api/v1/metrics/query?name=m&statistic=p99&${range}`;
  const { json } = await admin.send('GET', `${path}&periodMs=60000&dimension=a=b=c&groupBy=d`);
  assert.equal(json.items[0].points[0].at, '2026-03-01T00:00:00.000Z');
  assert.deepEqual(metricQueries.at(-1)?.dimensions, { a: 'b=c' });
  const fine = range.replace('T01', 'T23');
  const many = await admin.send('GET', `/api/v1/metrics/query?name=m&statistic=sum&${fine}&periodMs=1000`);
  assert.equal(many.json.error.field, 'periodMs');
});

test('requests are counted by operation and kind of status', async () => {
  await t.anonymous.send('GET', '/api/v1/settings');
  assert.deepEqual(counted.at(-1), ['api_requests', 1, { operation: 'getSettings', status: '4xx' }]);
});

test('settings are kept', async () => {
  const change = (body: object) => admin.send('PATCH', '/api/v1/settings', { body });
  assert.equal((await change({ organizationName: 'Example Ltd' })).json.organizationName, 'Example Ltd');
  assert.equal((await change({ consoleUrl: 'javascript:alert(1)' })).status, 400);
  await change({ consoleUrl: 'https://panther.example.com' });
  const settings = { organizationName: 'Example Ltd', consoleUrl: 'https://panther.example.com' };
  assert.deepEqual((await admin.send('GET', '/api/v1/settings')).json, settings);
  assert.equal((await admin.send('GET', '/api/v1/session')).json.organizationName, 'Example Ltd');
});

test('the audit log pages backwards and filters', async () => {
  const all = (await admin.send('GET', '/api/v1/audit')).json.items;
  assert.equal(all[0].action, 'settings.update');
  assert.deepEqual(all[0].details, { consoleUrl: 'https://panther.example.com' });
  const first = (await admin.send('GET', '/api/v1/audit?limit=2')).json;
  const second = (await admin.send('GET', `/api/v1/audit?limit=2&cursor=${first.nextCursor}`)).json;
  assert.deepEqual([...first.items, ...second.items], all.slice(0, 4));
  const queues = (await admin.send('GET', '/api/v1/audit?action=queue.')).json.items;
  assert.ok(queues.length > 2 && queues.every(({ action }: { action: string }) => action.startsWith('queue.')));
  const denied = await (await t.as('read-only')).send('PATCH', '/api/v1/settings', { body: {} });
  assert.equal(denied.status, 403);
  const [refused] = (await admin.send('GET', '/api/v1/audit?action=settings.update&limit=1')).json.items;
  assert.deepEqual([refused.status, refused.actorName], [403, 'read-only']);
});

test('detections are listed, shown, switched off', async () => {
  const { db } = t.deps.state;
  const time = '2026-03-01T00:00:00.000Z';
  const row = { type: 'rule', language: 'python', body: 'def rule(e): ...', version: 'v', origin: 'pack:p' };
  const made = { created_at: time, updated_at: time, updated_by: 'system', enabled: 1 as const };
  const spec = (extra: object) =>
    JSON.stringify({ displayName: 'Root', severity: 'HIGH', logTypes: ['A.B'], ...extra });
  await db
    .insertInto('detections')
    .values([
      { ...row, ...made, id: 'r1', spec: spec({ tags: ['x'], tests: [{ name: 't', expectedResult: true, log: {} }] }) },
      { ...row, ...made, id: 'r2', spec: spec({ displayName: 'Alpha', severity: 'LOW', description: 'Beta' }) },
      { ...row, ...made, id: 'g', type: 'global', spec: JSON.stringify({ displayName: 'Globals' }) },
    ])
    .execute();
  const stats = { detection_id: 'r1', events: 10, candidates: 2, matches: 1, errors: 0, micros: 50 };
  await db
    .insertInto('detection_stats')
    .values([
      { ...stats, day: '2026-03-01' },
      { ...stats, day: '2026-01-01' },
    ])
    .execute();
  const ids = async (query: string) =>
    (await admin.send('GET', `/api/v1/detections?${query}`)).json.items.map(({ id }: { id: string }) => id).join();
  assert.equal(await ids(''), 'r2,g,r1');
  assert.equal(await ids('sort=severity&direction=descending'), 'r1,r2,g');
  assert.equal(await ids('text=beta'), 'r2');
  assert.equal(await ids('type=rule&severity=HIGH&logType=A.B&tag=x&language=python'), 'r1');
  const { json: page } = await admin.send('GET', '/api/v1/detections?limit=2');
  assert.equal(await ids(`limit=2&cursor=${page.nextCursor}`), 'r1');
  const off = await admin.send('PATCH', '/api/v1/detections/r1', { body: { enabled: false } });
  assert.deepEqual([off.json.enabled, reloads], [false, ['reload']]);
  assert.equal(await ids('enabled=false'), 'r1');
  const { json } = await admin.send('GET', '/api/v1/detections/r1');
  assert.deepEqual([json.last7Days.events, json.stats.length, json.testCount], [10, 1, 1]);
  assert.equal(json.condition, 'eventName = "ConsoleLogin"');
});

test('a destination never shows its secrets', async () => {
  const url = 'https://hooks.example.com/canary';
  const body = { name: 'Chat', type: 'webhook', config: { url, label: 'ops' }, severities: ['HIGH'] };
  const made = await admin.send('POST', '/api/v1/destinations', { body });
  assert.equal(made.status, 201);
  assert.deepEqual(made.json.alertTypes, ['RULE', 'RULE_ERROR', 'POLICY']);
  assert.deepEqual([made.json.config, made.json.secretsSet], [{ label: 'ops' }, ['url']]);
  const path = `/api/v1/destinations/${made.json.id}`;
  const changed = await admin.send('PATCH', path, { body: { config: { label: 'dev', url: '' }, enabled: false } });
  assert.deepEqual([changed.json.config, changed.json.secretsSet], [{ label: 'dev' }, ['url']]);
  assert.equal((await admin.send('POST', '/api/v1/destinations', { body: { ...body, name: 'CHAT' } })).status, 409);
  assert.equal((await admin.send('POST', `${path}/test`)).json.success, true);
  for (const shown of [made, changed, await admin.send('GET', '/api/v1/audit'), await admin.send('GET', path)]) {
    assert.equal(shown.text.includes('canary'), false);
  }
  assert.equal((await admin.send('DELETE', path)).status, 204);
  assert.equal((await admin.send('DELETE', path)).status, 204);
  assert.equal((await admin.send('GET', path)).status, 404);
});

test('an export is a file', async () => {
  const body = { sql: 'SELECT 1' };
  const answer = await admin.send('POST', '/api/v1/query/export?format=csv', { body });
  assert.equal(answer.text, 'csv:SELECT 1');
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="panther-query.csv"');
  assert.equal((await admin.send('POST', '/api/v1/query/export', { body })).json.error.field, 'format');
});
