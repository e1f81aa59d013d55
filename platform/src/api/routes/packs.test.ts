/** Packs and overrides through the API, over the real loader and state. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { parse } from 'yaml';
import { createRepository, gitEnv, startForge } from '../../../test/support/git.ts';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { createRunners, type Runners } from '../../app/detections/detection-runners.ts';
import { createPacksForApi } from '../../app/detections/packs-for-api.ts';
import { toDetection } from '../../detections/detection.ts';
import type { Detections } from '../deps.ts';

let t: TestApi;
let analyst: Client;
let runners: Runners | undefined;

before(async () => {
  t = await startTestApi();
  const packs = createPacksForApi({
    state: t.deps.state,
    clock: t.deps.clock,
    tmpDir: t.dir,
    env: { ...gitEnv(t.dir), GIT_SSL_NO_VERIFY: '1' },
    logTypes: { names: [], get: (name: string) => (name === 'T.T' ? {} : undefined) } as never,
    runners() {
      runners ??= createRunners();
      return runners;
    },
    ownPack: 'panther-starter',
    changed: async () => {},
  });
  Object.assign(t.deps.packs, packs);
  const read: Detections['read'] = async ({ yaml, body }) => {
    const parsed = toDetection(parse(yaml), '', body);
    if ('issues' in parsed) throw new Error('not valid');
    return parsed.detection;
  };
  Object.assign(t.deps.detections, { read });
  analyst = await t.as('analyst');
});
after(async () => {
  await runners?.close();
  await t.close();
});

const rule = (id: string, severity: string, more = '') => `# ${id}
AnalysisType: rule
RuleID: ${id}
Enabled: true
Severity: ${severity}
LogTypes: [T.T]
Detection:
  - KeyPath: name
    Condition: Equals
    Value: x
${more}`;

function zip(files: Readonly<Record<string, string>>) {
  const bytes = zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
  return { kind: 'zip', base64: Buffer.from(bytes).toString('base64') };
}

async function send(method: string, path: string, body?: unknown, client = analyst) {
  t.advance(1_000);
  return client.send(method, `/api/v1${path}`, body === undefined ? {} : { body });
}

async function install(name: string, files: Readonly<Record<string, string>>, more: object = {}) {
  const content = zip(files);
  const { json: plan } = await send('POST', `/packs/${name}/preview`, { content });
  return send('PUT', `/packs/${name}`, { content, expectedRevision: plan.revision, ...more });
}

test('a zip is shown, installed, updated and rolled back', async () => {
  const first = zip({ 'rules/a.yml': rule('A', 'Low'), 'rules/b.yml': rule('B', 'Low') });
  const preview = await send('POST', '/packs/team/preview', { content: first });
  assert.equal(preview.status, 200);
  assert.deepEqual(
    preview.json.changes.map((one: { id: string; action: string }) => [one.id, one.action]),
    [
      ['A', 'add'],
      ['B', 'add'],
    ],
  );
  assert.equal((await send('GET', '/packs/team')).status, 404);
  const installed = await send('PUT', '/packs/team', { content: first, expectedRevision: 0, note: 'from git' });
  assert.deepEqual(installed.json, { revision: 1, added: 2, changed: 0, removed: 0, problems: [] });

  const next = zip({ 'a.yml': rule('A', 'High') });
  const change = (await send('POST', '/packs/team/preview', { content: next })).json;
  assert.deepEqual(
    change.changes.map((one: { id: string; action: string; fields: string[] }) => [one.id, one.action, one.fields]),
    [
      ['A', 'change', ['Severity']],
      ['B', 'remove', []],
    ],
  );
  assert.match(change.changes[0].before.yaml, /Severity: Low/);
  assert.match(change.changes[0].after.yaml, /Severity: High/);
  assert.equal((await send('PUT', '/packs/team', { content: next, expectedRevision: 0 })).status, 409);
  assert.equal((await send('PUT', '/packs/team', { content: next, expectedRevision: 1 })).json.revision, 2);

  const back = (await send('POST', '/packs/team/roll-back/preview', { revision: 1 })).json;
  assert.deepEqual(
    back.changes.map((one: { id: string; action: string }) => [one.id, one.action]),
    [
      ['A', 'change'],
      ['B', 'add'],
    ],
  );
  assert.equal((await send('POST', '/packs/team/roll-back', { revision: 1, expectedRevision: 2 })).status, 200);
  const { json: pack } = await send('GET', '/packs/team');
  assert.deepEqual([pack.revision, pack.detections, pack.note], [3, 2, 'back to revision 1']);
  const { items } = (await send('GET', '/packs/team/revisions')).json;
  assert.deepEqual(
    items.map((one: { revision: number; note: string; added: string[] }) => [one.revision, one.note, one.added]),
    [
      [3, 'back to revision 1', ['B']],
      [2, '', []],
      [1, 'from git', ['A', 'B']],
    ],
  );
});

test('need 24: one bad item refuses the whole with file and line, or is left out', async () => {
  const files = { 'good.yml': rule('Good', 'Low'), 'bad.yml': rule('Bad', 'Terrible') };
  const preview = (await send('POST', '/packs/mixed/preview', { content: zip(files) })).json;
  const [problem] = preview.problems;
  assert.deepEqual([problem.severity, problem.file, problem.line, problem.field], ['error', 'bad.yml', 5, 'Severity']);
  const refused = await install('mixed', files);
  assert.equal(refused.status, 400);
  assert.match(refused.json.error.message, /^nothing was installed: bad\.yml:5: .*Terrible/);
  assert.deepEqual((await install('mixed', files, { isPartial: true })).json.added, 1);
  const other = await install('mixed', { 'bad.yml': rule('Bad', 'Terrible') }, { isPartial: true });
  assert.deepEqual([other.json.removed, other.json.problems.length > 0], [0, true], 'nothing is removed by a part');
});

test('what is no zip, a name that is none, a repository for an analyst', async () => {
  const base64 = Buffer.from('no zip').toString('base64');
  const refused = await send('POST', '/packs/x/preview', { content: { kind: 'zip', base64 } });
  assert.equal(refused.status, 400);
  assert.match(refused.json.error.message, /zip/);
  assert.equal((await send('POST', '/packs/..%2fx/preview', { content: zip({}) })).status, 400);
  const git = { content: { kind: 'git', url: 'https://git.example.com/x.git' } };
  assert.equal((await send('POST', '/packs/x/preview', git)).status, 403);
  assert.equal((await install('panther-starter', { 'a.yml': rule('Z', 'Low') })).status, 400);
});

test('an administrator has a repository fetched; its password is kept nowhere', async (context) => {
  const forge = await startForge(t.dir, { password: 's3cret' });
  if (forge === undefined) return context.skip('git http-backend or openssl is not here');
  context.after(() => forge.close());
  const repository = createRepository(join(t.dir, 'content'));
  repository.write('rules/a.yml', rule('FromGit', 'Low'));
  const commit = repository.commit('one');
  const url = `${forge.url}/content`;
  const content = { kind: 'git', url: url.replace('//', '//ann:s3cret@'), ref: 'main' };
  const admin = await t.as('admin');
  const { json: plan } = await send('POST', '/packs/git/preview', { content }, admin);
  assert.deepEqual([plan.commit, plan.changes[0].id], [commit, 'FromGit']);
  const body = { content: { ...content, ref: commit }, expectedRevision: 0 };
  assert.equal((await send('PUT', '/packs/git', body, admin)).status, 200);
  const { source } = (await send('GET', '/packs/git')).json;
  assert.deepEqual(source, { url, ref: commit, folder: '', commit });
  const audited = await t.deps.state.db.selectFrom('audit_log').selectAll().execute();
  assert.equal(JSON.stringify(audited).includes('s3cret'), false);
});

test('the audit log has no content', async () => {
  await install('audited', { 'a.yml': rule('Audited', 'Low') }, { note: 'why' });
  const row = await t.deps.state.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', 'pack.install')
    .where('target', '=', 'audited')
    .executeTakeFirstOrThrow();
  const { content, note } = JSON.parse(row.details) as { content: { base64: string }; note: string };
  assert.match(content.base64, /^\[\d+ bytes\]$/);
  assert.equal(note, 'why');
});

test('need 15: fields are overridden, kept by an update, reset', async () => {
  await install('over', { 'a.yml': rule('Over', 'Low', 'Runbook: look\n') });
  const before = (await send('GET', '/detections/Over/overrides')).json;
  const severity = (all: { fields: { field: string }[] }) => all.fields.find(({ field }) => field === 'Severity');
  assert.deepEqual(severity(before), {
    field: 'Severity',
    kind: 'severity',
    packValue: 'Low',
    value: 'Low',
    isOverridden: false,
  });
  const change = { overrides: { Severity: 'Critical', Runbook: null }, expectedVersion: before.version, note: 'ours' };
  const changed = await send('PUT', '/detections/Over/overrides', change);
  assert.equal(changed.status, 200);
  assert.deepEqual(changed.json.overridden, ['Runbook', 'Severity']);
  assert.equal((await send('PUT', '/detections/Over/overrides', change)).status, 409);

  const files = { 'a.yml': rule('Over', 'High', 'Threshold: 3\n') };
  const plan = (await send('POST', '/packs/over/preview', { content: zip(files) })).json;
  assert.deepEqual(plan.changes[0].conflicts, [{ field: 'Severity', here: 'Critical', pack: 'High' }]);
  await install('over', files);
  const { spec } = (await send('GET', '/detections/Over')).json;
  assert.deepEqual([spec.Severity, spec.Threshold, spec.Runbook], ['Critical', 3, undefined]);
  assert.equal((await send('GET', '/packs/over')).json.overridden, 1);

  const now = (await send('GET', '/detections/Over/overrides')).json;
  const wrong = { overrides: { Severity: 'Terrible' }, expectedVersion: now.version };
  const refused = await send('PUT', '/detections/Over/overrides', wrong);
  assert.deepEqual([refused.status, refused.json.error.field], [400, 'overrides.Severity']);
  await send('PUT', '/detections/Over/overrides', { overrides: {}, expectedVersion: now.version });
  assert.equal((await send('GET', '/detections/Over')).json.spec.Severity, 'High');
  const { items } = (await send('GET', '/detections/Over/changes')).json;
  assert.deepEqual(
    items
      .map((one: { action: string; fields: string[]; note: string }) => [one.action, one.fields, one.note])
      .toReversed(),
    [
      ['added', [], ''],
      ['overridden', ['Runbook', 'Severity'], 'ours'],
      ['changed', ['Runbook', 'Severity', 'Threshold'], ''],
      ['overridden', ['Runbook', 'Severity'], ''],
    ],
  );
});

test('a tag for many: an override of a pack’s, another version of one’s own, a reason for the rest', async () => {
  await install('tags', { 'a.yml': rule('Tagged', 'Low', 'Tags: [one]\n') });
  const bulk = (action: string, ids: string[]) => send('POST', '/detections/bulk', { ids, action, tag: 'ours' });
  const { json } = await bulk('add-tag', ['Tagged', 'Nowhere']);
  assert.deepEqual(json.results, [
    { id: 'Tagged', ok: true, reason: '' },
    { id: 'Nowhere', ok: false, reason: 'there is no detection Nowhere' },
  ]);
  const tags = async () => (await send('GET', '/detections/Tagged')).json.spec.Tags;
  assert.deepEqual(await tags(), ['one', 'ours']);
  assert.deepEqual((await send('GET', '/detections/Tagged')).json.overridden, ['Tags']);
  await bulk('remove-tag', ['Tagged']);
  assert.deepEqual(await tags(), ['one']);
  assert.deepEqual((await send('GET', '/detections/Tagged')).json.overridden, [], 'as the pack has it is no override');
  assert.equal((await send('POST', '/detections/bulk', { ids: ['Tagged'], action: 'add-tag' })).status, 400);
});

test('saved in the editor, fields become overrides; more than fields makes it the user’s own', async () => {
  await install('saved', { 'a.yml': rule('Saved', 'Low') });
  const save = async (yaml: string) => {
    const { version: expectedVersion } = (await send('GET', '/detections/Saved')).json;
    return send('PUT', '/detections/Saved', { yaml, body: '', expectedVersion });
  };
  const first = (await save(rule('Saved', 'High').replace('Enabled: true', 'Enabled: false'))).json;
  assert.deepEqual([first.origin, first.overridden, first.enabled], ['pack:saved', ['Severity'], false]);
  await install('saved', { 'a.yml': rule('Saved', 'Low', 'Threshold: 4\n') });
  const { json: updated } = await send('GET', '/detections/Saved');
  assert.deepEqual([updated.spec.Severity, updated.spec.Threshold, updated.enabled], ['High', 4, false]);
  const second = (await save(rule('Saved', 'High').replace('Value: x', 'Value: y'))).json;
  assert.deepEqual([second.origin, second.overridden], [`user:${analyst.userId}`, []]);
  const { changes } = (await send('POST', '/packs/saved/preview', { content: zip({ 'a.yml': rule('Saved', 'Info') }) }))
    .json;
  assert.deepEqual([changes[0].action, changes[0].owner], ['keep', `user:${analyst.userId}`]);
});

test('uninstalling removes what is the pack’s, and keeps its history', async () => {
  await install('gone', { 'a.yml': rule('Gone', 'Low') });
  assert.equal((await send('DELETE', '/packs/gone')).status, 204);
  assert.equal((await send('GET', '/detections/Gone')).status, 404);
  const { items } = (await send('GET', '/packs/gone/revisions')).json;
  assert.deepEqual(items[0].removed, ['Gone']);
  assert.equal((await send('DELETE', '/packs/never')).status, 404);
});
