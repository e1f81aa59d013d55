/** A whole Panther in its own process, used as people use it: over HTTP and through the file system. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  ADMIN,
  type Client,
  eventually,
  type Panther,
  setUp,
  signIn,
  startPanther,
  temporaryFolder,
} from '../support/panther.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { nginxLine, rootSignIn, seededRandom, trailRecord } from '../support/traffic.ts';
import { addSource, addWebhook, assertBalance, received, select, writeConfig } from '../support/user.ts';

const random = seededRandom(7);
const home = temporaryFolder('up');
const root = join(home, 'data');
const folder = join(home, 'logs');
let receiver: Receiver;
let panther: Panther;
let client: Client;
let args: readonly string[];

before(async () => {
  mkdirSync(folder);
  receiver = await startReceiver();
  args = ['--config', writeConfig(home, receiver)];
  panther = await startPanther({ dataDir: root, args });
});

after(async () => {
  await panther.kill();
  await receiver.close();
  rmSync(home, { recursive: true, force: true });
});

function lines(records: readonly object[]): string {
  return `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
}

test('the first start prints a link that makes the administrator, once', async () => {
  assert.ok(panther.setupToken);
  client = await setUp(panther);
  assert.deepEqual(await client.call('GET /setup'), { required: false });
  await assert.rejects(setUp(panther), /POST \/setup: 4\d\d/);
  const { actor } = await client.call('GET /session');
  assert.deepEqual([actor.email, actor.role], [ADMIN.email, 'admin']);
});

test('a file in a watched folder becomes events that can be queried and an alert that is delivered', async () => {
  await addWebhook(client, receiver);
  const config = { path: folder, settleMs: 100 };
  const source = await addSource(client, {
    name: 'Trail',
    type: 'watched-folder',
    logTypes: ['AWS.CloudTrail'],
    config,
  });
  const records = [rootSignIn(random, 'root-1', '111111111111'), ...range(20).map((n) => trailRecord(random, `n${n}`))];
  writeFileSync(join(folder, 'trail.json.gz'), gzipSync(lines(records)));
  const counts = await received(client, source.id, 21);
  assert.deepEqual([counts.received, counts.stored, counts.quarantined, counts.rejected], [21, 21, 0, 0]);
  const sql = "SELECT eventName, p_source_label FROM panther_logs.aws_cloudtrail WHERE eventID = 'root-1'";
  assert.deepEqual(await select(client, sql), [['ConsoleLogin', 'Trail']]);
  const alert = await eventually('an alert', async () => (await client.call('GET /alerts')).items[0]);
  assert.equal(alert.title, 'Root user of AWS account 111111111111 signed in to the console');
  assert.equal(alert.eventCount, 1);
  const got = await eventually('its delivery', async () => receiver.received[0]);
  assert.equal(got.alert.alertId, alert.id);
  assert.equal(got.alert.title, `New Alert: ${alert.title}`);
  assert.ok(got.alert.link.startsWith(panther.url), got.alert.link);
  const events = await client.call('GET /alerts/:id/events', { params: { id: alert.id } });
  assert.deepEqual(
    events.items.map((event) => event.eventID),
    ['root-1'],
  );
  const detail = await eventually('a record of the delivery', async () => {
    const found = await client.call('GET /alerts/:id', { params: { id: alert.id } });
    return found.deliveries.delivered === 1 && found;
  });
  assert.deepEqual(
    detail.deliveryDetails.map(({ attempts }) => attempts.map(({ statusCode }) => statusCode)),
    [[200]],
  );
  await assertBalance(client);
});

test('HTTP takes NDJSON, arrays, single documents, plain text and gzip, by token and by signature', async () => {
  const hmacSecret = 'a-secret-of-thirty-two-characters';
  const logTypes = ['AWS.CloudTrail', 'Nginx.Access'];
  const source = await addSource(client, { name: 'Push', type: 'http', logTypes, config: { hmacSecret } });
  assert.ok(source.token.length >= 16, 'the API makes up the token');
  const event = (id: string) => trailRecord(random, id);
  const bearer = { authorization: `Bearer ${source.token}` };
  const send = (body: string | Buffer, headers: Record<string, string>) =>
    fetch(`${panther.url}/api/v1/ingest/Push`, { method: 'POST', body: Buffer.from(body), headers });
  const gzip = { ...bearer, 'content-encoding': 'gzip' };
  const sign = (body: string, key: string) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
  const signed = lines([event('h7')]);
  const accepted: [string | Buffer, Record<string, string>][] = [
    [lines([event('h1'), event('h2')]), bearer],
    [JSON.stringify([event('h3'), event('h4')]), { ...bearer, 'content-type': 'application/json' }],
    [JSON.stringify(event('h5'), null, 2), bearer],
    [`${nginxLine(random, '/plain')}\n`, { ...bearer, 'content-type': 'text/plain' }],
    [gzipSync(lines([event('h6')])), gzip],
    [signed, { 'x-hub-signature-256': sign(signed, hmacSecret) }],
  ];
  for (const [body, headers] of accepted) {
    const answer = await send(body, headers);
    assert.equal(answer.status, 200, await answer.text());
  }
  const refused: [string, Record<string, string>, number][] = [
    [signed, {}, 401],
    [signed, { authorization: 'Bearer not-the-token-of-it' }, 401],
    [signed, { 'x-hub-signature-256': sign(signed, 'another secret of some length') }, 401],
    [signed, { ...bearer, 'content-encoding': 'br' }, 415],
    ['', bearer, 400],
    ['plain', gzip, 400],
  ];
  for (const [body, headers, status] of refused) assert.equal((await send(body, headers)).status, status);
  const counts = await received(client, source.id, 8);
  assert.deepEqual([counts.received, counts.stored], [8, 8]);
  const stored = await select(
    client,
    "SELECT eventID FROM panther_logs.aws_cloudtrail WHERE eventID LIKE 'h%' ORDER BY 1",
  );
  assert.deepEqual(stored.flat(), ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7']);
  assert.deepEqual(await select(client, 'SELECT request FROM panther_logs.nginx_access'), [['GET /plain HTTP/1.1']]);
  await assertBalance(client);
});

test('records that fit no log type are kept, and stored once the source knows their type', async () => {
  const source = await addSource(client, { name: 'Web', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} });
  const body = range(5)
    .map((n) => `${nginxLine(random, `/again/${n}`)}\n`)
    .join('');
  const headers = { authorization: `Bearer ${source.token}` };
  const answer = await fetch(`${panther.url}/api/v1/ingest/Web`, { method: 'POST', body, headers });
  assert.equal(answer.status, 200);
  assert.equal((await received(client, source.id, 5)).quarantined, 5);
  const params = { id: source.id };
  const { items } = await client.call('GET /sources/:id/kept', { params });
  assert.equal(items.length, 5);
  assert.match(items[0]?.sample ?? '', /\/again\//);
  await assertBalance(client);
  await client.call('PATCH /sources/:id', { params, body: { logTypes: ['AWS.CloudTrail', 'Nginx.Access'] } });
  const again = await client.call('POST /sources/:id/reprocess', { params, body: {} });
  assert.deepEqual(again, { objects: 1, records: 5 });
  const counts = await eventually('the records are stored', async () => {
    const now = (await client.call('GET /sources/:id', { params })).counts;
    return now.quarantined === 0 && now;
  });
  assert.deepEqual([counts.received, counts.stored, counts.rejected], [5, 5, 0]);
  const sql = "SELECT count(*), count(DISTINCT request) FROM panther_logs.nginx_access WHERE request LIKE '%/again/%'";
  assert.deepEqual((await select(client, sql)).flat().map(Number), [5, 5]);
  assert.deepEqual(await client.call('POST /sources/:id/reprocess', { params, body: {} }), { objects: 0, records: 0 });
  await assertBalance(client);
});

test('a log line becomes a delivered alert quickly on an idle system', async (t) => {
  const headers = { authorization: `Bearer ${(await addSource(client, LATENCY_SOURCE)).token}` };
  const path = join(folder, 'growing.json');
  const ways = {
    'over HTTP': async (line: string) => {
      const answer = await fetch(`${panther.url}/api/v1/ingest/Latency`, { method: 'POST', body: line, headers });
      assert.equal(answer.status, 200);
    },
    'a line in a file': async (line: string) => appendFileSync(path, line),
  };
  for (const [way, send] of Object.entries(ways)) {
    const latencies: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const account = `${way.length}${String(index).padStart(10, '0')}`.slice(-12).padStart(12, '2');
      const startedAt = performance.now();
      await send(lines([rootSignIn(random, `${way} ${index}`, account)]));
      const isIt = ({ alert }: Receiver['received'][number]) => alert.title.includes(` ${account} `);
      const got = await eventually('the alert', async () => receiver.received.find(isIt), 30_000, 5);
      latencies.push(got.atMs - startedAt);
    }
    t.diagnostic(`${way}: p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms`);
  }
  await assertBalance(client);
});

const LATENCY_SOURCE = { name: 'Latency', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} };

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}

test('a second one on the same folder says so and ends with 2', async () => {
  const second = startPanther({ dataDir: root, args });
  await assert.rejects(second, /ended with 2:[\s\S]*another Panther is running/);
  assert.deepEqual(await client.call('GET /health'), { status: 'ok' });
});

test('SIGTERM ends it with 0 within 10 s, and the next start has everything', async () => {
  const before = await snapshot(client);
  const startedAt = performance.now();
  assert.equal(await panther.stop(), 0);
  assert.ok(performance.now() - startedAt < 10_000);
  panther = await startPanther({ dataDir: root, args });
  assert.equal(panther.setupToken, undefined);
  client = await signIn(panther);
  assert.deepEqual(await snapshot(client), before);
  await assertBalance(client);
});

async function snapshot(of: Client): Promise<unknown> {
  const { items: sources } = await of.call('GET /sources');
  const { items: alerts } = await of.call('GET /alerts', { query: { limit: '200' } });
  const rows = await select(of, 'SELECT p_row_id FROM panther_views.all_logs ORDER BY 1');
  return { sources: sources.map(({ health: _, ...source }) => source), alerts, rows };
}

test('need 6: kill -9 and a restart neither lose an alert nor send it again', async () => {
  const send = (id: string) =>
    writeFileSync(join(folder, `${id}.json`), lines([rootSignIn(random, id, '999999999999')]));
  const find = async () => {
    const { items } = await client.call('GET /alerts', { query: { text: '999999999999' } });
    return items;
  };
  send('before');
  await eventually('the alert is delivered', async () => (await find())[0]?.deliveries.delivered === 1);
  await panther.kill();
  send('while it is down');
  panther = await startPanther({ dataDir: root, args });
  client = await signIn(panther);
  await eventually('the event counts', async () => (await find())[0]?.eventCount === 2);
  await panther.kill();
  panther = await startPanther({ dataDir: root, args });
  client = await signIn(panther);
  send('after');
  await eventually('the event counts', async () => (await find())[0]?.eventCount === 3);
  // Whatever would be sent again is sent at once.
  await sleep(2_000);
  assert.equal((await find()).length, 1);
  assert.equal(receiver.received.filter(({ alert }) => alert.title.includes('999999999999')).length, 1);
  await assertBalance(client);
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
