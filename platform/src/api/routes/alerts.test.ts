import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import type { AlertsTable } from '../../ports/state/tables.ts';

let t: TestApi;
let admin: Client;
const asked: unknown[] = [];

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 11, minute)).toISOString();

function alert(n: number, changes: Partial<AlertsTable> = {}): AlertsTable {
  return {
    id: `alert-${n}`,
    type: 'RULE',
    rule_id: 'AWS.Root',
    rule_version: 'v1',
    rule_name: 'Root signed in',
    title: `Root signed in ${n}`,
    severity: 'HIGH',
    status: 'OPEN',
    dedup: 'd',
    created_at: at(n),
    updated_at: at(n),
    first_event_at: at(n),
    last_event_at: at(n),
    event_count: n,
    log_types: '["AWS.CloudTrail"]',
    description: '',
    reference: '',
    runbook: 'Look.',
    tags: '["a"]',
    context: '{"user":"root"}',
    destinations: 'null',
    output_ids: '[]',
    assignee: null,
    status_by: null,
    status_at: null,
    ...changes,
  };
}

before(async () => {
  t = await startTestApi({
    alertEvents: async (row, page) => {
      asked.push([row.id, page]);
      return { items: [{ p_row_id: 'r' }], nextCursor: 'more' };
    },
  });
  admin = await t.as('admin');
  await t.deps.state.db
    .insertInto('alerts')
    .values([
      alert(1, { severity: 'LOW', title: '100% sure_thing' }),
      alert(2, { severity: 'CRITICAL', status: 'CLOSED' }),
      alert(3, { type: 'RULE_ERROR', rule_id: 'Other.Rule', rule_name: 'Other', log_types: '["Okta.SystemLog"]' }),
      alert(4, { severity: 'INFO', created_at: at(3), assignee: admin.userId }),
      alert(5, { severity: 'MEDIUM', status: 'TRIAGED', title: '' }),
    ])
    .execute();
});
after(() => t.close());

async function ids(query: string): Promise<string[]> {
  const { json, status, text } = await admin.send('GET', `/api/v1/alerts?${query}`);
  assert.equal(status, 200, text);
  return json.items.map(({ id }: { id: string }) => id.replace('alert-', ''));
}

const FILTERS: Readonly<Record<string, string>> = {
  '': '54321',
  'severity=LOW&severity=INFO': '41',
  'status=OPEN': '431',
  'status=OPEN&status=TRIAGED&severity=MEDIUM': '5',
  'type=RULE_ERROR': '3',
  'ruleId=Other.Rule': '3',
  'logType=Okta.SystemLog': '3',
  'logType=Okta': '',
  'text=ROOT%20SIGNED%20in%202': '2',
  'text=100%25%20sure_': '1',
  'text=sure%25': '',
  'text=other.r': '3',
  [`createdAfter=${at(3)}`]: '543',
  [`createdBefore=${at(2)}`]: '1',
  'createdAfter=2026-03-01T12:05:00%2B01:00': '5',
  'eventCountMin=2&eventCountMax=3': '32',
  'assignee=me': '4',
  'assignee=none&status=OPEN': '31',
  'sort=severity': '23514',
  'sort=severity&direction=ascending': '41532',
  'sort=eventCount&direction=ascending': '12345',
  'sort=updatedAt': '54321',
};

for (const [query, expected] of Object.entries(FILTERS)) {
  test(`list with ${query || 'no filter'}`, async () => assert.equal((await ids(query)).join(''), expected));
}

for (const sort of ['createdAt', 'updatedAt', 'severity', 'eventCount']) {
  test(`pages by ${sort} give every alert once, in order`, async () => {
    const whole = await ids(`sort=${sort}`);
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { json } = await admin.send('GET', `/api/v1/alerts?sort=${sort}&limit=2${cursor}`);
      assert.equal(json.total, 5);
      paged.push(...json.items.map(({ id }: { id: string }) => id.replace('alert-', '')));
      if (json.nextCursor === null) break;
      cursor = `&cursor=${json.nextCursor}`;
    }
    assert.deepEqual(paged, whole);
  });
}

