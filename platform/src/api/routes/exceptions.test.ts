import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { suggestConditions } from '../../detections/exceptions/suggest.ts';

const DAY = 86_400_000;
/** Events of alerts, by alert id. */
const events = new Map<string, Record<string, unknown>[]>();
let t: TestApi;
let analyst: Client;

before(async () => {
  t = await startTestApi({ alertEvents: async ({ id }) => ({ items: events.get(id) ?? [], nextCursor: null }) });
  analyst = await t.as('analyst');
  const at = '2026-02-01T00:00:00.000Z';
  const test = (name: string, expectedResult: boolean, user: string) => ({ name, expectedResult, log: { user } });
  const spec = JSON.stringify({ displayName: 'Sign-in', tests: [test('eve', true, 'eve'), test('ann', false, 'ann')] });
  const row = { language: 'yaml', body: '', version: '1', origin: 'test', created_at: at, updated_at: at };
  const made = { spec, enabled: 1 as const, updated_by: 'system', ...row };
  await t.deps.state.db
    .insertInto('detections')
    .values([
      { id: 'Rule', type: 'rule', ...made },
      { id: 'Helper', type: 'global', ...made },
      { id: 'Rows', type: 'scheduled_rule', ...made },
    ])
    .execute();
});
beforeEach(() => t.deps.state.db.deleteFrom('exceptions').execute());
after(() => t.close());

async function alert(id: string, status: string, own: Record<string, unknown>[]): Promise<void> {
  events.set(id, own);
  const at = t.deps.clock.now().toISOString();
  const times = { created_at: at, updated_at: at, first_event_at: at, last_event_at: at };
  const texts = { description: '', reference: '', runbook: '', tags: '[]', context: '{}', log_types: '[]' };
  const base = { rule_id: 'Rule', rule_version: '1', rule_name: 'Rule', dedup: id, severity: 'HIGH', type: 'RULE' };
  const none = { status_by: null, status_at: null, assignee: null, destinations: 'null', output_ids: '[]' };
  await t.deps.state.db
    .insertInto('alerts')
    .values({ id, title: `of ${id}`, status, event_count: own.length, ...base, ...texts, ...times, ...none } as never)
    .execute();
}

const is = (user: string) => [{ Key: 'user', Condition: 'Equals', Value: user }];
const body = (user: string, more: object = {}) => ({
  detectionId: 'Rule',
  conditions: is(user),
  reason: 'known',
  ...more,
});

test('an exception is made, changed, listed and deleted', async () => {
  const made = await analyst.send('POST', '/api/v1/exceptions', { body: body('bot') });
  assert.equal(made.status, 201);
  assert.deepEqual(
    [made.json.state, made.json.detectionName, made.json.owner, made.json.hiddenCount, made.json.origin],
    ['live', 'Sign-in', 'analyst', 0, 'user'],
  );
  const path = `/api/v1/exceptions/${made.json.id}`;
  const changed = await analyst.send('PATCH', path, { body: { enabled: false, owner: 'ops' } });
  assert.deepEqual([changed.json.state, changed.json.owner], ['disabled', 'ops']);
  const list = async (query: string) => (await analyst.send('GET', `/api/v1/exceptions?${query}`)).json.items.length;
  assert.equal(await list('detectionId=Rule&state=disabled'), 1);
  assert.equal(await list('state=live'), 0);
  assert.equal((await analyst.send('DELETE', path)).status, 204);
  assert.equal((await analyst.send('GET', path)).status, 404);
});

test('of a rule over rows an exception sees the columns, by their names and below row', async () => {
  for (const KeyPath of ['user', 'row.user']) {
    const conditions = [{ KeyPath, Condition: 'Equals', Value: 'eve' }];
    const refused = await analyst.send('POST', '/api/v1/exceptions', {
      body: { detectionId: 'Rows', conditions, reason: 'known' },
    });
    assert.equal(refused.status, 409);
    assert.match(refused.json.error.message, /the test "eve"/);
  }
  const made = await analyst.send('POST', '/api/v1/exceptions', { body: body('bot', { detectionId: 'Rows' }) });
  assert.equal(made.status, 201);
  const helper = await analyst.send('POST', '/api/v1/exceptions', { body: body('bot', { detectionId: 'Helper' }) });
  assert.match(helper.json.error.message, /Helper is a global: only rules have exceptions/);
});

test('what would have hidden a true positive is refused, unless somebody says why', async () => {
  await alert('right', 'RESOLVED', [{ user: 'mallory' }, { user: 'eve' }]);
  await alert('wrong', 'CLOSED', [{ user: 'bot' }]);
  const refused = await analyst.send('POST', '/api/v1/exceptions', { body: body('eve') });
  assert.equal(refused.status, 409);
  assert.match(refused.json.error.message, /the test "eve", alert right \(of right\)/);
  assert.equal(refused.json.error.field, 'conditions');
  const check = await analyst.send('POST', '/api/v1/exceptions/check', {
    body: { detectionId: 'Rule', conditions: is('mallory') },
  });
  assert.deepEqual(check.json.hides, [{ kind: 'alert', id: 'right', title: 'of right', events: 1 }]);
  assert.deepEqual(check.json.checked, { tests: 1, alerts: 1, events: 3 });
  const silent = await analyst.send('POST', '/api/v1/exceptions', { body: body('eve', { force: true }) });
  assert.deepEqual([silent.status, silent.json.error.field], [400, 'forceReason']);
  const forced = body('eve', { force: true, forceReason: 'Eve left; her tests are old' });
  const made = await analyst.send('POST', '/api/v1/exceptions', { body: forced });
  assert.deepEqual([made.status, made.json.forceReason], [201, 'Eve left; her tests are old']);
  const harmless = await analyst.send('POST', '/api/v1/exceptions', { body: body('bot') });
  const widened = await analyst.send('PATCH', `/api/v1/exceptions/${harmless.json.id}`, {
    body: { conditions: is('eve') },
  });
  assert.equal(widened.status, 409);
});

