import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import type { IntakeRequest, IntakeResponse } from '../deps.ts';

let t: TestApi;
let url: string;
let intake: (request: IntakeRequest) => Promise<IntakeResponse> = async () => ({ status: 200 });

before(async () => {
  t = await startTestApi({ intake: (_source, incoming) => intake(incoming) });
  const admin = await t.as('admin');
  const body = { name: 'Web servers', type: 'http', logTypes: ['Test.Log'], config: {} };
  assert.equal((await admin.send('POST', '/api/v1/sources', { body })).status, 201);
  url = (await t.api.listen({ host: '127.0.0.1', port: 0 })).url;
});
after(() => t.close());

/** Over a real connection: what `inject` cannot show. */
async function post(path: string, write: (send: (bytes: Buffer) => Promise<void>) => Promise<void>) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: object; body: string }>();
  const outgoing = request(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  outgoing.on('error', reject);
  outgoing.on('response', async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() });
  });
  await write(async (bytes) => {
    if (!outgoing.write(bytes)) await new Promise((drained) => outgoing.once('drain', drained));
  });
  outgoing.end();
  return promise;
}
test('ingest hands over bytes as they arrive and passes the answer on', async () => {
  const seen = createHash('sha256');
  const sent = createHash('sha256');
  const first = Promise.withResolvers<void>();
  intake = async ({ body, headers }) => {
    let sizeBytes = 0;
    for await (const chunk of body) {
      seen.update(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
      first.resolve();
    }
    return { status: 202, headers: { 'x-seen': String(headers['content-type']) }, body: { sizeBytes } };
  };
  const answer = await post('/api/v1/ingest/web%20servers', async (send) => {
    const chunk = Buffer.alloc(1_000_000, '{"a":1}\n');
    sent.update(chunk);
    await send(chunk);
    // Only a server that does not collect the body first gets here.
    await first.promise;
    for (let n = 0; n < 20; n += 1) {
      sent.update(chunk);
      await send(chunk);
    }
  });
  assert.equal(answer.status, 202);
  assert.deepEqual(JSON.parse(answer.body), { sizeBytes: 21_000_000 });
  assert.equal((answer.headers as Record<string, string>)['x-seen'], 'application/x-ndjson');
  assert.equal(seen.digest('hex'), sent.digest('hex'));
});

test('an answer before the end of the body ends the connection', async () => {
  intake = async () => ({ status: 429, headers: { 'retry-after': '5' } });
  const answer = await post('/api/v1/ingest/web%20servers', (send) => send(Buffer.alloc(10)));
  assert.equal(answer.status, 429);
  assert.equal((answer.headers as Record<string, string>)['retry-after'], '5');
});

test('an unknown source cannot be told from wrong credentials', async () => {
  const answer = await post('/api/v1/ingest/nothing', (send) => send(Buffer.alloc(10)));
  assert.equal(answer.status, 401);
});

test('a bug in intake is a plain 500', async (context) => {
  context.mock.method(t.deps.log, 'error', () => {});
  intake = async () => {
    throw new Error('secret detail');
  };
  const answer = await post('/api/v1/ingest/web%20servers', (send) => send(Buffer.alloc(10)));
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.body, /secret detail/);
});
