/** Saving single detections, the versions they had, the way back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { sha256Hex } from '../../core/ids.ts';
import type { Detections } from '../deps.ts';

let t: TestApi;
let analyst: Client;

/** Reads as the loader does, as far as saving needs it. */
const read: Detections['read'] = async ({ yaml, body }) => {
  const spec = parse(yaml) as Record<string, unknown>;
  const isSigma = spec.detection !== undefined;
  return {
    id: String(spec.RuleID ?? spec.id),
    type: 'rule',
    language: isSigma ? 'sigma' : 'python',
    isEnabled: spec.Enabled === true,
    spec: isSigma ? { RuleID: spec.id, Sigma: {} } : spec,
    ...(!isSigma && { specText: yaml }),
    body: isSigma ? yaml : body,
    version: sha256Hex(JSON.stringify(spec) + body).slice(0, 32),
  };
};

before(async () => {
  t = await startTestApi();
  Object.assign(t.deps.detections, { read });
  analyst = await t.as('analyst');
});
after(() => t.close());

const yaml = (id: string, enabled = true) => `RuleID: ${id}\nEnabled: ${enabled}\n`;
const path = (id: string) => `/api/v1/detections/${id}`;

function save(id: string, body: string, expectedVersion: string | null, text = yaml(id)) {
  return analyst.send('PUT', path(id), { body: { yaml: text, body, expectedVersion } });
}

async function rowOf(id: string) {
  return t.deps.state.db.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirst();
}

test('a detection is created, saved again, listed with its versions and rolled back', async () => {
  const first = await save('A', 'one', null);
  assert.equal(first.status, 200);
  assert.equal((await rowOf('A'))?.origin, `user:${analyst.userId}`);
  const second = await save('A', 'two', first.json.version);
  assert.equal(second.status, 200);
  const { items } = (await analyst.send('GET', `${path('A')}/versions`)).json;
  assert.deepEqual(
    items.map((item: { version: string; isCurrent: boolean }) => [item.version, item.isCurrent]).toSorted(),
    [
      [first.json.version, false],
      [second.json.version, true],
    ].toSorted(),
  );
  const old = await analyst.send('GET', `${path('A')}/versions/${first.json.version}`);
  assert.equal(old.json.body, 'one');
  const back = await analyst.send('POST', `${path('A')}/roll-back`, { body: { version: first.json.version } });
  assert.equal(back.status, 200);
  assert.equal((await rowOf('A'))?.body, 'one');
  assert.equal((await analyst.send('GET', `${path('A')}/source`)).json.yaml, yaml('A'));
});

test('what was saved meanwhile is not overwritten, nor one that exists already', async () => {
  const first = await save('B', 'one', null);
  await save('B', 'two', first.json.version);
  assert.equal((await save('B', 'three', first.json.version)).status, 409);
  assert.equal((await save('B', 'three', null)).status, 409);
  assert.equal((await rowOf('B'))?.body, 'two');
});

test('the id in the specification is the one of the address', async () => {
  const answer = await save('C', '', null, yaml('D'));
  assert.deepEqual([answer.status, answer.json.error.field], [400, 'yaml']);
});

test('the switch stays unless the specification says something new; a fault is forgotten', async () => {
  const first = await save('E', 'one', null);
  await analyst.send('PATCH', path('E'), { body: { enabled: false } });
  const fault = { detection_id: 'E', reason: 'it failed', at: '2026-03-01T12:00:00.000Z', version: 'v' };
  await t.deps.state.db
    .insertInto('detection_faults')
    .values(fault as never)
    .execute();
  const second = await save('E', 'two', first.json.version);
  assert.deepEqual([second.json.enabled, second.json.fault], [false, null]);
  const third = await save('E', 'two', second.json.version, yaml('E', false));
  const fourth = await save('E', 'two', third.json.version);
  assert.equal(fourth.json.enabled, true);
});

test('comments in a specification stay, also in earlier versions', async () => {
  const text = (comment: string, severity: string) => `# ${comment}\nRuleID: K\nSeverity: ${severity} # for now\n`;
  const first = await save('K', 'one', null, text('old', 'Low'));
  const second = await save('K', 'one', first.json.version, text('new', 'High'));
  const source = async (of = '/source') => (await analyst.send('GET', path('K') + of)).json.yaml;
  assert.equal(await source(), text('new', 'High'));
  assert.equal(await source(`/versions/${first.json.version}`), text('old', 'Low'));
  const third = await save('K', 'one', second.json.version, text('only a comment', 'High'));
  assert.equal(third.json.version, second.json.version);
  assert.equal(await source(), text('only a comment', 'High'));
  await analyst.send('POST', `${path('K')}/roll-back`, { body: { version: first.json.version } });
  assert.equal(await source(), text('old', 'Low'));
  await t.deps.state.db.updateTable('detections').set({ spec_text: null }).where('id', '=', 'K').execute();
  assert.equal(await source(), 'RuleID: K\nSeverity: Low\n');
});

test('what is overridden is put into the text of the pack, which keeps its comments', async () => {
  const text =
    'AnalysisType: rule\nRuleID: P # ours\nEnabled: true\nSeverity: Low\nLogTypes: [Test.Log]\nFilename: p.py\n';
  await save('P', 'def rule(event):\n    return True\n', null, text);
  await t.deps.state.db.updateTable('detections').set({ origin: 'pack:x' }).where('id', '=', 'P').execute();
  const saved = await save(
    'P',
    'def rule(event):\n    return True\n',
    (await rowOf('P'))?.version ?? '',
    text.replace('Low', 'High'),
  );
  assert.deepEqual(saved.json.overridden, ['Severity'], saved.text);
  assert.equal((await analyst.send('GET', `${path('P')}/source`)).json.yaml, text.replace('Low', 'High'));
});

test('a Sigma rule is kept as it was written', async () => {
  const text = 'title: x # as written\nid: S\ndetection: {a: {b: c}, condition: a}\n';
  await save('S', '', null, text);
  const { json } = await analyst.send('GET', `${path('S')}/source`);
  assert.deepEqual([json.yaml, json.body], [text, '']);
});

test('only what was made here is deleted; what is gone already is no failure', async () => {
  await save('F', 'one', null);
  assert.equal((await analyst.send('DELETE', path('F'))).status, 204);
  assert.equal((await analyst.send('DELETE', path('F'))).status, 204);
  await save('G', 'one', null);
  await t.deps.state.db.updateTable('detections').set({ origin: 'pack:x' }).where('id', '=', 'G').execute();
  assert.equal((await analyst.send('DELETE', path('G'))).status, 409);
});

test('versions and detections that do not exist are not found', async () => {
  assert.equal((await analyst.send('GET', `${path('A')}/versions/nope`)).status, 404);
  assert.equal((await analyst.send('GET', `${path('nope')}/source`)).status, 404);
  assert.equal((await analyst.send('POST', `${path('A')}/roll-back`, { body: { version: 'nope' } })).status, 404);
});
