import { afterEach, expect, test, vi } from 'vitest';
import { makeFakeApi, Refusal } from '../test/fake-api.ts';
import { ALERTS, alertSummary } from '../test/samples.ts';
import { ApiFailure, call, rememberCsrfToken } from './client.ts';

afterEach(() => rememberCsrfToken(null));

function serve(answers: Parameters<typeof makeFakeApi>[0]) {
  const api = makeFakeApi(answers);
  vi.stubGlobal('fetch', api.fetch);
  return api;
}

test('a list in a query is sent as repeated keys, and what is not set is left out', async () => {
  const api = serve({ 'GET /alerts': { items: [...ALERTS], nextCursor: null, total: ALERTS.length } });
  await call('GET /alerts', { query: { severity: ['HIGH', 'CRITICAL'], text: '', limit: 50 } });
  expect(api.calls[0]?.query).toEqual({ severity: ['HIGH', 'CRITICAL'], limit: ['50'] });
});

test('path parameters are escaped', async () => {
  const api = serve({ 'GET /queues/:name/dead-letters': { items: [] } });
  await call('GET /queues/:name/dead-letters', { params: { name: 'a/b c?d' } });
  expect(api.calls[0]?.params).toEqual({ name: 'a/b c?d' });
});

test('the CSRF token goes with changes, not with reads', async () => {
  const api = serve({
    'PATCH /alerts/:id': alertSummary(),
    'GET /alerts': { items: [], nextCursor: null, total: 0 },
  });
  rememberCsrfToken('token-1');
  await call('GET /alerts', {});
  await call('PATCH /alerts/:id', { params: { id: 'a1' }, body: { status: 'CLOSED' } });
  expect(api.calls.map(({ headers }) => headers.get('x-csrf-token'))).toEqual([null, 'token-1']);
  expect(api.calls[1]?.body).toEqual({ status: 'CLOSED' });
});

test('a refusal carries status, code, message and field', async () => {
  serve({ 'POST /sources': new Refusal(422, 'invalid', 'must be at most 65535', 'config.port') });
  const failure = await call('POST /sources', {
    body: { name: 'x', type: 'syslog', logTypes: ['A'], config: {} },
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiFailure);
  expect(failure).toMatchObject({
    status: 422,
    code: 'invalid',
    message: 'must be at most 65535',
    field: 'config.port',
  });
});

test('an answer that is no API error, such as a proxy’s page, still becomes a readable failure', async () => {
  vi.stubGlobal('fetch', async () => new Response('<html>Bad gateway</html>', { status: 502 }));
  await expect(call('GET /system', {})).rejects.toMatchObject({
    status: 502,
    message: 'Panther answered with status 502.',
  });
});

test('no answer at all says what to check', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('fetch failed');
  });
  await expect(call('GET /system', {})).rejects.toMatchObject({ status: 0, code: 'offline' });
});

test('no content is undefined', async () => {
  serve({ 'DELETE /session': undefined });
  await expect(call('DELETE /session', {})).resolves.toBeUndefined();
});