test('wrong filters are refused by name', async () => {
  const wrong = { 'severity=EXTREME': 'severity.0', 'limit=0': 'limit', 'limit=x': 'limit', 'nonsense=1': 'nonsense' };
  for (const [query, field] of Object.entries({
    ...wrong,
    'cursor=abc': 'cursor',
    'createdAfter=now': 'createdAfter',
  })) {
    const { status, json } = await admin.send('GET', `/api/v1/alerts?${query}`);
    assert.deepEqual([status, json.error.field], [400, field]);
  }
});

test('details show deliveries with their attempts, also of deleted destinations', async () => {
  const { db } = t.deps.state;
  const delivery = { alert_id: 'alert-1', idempotency_key: 'k', last_attempt_at: at(9), attempts: 2 };
  await db
    .insertInto('deliveries')
    .values([
      { ...delivery, destination_id: 'gone', status: 'delivered', delivered_at: at(9) },
      { ...delivery, destination_id: 'other', status: 'failed', delivered_at: null },
    ])
    .execute();
  const attempt = { alert_id: 'alert-1', destination_id: 'gone', duration_ms: 2 };
  await db
    .insertInto('delivery_attempts')
    .values([
      { ...attempt, at: at(8), success: 0, status_code: 500, message: 'no' },
      { ...attempt, at: at(9), success: 1, status_code: 200, message: 'ok' },
    ])
    .execute();
  const { json } = await admin.send('GET', '/api/v1/alerts/alert-1');
  assert.deepEqual(json.deliveries, { pending: 0, delivered: 1, failed: 1 });
  assert.equal(json.deliveryDetails[0].destinationName, 'gone');
  assert.deepEqual(
    json.deliveryDetails[0].attempts.map(({ statusCode }: { statusCode: number }) => statusCode),
    [200, 500],
  );
  assert.deepEqual(json.context, { user: 'root' });
});

test('an alert without a title shows its rule', async () => {
  assert.equal((await admin.send('GET', '/api/v1/alerts/alert-5')).json.title, 'Root signed in');
});

test('events are read a page at a time', async () => {
  const { json } = await admin.send('GET', '/api/v1/alerts/alert-1/events?limit=5&cursor=here');
  assert.deepEqual(json, { items: [{ p_row_id: 'r' }], nextCursor: 'more' });
  assert.deepEqual(asked.at(-1), ['alert-1', { cursor: 'here', limit: 5 }]);
  assert.equal((await admin.send('GET', '/api/v1/alerts/none/events')).status, 404);
});

test('status and assignee change, for one and for many, and say who did it', async () => {
  const analyst = await t.as('analyst');
  const one = await analyst.send('PATCH', '/api/v1/alerts/alert-1', {
    body: { status: 'TRIAGED', assignee: analyst.userId },
  });
  assert.deepEqual([one.json.status, one.json.assignee.name], ['TRIAGED', 'analyst']);
  const detail = await admin.send('GET', '/api/v1/alerts/alert-1');
  assert.equal(detail.json.statusBy.id, analyst.userId);
  const many = await analyst.send('POST', '/api/v1/alerts/bulk', {
    body: { ids: ['alert-2', 'alert-3', 'alert-2', 'none'], status: 'RESOLVED', assignee: null },
  });
  assert.deepEqual(many.json, { updated: 2, missing: ['none'] });
  assert.deepEqual((await ids('status=RESOLVED')).join(''), '32');
  for (const body of [{}, { assignee: 'nobody' }, { status: 'DONE' }]) {
    assert.equal((await analyst.send('PATCH', '/api/v1/alerts/alert-1', { body })).status, 400);
  }
  await admin.send('DELETE', `/api/v1/users/${analyst.userId}`);
  const later = await admin.send('GET', '/api/v1/alerts/alert-1');
  assert.deepEqual([later.json.assignee, later.json.statusBy.name], [null, analyst.userId]);
});

test('comments are kept in order with their authors', async () => {
  const say = (body: string) => admin.send('POST', '/api/v1/alerts/alert-2/comments', { body: { body } });
  assert.equal((await say('first')).status, 201);
  t.advance(1_000);
  await say('<b>second</b>');
  assert.equal((await say('  ')).status, 400);
  const { json } = await admin.send('GET', '/api/v1/alerts/alert-2');
  assert.deepEqual(
    json.comments.map(({ body, author }: { body: string; author: { name: string } }) => [body, author.name]),
    [
      ['first', 'Ada'],
      ['<b>second</b>', 'Ada'],
    ],
  );
});
