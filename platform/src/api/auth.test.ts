import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { PASSWORD, signedIn, startTestApi, type TestApi } from '../../test/support/test-api.ts';
import { ensureFirstAdministrator } from './auth/invitations.ts';

let t: TestApi;
const session = '/api/v1/session';
const signIn = (email: string, password: string, ip = '192.0.2.1') =>
  t.anonymous.send('POST', session, { body: { email, password }, ip });

describe('the first administrator', () => {
  beforeEach(async () => {
    t = await startTestApi();
  });
  afterEach(() => t.close());

  test('is made once, with the newest link', async () => {
    const old = await ensureFirstAdministrator(t.deps.state, t.deps.clock, t.deps.randomBytes);
    const link = await ensureFirstAdministrator(t.deps.state, t.deps.clock, t.deps.randomBytes);
    assert.equal(link?.path, `/setup?token=${link?.token}`);
    assert.deepEqual((await t.anonymous.send('GET', '/api/v1/setup')).json, { required: true });
    const make = (token: string | undefined) =>
      t.anonymous.send('POST', '/api/v1/setup', {
        body: { token, email: 'Ada@Example.com', name: 'Ada', password: PASSWORD },
      });
    assert.equal((await make(old?.token)).json.error.field, 'token');
    const made = await make(link?.token);
    assert.equal(made.status, 201);
    assert.equal(made.json.actor.role, 'admin');
    assert.equal(made.json.actor.email, 'ada@example.com');
    assert.equal((await make(link?.token)).status, 400);
    assert.equal(await ensureFirstAdministrator(t.deps.state, t.deps.clock, t.deps.randomBytes), undefined);
    assert.deepEqual((await t.anonymous.send('GET', '/api/v1/setup')).json, { required: false });
  });

  test('cannot be made with a link that is over, or a short password', async () => {
    const link = await ensureFirstAdministrator(t.deps.state, t.deps.clock, t.deps.randomBytes);
    const body = { token: link?.token, email: 'ada@example.com', name: 'Ada', password: PASSWORD };
    const short = await t.anonymous.send('POST', '/api/v1/setup', { body: { ...body, password: 'short' } });
    assert.deepEqual(short.json.error, {
      code: 'invalid',
      message: 'must have at least 12 characters',
      field: 'password',
    });
    t.advance(24 * 3_600_000 + 1);
    assert.equal((await t.anonymous.send('POST', '/api/v1/setup', { body })).json.error.field, 'token');
  });
});

describe('sessions', () => {
  before(async () => {
    t = await startTestApi();
  });
  after(() => t.close());

  test('the cookie is for this site only and out of reach of scripts', async () => {
    await t.as('admin');
    const answer = await signIn('ADMIN@example.com', PASSWORD);
    assert.equal(answer.status, 201);
    assert.match(
      String(answer.headers['set-cookie']),
      /^panther=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    const stored = await t.deps.state.db.selectFrom('sessions').select('token_hash').execute();
    const token = signedIn(t.api, answer).cookie.split('=')[1] ?? '';
    assert.ok(stored.every((row) => row.token_hash !== token));
  });

  test('a wrong password and an unknown address get the same answer', async () => {
    const wrong = await signIn('admin@example.com', 'wrong password', '192.0.2.2');
    const unknown = await signIn('nobody@example.com', 'wrong password', '192.0.2.2');
    assert.equal(wrong.status, 401);
    assert.deepEqual(wrong.json, unknown.json);
  });

  test('a session cannot be used after signing out', async () => {
    const user = signedIn(t.api, await signIn('admin@example.com', PASSWORD, '192.0.2.3'));
    assert.equal((await user.send('GET', session)).status, 200);
    const out = await user.send('DELETE', session);
    assert.equal(out.status, 204);
    assert.match(String(out.headers['set-cookie']), /^panther=; .*Max-Age=0/);
    assert.equal((await user.send('GET', session)).status, 401);
  });

  test('a session ends after 12 idle hours and after 7 days', async () => {
    const idle = signedIn(t.api, await signIn('admin@example.com', PASSWORD, '192.0.2.4'));
    t.advance(11 * 3_600_000);
    assert.equal((await idle.send('GET', session)).status, 200);
    t.advance(12 * 3_600_000);
    assert.equal((await idle.send('GET', session)).status, 401);
    const busy = signedIn(t.api, await signIn('admin@example.com', PASSWORD, '192.0.2.4'));
    for (let hours = 0; hours < 7 * 24; hours += 8) {
      assert.equal((await busy.send('GET', session)).status, 200, `after ${hours} h`);
      t.advance(8 * 3_600_000);
    }
    assert.equal((await busy.send('GET', session)).status, 401);
  });

  test('another password ends all other sessions', async () => {
    const body = { email: 'admin@example.com', password: PASSWORD };
    const one = signedIn(t.api, await signIn(body.email, body.password, '192.0.2.5'));
    const other = signedIn(t.api, await signIn(body.email, body.password, '192.0.2.5'));
    const change = (currentPassword: string, newPassword: string) =>
      one.send('PUT', '/api/v1/session/password', { body: { currentPassword, newPassword } });
    assert.equal((await change('wrong password', 'another long password')).json.error.field, 'currentPassword');
    assert.equal((await change(PASSWORD, 'another long password')).status, 204);
    assert.equal((await one.send('GET', session)).status, 200);
    assert.equal((await other.send('GET', session)).status, 401);
    assert.equal((await signIn(body.email, PASSWORD, '192.0.2.6')).status, 401);
    assert.equal((await change('another long password', PASSWORD)).status, 204);
  });

  test('guessing is slowed down for an account and an address', async () => {
    const answers = [];
    for (let n = 0; n < 12; n += 1) answers.push(await signIn('victim@example.com', 'guess', '192.0.2.7'));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array(10).fill(401), 429, 429],
    );
    assert.ok(Number(answers.at(-1)?.headers['retry-after']) > 0);
    assert.equal((await signIn('victim@example.com', 'guess', '192.0.2.8')).status, 401);
    t.advance(15 * 60_000);
    assert.equal((await signIn('victim@example.com', 'guess', '192.0.2.7')).status, 401);
  });

  test('failed attempts are in the audit log, passwords are not', async () => {
    const admin = signedIn(t.api, await signIn('admin@example.com', PASSWORD, '192.0.2.9'));
    await signIn('admin@example.com', 'leaky-password-1', '192.0.2.9');
    const { json } = await admin.send('GET', '/api/v1/audit?action=session.&limit=1');
    const { actor, action, target, ip, status, details } = json.items[0];
    assert.deepEqual(
      { actor, action, target, ip, status },
      {
        actor: 'anonymous',
        action: 'session.create',
        target: 'admin@example.com',
        ip: '192.0.2.9',
        status: 401,
      },
    );
    assert.equal(details.password, '[redacted]');
  });
});
