/** What holds for every request, whatever the route. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { ExternalError } from '../../core/errors.ts';

let t: TestApi;
const logged: unknown[] = [];
before(async () => {
  t = await startTestApi(
    { log: { info() {}, warn() {}, error: (fields, message) => logged.push({ message, ...fields }) } },
    { hostNames: ['panther.example.com'], trustedProxies: ['192.0.2.250'] },
  );
});
after(() => t.close());

const page = (path: string, headers: Record<string, string> = {}) => t.anonymous.send('GET', path, { headers });

describe('host names', () => {
  const ours = ['localhost:8765', '127.0.0.1:8765', '[::1]:8765', 'panther.example.com', 'PANTHER.example.com:443'];
  for (const host of ours) {
    test(`${host} is answered`, async () => assert.equal((await page('/api/v1/health', { host })).status, 200));
  }
  const others = ['attacker.example.com', 'localhost.attacker.example.com', 'panther.example.com.attacker.com', 'a b'];
  for (const host of others) {
    test(`${host} is not`, async () => {
      const answer = await page('/api/v1/health', { host });
      assert.equal(answer.status, 421);
      assert.equal(answer.json.error.code, 'wrong-host');
    });
  }
});

describe('headers', () => {
  test('every answer forbids foreign content, framing and guessing of types', async () => {
    for (const path of ['/api/v1/health', '/api/v1/nothing', '/', '/assets/nothing.js', '/assets/']) {
      const { headers } = await page(path);
      assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
      assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
    }
    assert.equal((await page('/api/v1/health')).headers['cache-control'], 'no-store');
  });

  test('behind a trusted proxy with https cookies are bound to the host', async () => {
    await t.as('admin');
    const body = { email: 'admin@example.com', password: 'correct horse battery' };
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.77' };
    const sign = (ip: string) => t.anonymous.send('POST', '/api/v1/session', { body, headers, ip });
    const behind = await sign('192.0.2.250');
    assert.match(String(behind.headers['set-cookie']), /^__Host-panther=.*; Path=\/;.*; Secure$/);
    assert.ok(behind.headers['strict-transport-security']);
    const direct = await sign('192.0.2.1');
    assert.match(String(direct.headers['set-cookie']), /^panther=/);
    const admin = await t.as('admin');
    const { json } = await admin.send('GET', '/api/v1/audit?action=session.create&limit=2');
    assert.deepEqual(
      json.items.map((item: { ip: string }) => item.ip),
      ['192.0.2.1', '192.0.2.77'],
    );
  });
});

describe('failures', () => {
  test('a bug is logged and says nothing to the caller', async () => {
    const admin = await t.as('admin');
    const lake = t.deps.lake as { query: unknown };
    const { query } = lake;
    lake.query = async () => {
      throw new Error('secret detail');
    };
    const answer = await admin.send('POST', '/api/v1/query', { body: { sql: 'SELECT 1' } });
    assert.equal(answer.status, 500);
    assert.equal(answer.text.includes('secret detail'), false);
    assert.match(JSON.stringify(logged.at(-1)), /request failed/);
    lake.query = async () => {
      throw new ExternalError('the lake does not answer', { retryable: true });
    };
    assert.equal((await admin.send('POST', '/api/v1/query', { body: { sql: 'SELECT 1' } })).status, 502);
    lake.query = query;
  });

  test('an unknown route of the API is JSON', async () => {
    const answer = await page('/api/v1/nothing');
    assert.deepEqual([answer.status, answer.json.error.code], [404, 'not-found']);
  });
});

describe('the console', () => {
  test('says how to build it when it is not there', async () => {
    const answer = await page('/alerts');
    assert.equal(answer.status, 503);
    assert.match(answer.text, /npm run build -w web/);
  });

  test('is served from its build, with its files cached for ever', async () => {
    const dir = join(t.dir, 'console');
    await mkdir(join(dir, 'assets'), { recursive: true });
    await writeFile(join(dir, 'index.html'), '<title>built</title>');
    await writeFile(join(dir, 'assets', 'app-1a2b.js'), 'export {}');
    await writeFile(join(t.dir, 'secret.txt'), 'secret');
    for (const path of ['/', '/alerts', '/alerts/1?tab=events', '/detections/AWS.Root']) {
      const answer = await page(path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.text, /built/);
      assert.equal(answer.headers['cache-control'], 'no-store');
    }
    await writeFile(join(dir, 'theme.js'), 'export {}');
    assert.equal((await page('/theme.js')).headers['cache-control'], 'no-cache');
    const file = await page('/assets/app-1a2b.js');
    assert.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(String(file.headers['content-type']), /javascript/);
    assert.equal((await page('/assets/gone-1a2b.js')).status, 404);
    for (const path of ['/assets/', '/%00', '/a%', '/.git/config%00']) {
      const { status, json, headers } = await page(path);
      assert.ok(status >= 400 && status < 500 && json.error.code, path);
      assert.ok(headers['content-security-policy'], path);
    }
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt']) {
      assert.doesNotMatch((await page(path)).text, /^secret/);
    }
  });

  test('may add style elements that carry the nonce of the answer', async () => {
    await writeFile(join(t.dir, 'console', 'index.html'), '<meta property="csp-nonce" nonce="__CSP_NONCE__">');
    const nonces = new Set<string>();
    for (const path of ['/', '/search']) {
      const answer = await page(path);
      const nonce = /nonce="([^"]+)"/.exec(answer.text)?.[1] ?? '';
      assert.match(nonce, /^[A-Za-z0-9+/]{22}==$/);
      const policy = String(answer.headers['content-security-policy']);
      assert.ok(policy.includes(`style-src 'self' 'nonce-${nonce}';`), policy);
      assert.doesNotMatch(policy, /unsafe/);
      nonces.add(nonce);
    }
    assert.equal(nonces.size, 2);
  });
});
