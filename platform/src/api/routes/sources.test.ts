import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import type { KeptRecord } from '../../core/unit.ts';

let t: TestApi;
let admin: Client;
const kept = new Map<string, KeptRecord[]>();

before(async () => {
  t = await startTestApi({
    keptRecords: async (key) => {
      const records = kept.get(key);
      return records === undefined
        ? undefined
        : (async function* () {
            yield* records;
          })();
    },
  });
  admin = await t.as('admin');
});
after(() => t.close());

const SOURCE = { name: 'Web servers', type: 'http', logTypes: ['Test.Log'], config: {} };

test('forms come from the types and mark what is secret', async () => {
  const { json } = await admin.send('GET', '/api/v1/source-types');
  const { form } = json.items[0];
  assert.deepEqual(form.required, ['token']);
  assert.equal(form.properties.token.writeOnly, true);
  assert.equal(form.properties.note.description, 'A note');
});

test('a made-up secret is shown once and never again', async () => {
  const { json, status } = await admin.send('POST', '/api/v1/sources', { body: SOURCE });
  assert.equal(status, 201);
  const { token } = json.generatedSecrets;
  assert.match(token, /^[\w-]{43}$/);
  assert.deepEqual(json.source.secretsSet, ['token']);
  assert.equal(json.source.endpoint, `/api/v1/ingest/${json.source.id}`);
  assert.deepEqual(json.source.counts.balanced, true);
  for (const path of ['/api/v1/sources', `/api/v1/sources/${json.source.id}`, '/api/v1/audit']) {
    assert.equal((await admin.send('GET', path)).text.includes(token), false, path);
  }
  const row = await t.deps.state.db.selectFrom('sources').selectAll().executeTakeFirstOrThrow();
  assert.equal(JSON.stringify(row).includes(token), false);
  assert.deepEqual(JSON.parse(await t.deps.secrets.open(row.secrets, `source:${row.id}`)), { token });
});

test('a change keeps secrets that are left out or empty, and replaces given ones', async () => {
  const create = { ...SOURCE, name: 'Changing', config: { token: 'first-secret', note: 'one' } };
  const { json } = await admin.send('POST', '/api/v1/sources', { body: create });
  const { id } = json.source;
  assert.deepEqual(json.generatedSecrets, {});
  const secrets = async () => {
    const row = await t.deps.state.db.selectFrom('sources').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    return JSON.parse(await t.deps.secrets.open(row.secrets, `source:${id}`));
  };
  const change = (body: object) => admin.send('PATCH', `/api/v1/sources/${id}`, { body });
  assert.deepEqual((await change({ config: { note: 'two', token: '' } })).json.config, { note: 'two' });
  assert.deepEqual(await secrets(), { token: 'first-secret' });
  assert.deepEqual((await change({ config: { token: 'second-secret' } })).json.config, {});
  assert.deepEqual(await secrets(), { token: 'second-secret' });
  assert.equal((await change({ config: { token: 'short' } })).json.error.field, 'config.token');
  assert.equal((await change({ config: { nonsense: 1 } })).json.error.field, 'config.nonsense');
  assert.equal((await change({ enabled: false })).json.enabled, false);
});

test('what cannot be right is refused by name', async () => {
  const wrong: [object, number, string][] = [
    [{ ...SOURCE, name: 'WEB SERVERS' }, 409, 'name'],
    [{ ...SOURCE, name: '<b>' }, 400, 'name'],
    [{ ...SOURCE, name: 'x', type: 'nothing' }, 400, 'type'],
    [{ ...SOURCE, name: 'x', logTypes: ['No.Such'] }, 400, 'logTypes'],
    [{ ...SOURCE, name: 'x', logTypes: [] }, 400, 'logTypes'],
    [{ ...SOURCE, name: 'x', config: { token: 1 } }, 400, 'config.token'],
  ];
  for (const [body, status, field] of wrong) {
    const answer = await admin.send('POST', '/api/v1/sources', { body });
    assert.deepEqual([answer.status, answer.json.error.field], [status, field]);
  }
});

test('kept records are listed page by page with file, line and reason', async () => {
  const { json } = await admin.send('POST', '/api/v1/sources', { body: { ...SOURCE, name: 'Keeper' } });
  const source_id = json.source.id;
  const record = (position: number, kind: KeptRecord['kind']): KeptRecord => ({
    kind,
    position,
    line: position + 1,
    byteOffset: position * 10,
    sizeBytes: 3,
    reason: 'no log type accepts it',
    raw: Buffer.from([97, 0xff, 98]),
  });
  for (const n of [1, 2]) {
    const counts = { received: 3, stored: 0, quarantined: 2, rejected: 1, events: 0, bytes: 9 };
    const committed_at = `2026-03-01T10:0${n}:00.000Z`;
    const unit = { id: `u${n}`, source_id, bucket: '/var/log', key: `app${n}.log`, version: '1', size_bytes: 9 };
    const { db } = t.deps.state;
    await db
      .insertInto('units')
      .values({ ...unit, ...counts, commit_id: 'c', committed_at })
      .execute();
    const object = { object_key: `k${n}`, unit_id: `u${n}`, source_id, quarantined: 2, rejected: 1, bytes: 9 };
    const times = { created_at: committed_at, reprocessed_at: null };
    await db
      .insertInto('kept_records')
      .values({ ...object, ...times, reason: 'r' })
      .execute();
    kept.set(`k${n}`, [record(0, 'quarantined'), record(1, 'rejected'), record(2, 'quarantined')]);
  }
  const list = async (query: string) => (await admin.send('GET', `/api/v1/sources/${source_id}/kept?${query}`)).json;
  const shown: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await list(`limit=2${cursor}`);
    shown.push(...page.items.map((item: { file: string; position: number }) => `${item.file}:${item.position}`));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  assert.deepEqual(
    shown,
    [2, 1].flatMap((n) => [0, 1, 2].map((position) => `/var/log/app${n}.log:${position}`)),
  );
  const [rejected] = (await list('kind=rejected&limit=1')).items;
  assert.deepEqual([rejected.line, rejected.byteOffset, rejected.sample], [2, 10, 'a\ufffdb']);
  assert.equal((await list('kind=rejected')).items.length, 2);
});
