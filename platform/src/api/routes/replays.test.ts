import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';

let t: TestApi;
let analyst: Client;
let reader: Client;

before(async () => {
  t = await startTestApi();
  analyst = await t.as('analyst');
  reader = await t.as('read-only');
  const at = '2026-03-01T00:00:00.000Z';
  const row = {
    type: 'rule',
    language: 'python',
    body: '',
    version: 'v',
    origin: 'user:x',
    created_at: at,
    updated_at: at,
  };
  await t.deps.state.db
    .insertInto('detections')
    .values({ id: 'R', spec: '{}', enabled: 1, updated_by: 'x', ...row })
    .execute();
});
after(() => t.close());

const start = (body: object) => analyst.send('POST', '/api/v1/replays', { body });

test('a replay is asked for by who may, and waits to be run', async () => {
  const from = '2026-02-01T00:00:00+01:00';
  assert.equal((await reader.send('POST', '/api/v1/replays', { body: { detectionId: 'R', from } })).status, 403);
  const { status, json } = await start({ detectionId: 'R', from });
  assert.equal(status, 202);
  assert.deepEqual(
    [json.state, json.from, json.to, json.isDraft, json.result],
    ['queued', '2026-01-31T23:00:00.000Z', '2026-03-01T12:00:00.000Z', false, null],
  );
  assert.deepEqual((await reader.send('GET', `/api/v1/replays/${json.id}`)).json, json);
  const draft = await start({ detectionId: 'New', from, draft: { yaml: 'x', body: '' } });
  assert.equal(draft.json.isDraft, true);
  const { items } = (await reader.send('GET', '/api/v1/replays?detectionId=R')).json;
  assert.deepEqual(items, [json]);
});

test('what cannot be replayed is refused', async () => {
  const from = '2026-02-01T00:00:00Z';
  assert.equal((await start({ detectionId: 'None', from })).status, 404);
  assert.equal((await start({ detectionId: 'R', from: 'yesterday' })).json.error.field, 'from');
  const backwards = await start({ detectionId: 'R', from, to: '2026-01-01T00:00:00Z' });
  assert.deepEqual([backwards.status, backwards.json.error.field], [400, 'from']);
  assert.equal((await reader.send('GET', '/api/v1/replays/none')).status, 404);
});

test('a replay that waits is cancelled; one that is over stays as it is', async () => {
  const { json } = await start({ detectionId: 'R', from: '2026-02-01T00:00:00Z' });
  const cancel = () => analyst.send('POST', `/api/v1/replays/${json.id}/cancel`);
  assert.equal((await cancel()).json.state, 'cancelled');
  await t.deps.state.db.updateTable('replays').set({ state: 'succeeded' }).where('id', '=', json.id).execute();
  assert.equal((await cancel()).json.state, 'succeeded');
});
