/** Every route against every way of asking that must be refused, generated from the table of routes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Answer, type Client, startTestApi, type TestApi } from '../../test/support/test-api.ts';
import { ROLES, type Role, type RouteSpec } from './contract/route.ts';
import { ROUTES } from './contract.ts';

const routes = Object.entries<RouteSpec>(ROUTES);
const guarded = routes.filter(([, route]) => route.role !== 'public');

let t: TestApi;
const users = {} as Record<Role, Client>;
const tokens = {} as Record<Role, string>;

before(async () => {
  t = await startTestApi();
  for (const role of ['admin', 'analyst', 'read-only'] as const) {
    users[role] = await t.as(role);
    const made = await users[role].send('POST', '/api/v1/tokens', { body: { name: role, role } });
    tokens[role] = made.json.secret;
  }
});
after(() => t.close());

function send(client: Client, route: RouteSpec, headers: Record<string, string> = {}): Promise<Answer> {
  const body = route.body === undefined ? {} : { body: {} };
  return client.send(route.method, `/api/v1${route.path.replace(/:\w+/g, 'x')}`, { ...body, headers });
}

const bearer = (role: Role) => ({ authorization: `Bearer ${tokens[role]}` });
const isRefused = ({ status }: Answer) => status === 401 || status === 403;

function check(name: string, of: typeof routes, run: (route: RouteSpec, id: string) => Promise<void>): void {
  describe(name, () => {
    for (const [id, route] of of) {
      test(`${route.method} ${route.path}`, () => {
        // Time enough for the limits of an address to fill up again.
        t.advance(10_000);
        return run(route, id);
      });
    }
  });
}

check('no one in particular gets 401', guarded, async (route) => {
  const answer = await send(t.anonymous, route);
  assert.equal(answer.status, 401);
  assert.equal(answer.json.error.code, 'unauthenticated');
});

check('wrong credentials get 401', guarded, async (route) => {
  const wrong = [
    'Bearer nonsense',
    `Basic ${tokens.admin}`,
    `Bearer ${tokens.admin.slice(0, -1)}`,
    `Bearer pat_${'0'.repeat(32)}_${'A'.repeat(43)}`,
  ];
  for (const authorization of wrong) assert.equal((await send(t.anonymous, route, { authorization })).status, 401);
  assert.equal((await send(t.anonymous, route, { cookie: `panther=${'A'.repeat(43)}` })).status, 401);
  // Over plain http the name of the https cookie counts for nothing.
  const renamed = users.admin.cookie.replace('panther=', '__Host-panther=');
  assert.equal((await send(t.anonymous, route, { cookie: renamed })).status, 401);
});

check('a bad token does not fall back to a good cookie', guarded, async (route) => {
  assert.equal((await send(users.admin, route, { authorization: 'Bearer nonsense' })).status, 401);
});

for (const role of ROLES) {
  check(`${role}: refused exactly where a stronger role is needed`, guarded, async (route, id) => {
    const isEnough = ROLES.indexOf(role) >= ROLES.indexOf(route.role as Role);
    const client = id === 'signOut' ? await t.as('read-only') : users[role];
    const answer = await send(client, route);
    assert.equal(isRefused(answer), !isEnough, `status ${answer.status}`);
    assert.notEqual(answer.status, 500);
    const withToken = await send(t.anonymous, route, bearer(role));
    assert.equal(isRefused(withToken), !isEnough || route.sessionOnly === true, `with a token: ${withToken.status}`);
  });
}

const writes = guarded.filter(([, route]) => route.method !== 'GET');

check('a session needs the CSRF token to write', writes, async (route) => {
  for (const given of ['', 'wrong', users.analyst.csrf]) {
    const answer = await send(users.admin, route, { 'x-csrf-token': given });
    assert.equal(answer.status, 403, given);
  }
});

check('other sites cannot write', writes, async (route) => {
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://attacker.example.com' },
    { origin: 'null' },
    { origin: 'https://localhost' },
  ];
  for (const headers of foreign) assert.equal((await send(users.admin, route, headers)).status, 403);
});

const signInRoutes = routes.filter(
  ([, { role, method, body }]) => role === 'public' && method !== 'GET' && body !== 'stream',
);
check('other sites cannot sign anybody in', signInRoutes, async (route) => {
  assert.equal((await send(t.anonymous, route, { 'sec-fetch-site': 'cross-site' })).status, 403);
});

const withBody = routes.filter(([, route]) => typeof route.body === 'object');

check('a body over the limit gets 413', withBody, async (route) => {
  const body = { filler: 'x'.repeat((route.limits?.bodyBytes ?? 65_536) + 1) };
  const path = `/api/v1${route.path.replace(/:\w+/g, 'x')}`;
  const answer = await users.admin.send(route.method, path, { body, ip: '192.0.2.13' });
  assert.equal(answer.status, 413);
  assert.equal(answer.json.error.code, 'too-large');
});

check('a body of another type gets 415', withBody, async (route) => {
  const path = `/api/v1${route.path.replace(/:\w+/g, 'x')}`;
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const options = { body: '{}', headers: { 'content-type': type }, ip: '192.0.2.15' };
    assert.equal((await users.admin.send(route.method, path, options)).status, 415);
  }
});

check('an unknown field is named', withBody, async (route) => {
  const path = `/api/v1${route.path.replace(/:\w+/g, 'x')}`;
  const valid = route.query === undefined ? '' : '?format=csv';
  const answer = await users.admin.send(route.method, path + valid, { body: { nonsense: 1 }, ip: '192.0.2.14' });
  assert.equal(answer.status, 400);
  assert.equal(answer.json.error.code, 'invalid');
});

test('broken JSON is refused', async () => {
  const options = { body: '{"name":', headers: { 'content-type': 'application/json' } };
  const answer = await users.admin.send('PATCH', '/api/v1/settings', options);
  assert.deepEqual([answer.status, answer.json.error.message], [400, 'the body is not valid JSON']);
});

const limited = routes.filter(([, route]) => route.limits?.perMinute !== undefined);

check('more than the limit a minute gets 429', limited, async (route) => {
  const path = `/api/v1${route.path.replace(/:\w+/g, 'x')}`;
  const count = (route.limits?.perMinute ?? 0) + 1;
  let last: Answer | undefined;
  for (let n = 0; n < count; n += 1) {
    // The body is refused, so that no password is hashed.
    last = await users.admin.send(route.method, path, { body: { nonsense: 1 }, ip: '192.0.2.99' });
  }
  assert.equal(last?.status, 429);
  assert.match(String(last?.headers['retry-after']), /^\d+$/);
});

test('a caller that asks without pause gets 429', async () => {
  const { length } = Array.from({ length: 1_200 });
  let last: Answer | undefined;
  const busy = await t.as('read-only');
  for (let n = 0; n <= length; n += 1) last = await busy.send('GET', '/api/v1/session');
  assert.equal(last?.status, 429);
  t.advance(60_000);
  assert.equal((await busy.send('GET', '/api/v1/session')).status, 200);
});

test('every write of a signed-in caller is audited, reading is not', () => {
  for (const [id, route] of guarded) assert.equal(route.audit !== undefined, isWrite(id, route), id);
});

/** Queries change nothing, but who searched for what matters. Drafts are checked while one types, and run nothing. */
function isWrite(id: string, route: RouteSpec): boolean {
  if (id === 'checkDraft') return false;
  return route.method !== 'GET' || id === 'query' || id === 'exportQuery';
}
