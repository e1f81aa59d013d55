import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, signedIn, startTestApi, type TestApi } from '../../test/support/test-api.ts';

let t: TestApi;
before(async () => {
  t = await startTestApi();
});
after(() => t.close());

const ask = (secret: string, path = '/api/v1/session') =>
  t.anonymous.send('GET', path, { headers: { authorization: `Bearer ${secret}` } });

test('an API token is shown once and kept as a hash', async () => {
  const admin = await t.as('admin');
  const { json } = await admin.send('POST', '/api/v1/tokens', { body: { name: 'ci', role: 'read-only' } });
  assert.match(json.secret, new RegExp(`^pat_${json.token.id}_[\\w-]{43}$`));
  const listed = await admin.send('GET', '/api/v1/tokens');
  assert.equal(listed.text.includes(json.secret.split('_').at(-1)), false);
  const row = await t.deps.state.db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow();
  assert.equal(JSON.stringify(row).includes(json.secret.split('_').at(-1)), false);
  assert.deepEqual((await ask(json.secret)).json.actor, {
    kind: 'token',
    id: json.token.id,
    name: 'ci',
    email: null,
    role: 'read-only',
  });
});

test('nobody makes a token stronger than themselves, or touches that of another', async () => {
  const reader = await t.as('read-only');
  const stronger = await reader.send('POST', '/api/v1/tokens', { body: { name: 'x', role: 'admin' } });
  assert.equal(stronger.status, 403);
  const admin = await t.as('admin');
  const { json } = await admin.send('POST', '/api/v1/tokens', { body: { name: 'mine', role: 'admin' } });
  assert.equal((await reader.send('DELETE', `/api/v1/tokens/${json.token.id}`)).status, 404);
  assert.deepEqual((await reader.send('GET', '/api/v1/tokens')).json.items, []);
  assert.equal((await ask(json.secret)).status, 200);
});

test('there is always an administrator left', async () => {
  const admin = await t.as('admin');
  const user = `/api/v1/users/${admin.userId}`;
  for (const body of [{ role: 'analyst' }, { disabled: true }]) {
    assert.equal((await admin.send('PATCH', user, { body })).status, 409);
  }
  assert.equal((await admin.send('DELETE', user)).status, 409);
  assert.equal((await admin.send('GET', '/api/v1/session')).json.actor.role, 'admin');
});

test('an invitation works once; a reset link ends old sessions', async () => {
  const admin = await t.as('admin');
  const body = { email: 'new@example.com', name: 'New', role: 'analyst' };
  const { json } = await admin.send('POST', '/api/v1/users', { body });
  assert.equal(json.user.status, 'invited');
  assert.equal((await admin.send('POST', '/api/v1/users', { body })).json.error.field, 'email');
  const accept = (token: string) =>
    t.anonymous.send('POST', '/api/v1/invitations/accept', { body: { token, password: PASSWORD } });
  const check = await t.anonymous.send('POST', '/api/v1/invitations/check', {
    body: { token: json.invitation.token },
  });
  assert.equal(check.json.email, 'new@example.com');
  const first = await accept(json.invitation.token);
  assert.equal(first.status, 201);
  assert.equal((await accept(json.invitation.token)).status, 400);
  const reset = await admin.send('POST', `/api/v1/users/${json.user.id}/invitation`);
  assert.equal((await accept(reset.json.token)).status, 201);
  const old = String(first.headers['set-cookie']).split(';', 1)[0] ?? '';
  assert.equal((await t.anonymous.send('GET', '/api/v1/session', { headers: { cookie: old } })).status, 401);
});

test('a token ends with its time, when revoked, and with its creator', async () => {
  const admin = await t.as('admin');
  const analyst = await t.as('analyst');
  const make = async (body: object) =>
    (await analyst.send('POST', '/api/v1/tokens', { body: { name: 'x', role: 'analyst', ...body } })).json;
  const short = await make({ expiresInDays: 1 });
  const revoked = await make({});
  const left = await make({});
  assert.equal((await ask(short.secret)).status, 200);
  await analyst.send('DELETE', `/api/v1/tokens/${revoked.token.id}`);
  assert.equal((await ask(revoked.secret)).status, 401);
  const user = `/api/v1/users/${analyst.userId}`;
  await admin.send('PATCH', user, { body: { role: 'read-only' } });
  assert.equal((await ask(left.secret)).json.actor.role, 'read-only');
  await admin.send('PATCH', user, { body: { disabled: true } });
  assert.equal((await ask(left.secret)).status, 401);
  assert.equal((await analyst.send('GET', '/api/v1/session')).status, 401);
  const again = await t.anonymous.send('POST', '/api/v1/session', {
    body: { email: 'analyst@example.com', password: PASSWORD },
  });
  assert.equal(again.status, 401);
  await admin.send('PATCH', user, { body: { disabled: false } });
  assert.equal((await ask(left.secret)).status, 200);
  t.advance(86_400_000);
  assert.equal((await ask(short.secret)).status, 401);
  await (await freshAdmin()).send('DELETE', user);
  assert.equal((await ask(left.secret)).status, 401);
});

async function freshAdmin() {
  const body = { email: 'admin@example.com', password: PASSWORD };
  return signedIn(t.api, await t.anonymous.send('POST', '/api/v1/session', { body }));
}