test('wrong conditions, times and detections are refused with the field', async () => {
  const cases: [object, number, string | undefined][] = [
    [{ conditions: [{ Key: 'a', Condition: 'Equal', Value: 1 }] }, 400, 'conditions.0.Condition'],
    [{ conditions: [] }, 400, 'conditions'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 400, 'expiresAt'],
    [{ detectionId: 'Helper' }, 400, 'detectionId'],
    [{ detectionId: 'Nothing' }, 404, undefined],
    [{ reason: ' ' }, 400, 'reason'],
  ];
  for (const [changes, status, field] of cases) {
    const answer = await analyst.send('POST', '/api/v1/exceptions', { body: { ...body('bot'), ...changes } });
    assert.deepEqual([answer.status, answer.json.error.field], [status, field], answer.text);
  }
  const check = await analyst.send('POST', '/api/v1/exceptions/check', {
    body: { detectionId: 'Rule', conditions: [{ Key: 'a' }] },
  });
  assert.equal(check.json.issues[0].field, 'conditions.0.Condition');
});

test('an exception that hides nothing for 30 days is stale, unless it has expired', async () => {
  const path = async (more: object = {}) => {
    const { json } = await analyst.send('POST', '/api/v1/exceptions', { body: body('bot', more) });
    return `/api/v1/exceptions/${json.id}`;
  };
  const isStale = async (one: string) => (await analyst.send('GET', one)).json.isStale;
  const expiresAt = new Date(t.deps.clock.now().getTime() + 60_000).toISOString();
  const [long, busy, short] = [await path(), await path(), await path({ expiresAt })];
  assert.equal(await isStale(long), false);
  const { db } = t.deps.state;
  const ago = (ms: number) => new Date(t.deps.clock.now().getTime() - ms).toISOString();
  await db
    .updateTable('exceptions')
    .set({ created_at: ago(31 * DAY) })
    .execute();
  const hit = { exception_id: busy.split('/').at(-1) ?? '', hidden: 3, last_hidden_at: ago(DAY), recent: '[]' };
  await db.insertInto('exception_hits').values(hit).execute();
  t.advance(60_001);
  assert.deepEqual([await isStale(long), await isStale(busy), await isStale(short)], [true, false, false]);
  const { items } = (await analyst.send('GET', '/api/v1/exceptions?stale=true')).json;
  assert.equal(items.length, 1);
  assert.equal((await analyst.send('GET', short)).json.state, 'expired');
  assert.equal((await analyst.send('GET', busy)).json.hiddenCount, 3);
});

test('conditions are suggested that tell an alert from the others of its detection', async () => {
  const event = (user: string, ip: string) => ({
    user,
    ip,
    kind: 'sign-in',
    eventID: ip,
    p_row_id: ip,
    n: { host: 'a' },
  });
  await alert('noise', 'OPEN', [event('bot', '192.0.2.1'), event('bot', '192.0.2.2')]);
  await alert('other', 'OPEN', [event('eve', '192.0.2.9')]);
  const { json } = await analyst.send('POST', '/api/v1/exceptions/suggest', { body: { alertId: 'noise' } });
  assert.deepEqual([json.detectionId, json.events], ['Rule', 2]);
  assert.deepEqual(json.suggestions[0], {
    field: 'user',
    value: 'bot',
    conditions: is('bot'),
    elsewhere: 0.25,
    hiddenTests: [],
  });
  const [only] = suggestConditions([{ a: { b: 'x' } }], []);
  assert.deepEqual(only?.conditions, [{ DeepKey: ['a', 'b'], Condition: 'Equals', Value: 'x' }]);
  assert.equal(only?.elsewhere, null);
});

test('many detections are switched at once, with a reason for each that is not', async () => {
  const answer = await analyst.send('POST', '/api/v1/detections/bulk', {
    body: { ids: ['Rule', 'Nothing', 'Helper', 'Rule'], action: 'disable' },
  });
  assert.equal(answer.json.changed, 2);
  assert.deepEqual(
    answer.json.results.map(({ id, ok }: { id: string; ok: boolean }) => [id, ok]),
    [
      ['Rule', true],
      ['Nothing', false],
      ['Helper', true],
    ],
  );
  const rows = await t.deps.state.db.selectFrom('detections').select(['id', 'enabled']).orderBy('id').execute();
  assert.deepEqual(
    rows.map(({ id, enabled }) => [id, enabled]),
    [
      ['Helper', 0],
      ['Rows', 1],
      ['Rule', 0],
    ],
  );
  const entries = await t.deps.state.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', 'detection.bulk')
    .execute();
  assert.equal(entries.length, 1);
  assert.match(entries[0]?.details ?? '', /Rule Nothing Helper/);
});
