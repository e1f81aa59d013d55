import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { DeliverableAlert } from '../core/alert.ts';
import { secretFields, splitSecrets } from '../core/unit-config.ts';
import type { HttpClient } from '../ports/http-client.ts';
import { createDeliver, findDestinationType } from './configured.ts';
import { DESTINATIONS } from './index.ts';
import { webhook } from './webhook.ts';

const alert: DeliverableAlert = {
  alertId: 'a'.repeat(32),
  type: 'RULE',
  analysisId: 'Test.Rule',
  analysisName: 'A test rule',
  severity: 'HIGH',
  title: 'New Alert: "quotes", <b>markup</b>, \r\nX-Injected: 1, \u202e and \u0000',
  description: 'd',
  reference: '',
  runbook: 'r',
  tags: ['one'],
  version: 'v1',
  logTypes: ['AWS.CloudTrail'],
  eventCount: 3,
  context: { actor: 'someone', nested: { n: 1 } },
  createdAt: '2026-01-02T03:04:05.678Z',
  link: 'http://127.0.0.1:8765/alerts/aaa',
  isTest: false,
  isResent: false,
};

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Delivers once to a real server that answers as told, through fetch: addresses are the HTTP client's concern. */
async function deliver(
  config: Record<string, unknown>,
  answer: (response: ServerResponse) => void = (response) => response.end('ok'),
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await new Response(request as never).text() });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const context = { http, idempotencyKey: 'key-1', timeoutMs: 5_000, signal: new AbortController().signal };
  try {
    const parsed = webhook.config.parse({ url: `http://127.0.0.1:${port}/hook`, ...config });
    const result = await webhook.deliver(alert, parsed, context);
    return { result, received: received[0] as Received };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const http: HttpClient = {
  async request(url, { method, headers = {}, body = null }) {
    const response = await fetch(url, { method, headers, body, redirect: 'manual' });
    const { status } = response;
    return { status, headers: Object.fromEntries(response.headers), body: await response.text() };
  },
};

describe('webhook', () => {
  it('posts the notification with every key, whatever the texts hold', async () => {
    const { result, received } = await deliver({});
    assert.deepEqual(result, { success: true, statusCode: 200, message: 'ok', retryable: false });
    assert.deepEqual(JSON.parse(received.body), {
      id: 'Test.Rule',
      createdAt: alert.createdAt,
      severity: 'HIGH',
      type: 'RULE',
      link: alert.link,
      title: alert.title,
      name: 'A test rule',
      alertId: alert.alertId,
      alertContext: alert.context,
      description: 'd',
      runbook: 'r',
      tags: ['one'],
      version: 'v1',
    });
    assert.equal(received.headers['content-type'], 'application/json');
    assert.equal(received.headers['idempotency-key'], 'key-1');
    assert.equal(received.headers['x-panther-signature'], undefined);
  });

  it('signs the bytes of the body and sends the headers it is given', async () => {
    const { received } = await deliver({ signingSecret: 'shh', headers: { Authorization: 'Bearer t' } });
    const expected = createHmac('sha256', 'shh').update(received.body).digest('hex');
    assert.equal(received.headers['x-panther-signature'], `sha256=${expected}`);
    assert.equal(received.headers.authorization, 'Bearer t');
  });

  it('tells temporary failures from permanent ones', async () => {
    const retryable: Record<number, boolean> = { 400: false, 401: false, 404: false, 410: false, 422: false };
    for (const status of [408, 425, 429, 500, 502, 503, 504]) retryable[status] = true;
    for (const [status, expected] of Object.entries(retryable)) {
      const { result } = await deliver({}, (response) => response.writeHead(Number(status)).end('why'));
      assert.equal(result.success, false);
      assert.equal(result.retryable, expected, status);
      assert.equal(result.message, `request failed: ${status}: why`);
    }
  });

  it('passes on Retry-After, in seconds or as a date', async () => {
    const seconds = await deliver({}, (response) => response.writeHead(429, { 'retry-after': '120' }).end());
    assert.equal(seconds.result.retryAfterMs, 120_000);
    const date = 'Fri, 02 Jan 2026 03:04:05 GMT';
    const headers = { date, 'retry-after': 'Fri, 02 Jan 2026 03:05:05 GMT' };
    const dated = await deliver({}, (response) => response.writeHead(503, headers).end());
    assert.equal(dated.result.retryAfterMs, 60_000);
    const odd = await deliver({}, (response) => response.writeHead(503, { 'retry-after': 'soon' }).end());
    assert.equal(odd.result.retryAfterMs, undefined);
  });

  it('treats a redirect as a wrong configuration', async () => {
    const location = 'https://elsewhere.example.com/path?token=1';
    const { result } = await deliver({}, (response) => response.writeHead(302, { location }).end());
    assert.equal(result.retryable, false);
    assert.match(result.message, /redirects to https:\/\/elsewhere.example.com are not followed/);
    assert.doesNotMatch(result.message, /token/);
  });

  it('rejects configurations that could break the exchange', () => {
    const url = 'https://hooks.example.com/';
    const wrong = [
      { url: 'ftp://example.com' },
      { url: 'hello' },
      { url, headers: { Host: 'other' } },
      { url, headers: { 'Content-Length': '1' } },
      { url, headers: { 'X-A': 'a\r\nX-B: b' } },
      { url, headers: { 'X A': 'a' } },
      { url, unknown: 1 },
    ];
    for (const config of wrong) assert.equal(webhook.config.safeParse(config).success, false, JSON.stringify(config));
    assert.equal(webhook.config.safeParse({ url, headers: { 'X-A': 'a' } }).success, true);
  });
});

describe('configured destinations', () => {
  it('opens the secrets of a row and delivers', async () => {
    const calls: string[] = [];
    const recorder: HttpClient = {
      async request(url, { headers = {} }) {
        calls.push(`${url} ${headers.Authorization}`);
        return { status: 204, headers: {}, body: '' };
      },
    };
    const secrets = {
      seal: async () => '',
      open: async (sealed: string, context: string) => (context === 'destination:d1' ? sealed : '{}'),
      rotate: async () => {},
      isCurrent: () => true,
    };
    const sealed = JSON.stringify({ url: 'https://hooks.example.com/x', headers: { Authorization: 'Bearer s' } });
    const row = {
      id: 'd1',
      name: 'hook',
      type: 'webhook',
      config: '{}',
      secrets: sealed,
      severities: '[]',
      alert_types: '[]',
      enabled: 1,
      created_at: '',
      updated_at: '',
    } as const;
    const deliverRow = createDeliver({ secrets, http: recorder });
    const context = { idempotencyKey: 'k', timeoutMs: 1_000, signal: new AbortController().signal };
    assert.equal((await deliverRow(row, alert, context)).message, 'delivered');
    assert.deepEqual(calls, ['https://hooks.example.com/x Bearer s']);
    await assert.rejects(deliverRow({ ...row, secrets: '' }, alert, context), /hook is not configured correctly: url/);
    await assert.rejects(deliverRow({ ...row, type: 'carrier-pigeon' }, alert, context), /no destination of type/);
  });
});

describe('every destination', () => {
  for (const destination of DESTINATIONS) {
    it(`${destination.id} describes each field and marks its secrets`, () => {
      assert.equal(findDestinationType(destination.id), destination);
      assert.match(destination.id, /^[a-z][a-z0-9-]*$/);
      const { properties = {} } = z.toJSONSchema(destination.config, { io: 'input' });
      for (const [name, property] of Object.entries(properties)) {
        assert.ok(typeof property === 'object' && property.description, `${destination.id}.${name} has no description`);
        assert.ok(property.title, `${destination.id}.${name} has no title`);
      }
    });
  }

  it('keeps the webhook’s secrets apart', () => {
    assert.deepEqual(secretFields(webhook.config), ['url', 'signingSecret', 'headers']);
    const parts = splitSecrets(webhook.config, { url: 'https://a.example.com', signingSecret: undefined });
    assert.deepEqual(parts, { config: {}, secrets: { url: 'https://a.example.com' } });
  });
});
