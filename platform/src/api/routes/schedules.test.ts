/** Schedules with their runs, and lookup tables. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { UserError } from '../../core/errors.ts';

let t: TestApi;
let analyst: Client;
let reader: Client;

before(async () => {
  t = await startTestApi({
    async storeLookup({ id }, { name, bytes }) {
      if (bytes.length < 5) throw new UserError('no row has the primary key id', { field: 'data' });
      const none = { version: 'v', object_key: 'k', row_count: 2, problem: '' };
      const times = { loaded_at: '2026-03-01T12:00:00.000Z', checked_at: '2026-03-01T12:00:00.000Z' };
      const row = { name: id, file_name: name, size_bytes: bytes.length, ...none, ...times };
      await t.deps.state.db.insertInto('lookup_files').values(row).execute();
    },
  });
  analyst = await t.as('analyst');
  reader = await t.as('read-only');
  const at = '2026-03-01T00:00:00.000Z';
  const common = { language: 'yaml', body: '', version: 'v', origin: 'user:x', created_at: at, updated_at: at };
  const Schedule = { RateMinutes: 60, TimeoutMinutes: 5 };
  const Cron = { CronExpression: 'every day', TimeoutMinutes: 5 };
  const LogTypeMap = { PrimaryKey: 'id', AssociatedLogTypes: [{ LogType: 'T', Selectors: ['a'] }] };
  const specs: Record<string, [string, object]> = {
    Q: ['scheduled_query', { Schedule }],
    Wrong: ['scheduled_query', { Schedule: Cron }],
    C: ['correlation_rule', { Detection: [{ Schedule }] }],
    L: ['lookup_table', { LogTypeMap, Refresh: {} }],
  };
  for (const [id, [type, spec]] of Object.entries(specs)) {
    const row = { id, type, spec: JSON.stringify(spec), enabled: 1 as const, updated_by: 'x', ...common };
    await t.deps.state.db.insertInto('detections').values(row).execute();
  }
});
after(() => t.close());

test('schedules say when they run next, and what is wrong with them', async () => {
  const { json } = await reader.send('GET', '/api/v1/schedules');
  assert.deepEqual(
    json.items.map((item: Record<string, unknown>) => [item.id, item.type, item.nextRunAt, item.lastRun]),
    [
      ['C', 'correlation_rule', '2026-03-01T13:00:00.000Z', null],
      ['Q', 'scheduled_query', '2026-03-01T13:00:00.000Z', null],
      ['Wrong', 'scheduled_query', null, null],
    ],
  );
  assert.match(json.items[2].problem, /the cron expression "every day" is not valid/);
});

test('a run can be asked for by who may, and is listed', async () => {
  assert.equal((await reader.send('POST', '/api/v1/schedules/Q/runs')).status, 403);
  assert.equal((await analyst.send('POST', '/api/v1/schedules/L/runs')).status, 404);
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { status, json } = await analyst.send('POST', '/api/v1/schedules/Q/runs');
    assert.equal(status, 202);
    ids.push(json.runId);
    t.advance(1_000);
  }
  const { json: first } = await reader.send('GET', '/api/v1/schedules/Q/runs?limit=2');
  const { json: rest } = await reader.send('GET', `/api/v1/schedules/Q/runs?limit=2&cursor=${first.nextCursor}`);
  assert.deepEqual(
    [...first.items, ...rest.items].map(({ id }) => id),
    ids.toReversed(),
  );
  assert.deepEqual([first.items[0].state, first.items[0].cause, rest.nextCursor], ['queued', 'user', null]);
  assert.equal((await reader.send('GET', '/api/v1/schedules/Q/runs?cursor=x')).status, 400);
  const audit = await t.deps.state.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', 'schedule.run')
    .execute();
  assert.ok(audit.some(({ status, target }) => status === 202 && target === 'Q'));
});

test('data of a lookup table is uploaded, and what cannot be read is refused', async () => {
  const upload = (fileName: string, text: string, who = analyst) =>
    who.send('PUT', '/api/v1/lookup-tables/L/data', {
      body: { fileName, data: Buffer.from(text).toString('base64') },
    });
  assert.equal((await reader.send('GET', '/api/v1/lookup-tables')).json.items[0].data, 'none');
  assert.equal((await upload('a.csv', 'id\n1', reader)).status, 403);
  assert.equal((await upload('a.exe', 'id\n1')).status, 400);
  const refused = await upload('a.csv', 'x');
  assert.deepEqual([refused.status, refused.json.error.field], [400, 'data']);
  const { status, json } = await upload('a.csv', 'id\n1\n2\n');
  assert.deepEqual([status, json.data, json.rows, json.fileName], [200, 'fetched', 2, 'a.csv']);
  const audit = await t.deps.state.db.selectFrom('audit_log').selectAll().where('target', '=', 'L').execute();
  assert.ok(audit.some(({ details }) => details.includes('"7 bytes"')));
});

test('a lookup table can be fetched out of turn', async () => {
  assert.equal((await analyst.send('POST', '/api/v1/lookup-tables/L/refresh')).status, 204);
  assert.equal((await reader.send('GET', '/api/v1/lookup-tables')).json.items[0].checkedAt, null);
  assert.equal((await analyst.send('POST', '/api/v1/lookup-tables/Q/refresh')).status, 404);
});
