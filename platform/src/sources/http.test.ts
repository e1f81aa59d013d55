import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeTestSources, type TestSources } from '../../test/support/test-sources.ts';
import type { UnitConfig } from '../core/unit-config.ts';
import { createIntake } from './configured.ts';
import type { IntakeResponse } from './source.ts';

const TOKEN = 'a-token-of-some-length';
const SECRET = 'a shared secret of some length';

describe('source http', () => {
  let sources: TestSources;
  before(async () => {
    sources = await makeTestSources();
  });
  after(() => sources.close());

  async function post(config: UnitConfig, headers: IncomingHttpHeaders, body: Readable | string | Buffer) {
    const row = await sources.add('http', config);
    const stream = body instanceof Readable ? body : Readable.from([Buffer.from(body)], { objectMode: false });
    const { signal } = new AbortController();
    return createIntake(sources.deps)(row, { headers, body: stream, url: '/', ip: '192.0.2.1', signal });
  }

  const bearer = { authorization: `Bearer ${TOKEN}` };
  const sign = (body: string | Buffer) => createHmac('sha256', SECRET).update(body).digest('hex');
  const code = ({ body }: IntakeResponse) => (body as { error?: { code: string } }).error?.code;

  async function storesNothing(run: () => Promise<IntakeResponse>): Promise<IntakeResponse> {
    const before = await sources.spool();
    const response = await run();
    assert.deepEqual([await sources.spool(), await sources.units()], [before, []]);
    return response;
  }

  it('answers 200 with the object once the bytes are on the queue', async () => {
    const response = await post({ token: TOKEN }, bearer, '{"a":1}\n{"a":2}\n');
    assert.equal(response.status, 200);
    const [unit] = await sources.units();
    assert.deepEqual(response.body, { object: unit?.key });
    assert.match(unit?.key ?? '', /^spool\/[0-9a-f-]+\/\d{4}\/\d\d\/\d\d\/[0-9a-f-]+\.log$/);
    assert.equal(unit && (await sources.read(unit)).toString(), '{"a":1}\n{"a":2}\n');
    assert.equal(unit?.sizeBytes, 16);
  });

  it('keeps a gzip body as it was sent', async () => {
    const body = gzipSync('line\n');
    const response = await post({ token: TOKEN }, { ...bearer, 'content-encoding': 'gzip' }, body);
    assert.equal(response.status, 200);
    const [unit] = await sources.units();
    assert.ok(unit?.key.endsWith('.gz'));
    assert.deepEqual(unit && (await sources.read(unit)), body);
  });

  it('refuses wrong, missing and empty credentials', async () => {
    const attempts: IncomingHttpHeaders[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Bearer ' },
      { authorization: `Basic ${TOKEN}` },
      { 'x-hub-signature-256': 'sha256=' },
      { 'x-hub-signature-256': sign('other body') },
    ];
    for (const headers of attempts) {
      for (const config of [{ token: TOKEN }, { hmacSecret: SECRET }, {}]) {
        const response = await storesNothing(() => post(config, headers, 'body'));
        assert.deepEqual([response.status, code(response)], [401, 'unauthenticated']);
      }
    }
  });

  it('accepts an HMAC of the body, in the header and form that is configured', async () => {
    const github = await post({ hmacSecret: SECRET }, { 'x-hub-signature-256': `sha256=${sign('body')}` }, 'body');
    const config = { hmacSecret: SECRET, hmacHeader: 'X-Signature', hmacPrefix: '' };
    const own = await post(config, { 'x-signature': sign('body').toUpperCase() }, 'body');
    assert.deepEqual([github.status, own.status], [200, 200]);
    assert.deepEqual(await sources.texts(), ['body', 'body']);
  });

  it('answers 413 for what is too large, whether it says so or not', async () => {
    const config = { token: TOKEN, maxBodyMb: 0.001 };
    const said = await storesNothing(() => post(config, { ...bearer, 'content-length': '1001' }, 'x'.repeat(1_001)));
    const unsaid = await storesNothing(() => post(config, bearer, 'x'.repeat(1_001)));
    assert.deepEqual([said.status, unsaid.status], [413, 413]);
    assert.equal((await post(config, bearer, 'x'.repeat(1_000))).status, 200);
    await sources.units();
  });

  it('answers 415 for an encoding it does not know, 400 for a body that is empty or not what it says', async () => {
    const brotli = await storesNothing(() => post({ token: TOKEN }, { ...bearer, 'content-encoding': 'br' }, 'x'));
    const notGzip = await storesNothing(() => post({ token: TOKEN }, { ...bearer, 'content-encoding': 'gzip' }, 'x'));
    const empty = await storesNothing(() => post({ token: TOKEN }, bearer, Readable.from([])));
    assert.deepEqual([brotli.status, notGzip.status, empty.status], [415, 400, 400]);
  });

  it('need 1: pushes back with 429 and Retry-After, 503 when the disk is full, and drops nothing', async () => {
    const answers: unknown[] = [];
    for (const kind of ['busy', 'full'] as const) {
      sources.pressure = { kind, message: 'later', retryAfterSeconds: 7 };
      const { status, headers } = await storesNothing(() => post({ token: TOKEN }, bearer, 'x'));
      answers.push([status, headers?.['retry-after']]);
    }
    sources.pressure = undefined;
    assert.deepEqual(answers, [
      [429, '7'],
      [503, '7'],
    ]);
  });

  it('refuses a source that is disabled or takes no requests', async () => {
    const row = await sources.add('http', { token: TOKEN });
    const body = Readable.from([]);
    const { signal } = new AbortController();
    const request = { headers: bearer, body, url: '/', ip: '192.0.2.1', signal };
    assert.equal((await createIntake(sources.deps)({ ...row, enabled: 0 }, request)).status, 401);
  });

  it('keeps nothing of a body that breaks off', async () => {
    const row = await sources.add('http', { token: TOKEN });
    const { promise: answered, resolve } = Promise.withResolvers<IntakeResponse>();
    const server = createServer((request) => {
      const abort = new AbortController();
      request.on('close', () => abort.abort());
      const { headers, url = '' } = request;
      resolve(createIntake(sources.deps)(row, { headers, url, body: request, ip: '', signal: abort.signal }));
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    const before = await sources.spool();
    const client = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { ...bearer, 'content-length': 1_000 },
    });
    client.on('error', () => undefined);
    client.write('half of it', () => setTimeout(() => client.destroy(), 20));
    assert.equal((await answered).status, 400);
    assert.deepEqual([await sources.spool(), await sources.units()], [before, []]);
    server.close();
  });

  it('streams a body much larger than the memory it takes', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    const started = process.memoryUsage().rss;
    let peak = 0;
    const body = Readable.from(
      (function* () {
        for (let index = 0; index < 300; index++) {
          peak = Math.max(peak, process.memoryUsage().rss);
          yield chunk;
        }
      })(),
      { objectMode: false },
    );
    const response = await post({ token: TOKEN, maxBodyMb: 1_000 }, bearer, body);
    assert.equal(response.status, 200);
    assert.ok(peak - started < 150 << 20, `${peak - started} bytes more`);
    assert.equal((await sources.units())[0]?.sizeBytes, 300 << 20);
  });
});
