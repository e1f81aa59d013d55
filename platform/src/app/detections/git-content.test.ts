import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { createRepository, gitEnv, startForge, type TestRepository } from '../../../test/support/git.ts';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { loadDetections } from '../../detections/load.ts';
import { type GitRequest, readGit } from './git-content.ts';

const root = temporaryFolder('git-content');
const tmpDir = join(root, 'tmp');
const env = { ...gitEnv(root), GIT_SSL_NO_VERIFY: '1' };
const rule = (id: string, code = 'r.py') =>
  `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\nFilename: ${code}\n`;
const CODE = 'from h import x\ndef rule(event):\n    return True\n';

let repository: TestRepository;
let first: string;
let second: string;

before(() => {
  repository = createRepository(join(root, 'content'));
  repository.write('global_helpers/h.yml', 'AnalysisType: global\nGlobalID: h\nFilename: h.py\n');
  repository.write('global_helpers/h.py', 'x = 1\n');
  repository.write('rules/a/a.yml', rule('A'));
  repository.write('rules/a/r.py', CODE);
  repository.write('templates/t.yml', rule('T'));
  repository.write('policies/x.txt', 'nothing');
  first = repository.commit('one');
  repository.git('tag', '--annotate', '--message', 'v1', 'v1');
  repository.write('rules/b.yml', rule('B', 'a/r.py'));
  second = repository.commit('two');
  repository.git('branch', 'feature/x', first);
});

async function idsOf(request: GitRequest, more: Record<string, string> = {}) {
  const { archive, source } = await readGit(request, { env: { ...env, ...more }, tmpDir });
  return { ids: loadDetections(archive).detections.map(({ id }) => id), source };
}
const local = (more: Partial<GitRequest> = {}) => idsOf({ url: repository.path, allowsLocal: true, ...more });

test('a repository on this machine: its head, a branch, a tag, a commit', async () => {
  const url = repository.path;
  assert.deepEqual(await local(), { ids: ['h', 'A', 'B'], source: { url, ref: null, folder: '', commit: second } });
  for (const ref of ['v1', 'feature/x', first, first.slice(0, 8)]) {
    const { ids, source } = await local({ ref });
    assert.deepEqual([ids, source.commit, source.ref], [['h', 'A'], first, ref]);
  }
  await assert.rejects(local({ ref: 'nope' }), /no branch, tag or commit nope/);
});

test('what is not committed is not read', async () => {
  repository.write('rules/c.yml', rule('C'));
  assert.deepEqual((await local()).ids, ['h', 'A', 'B']);
});

test('a folder of a repository comes with the helper modules beside it', async () => {
  assert.deepEqual((await local({ folder: './rules/a/' })).ids, ['A', 'h']);
  const inside = await idsOf({ url: join(repository.path, 'rules'), folder: 'a', allowsLocal: true });
  assert.deepEqual([inside.ids, inside.source.url, inside.source.folder], [['A', 'h'], repository.path, 'rules/a']);
  await assert.rejects(local({ folder: 'nope' }), /no content in a folder nope/);
  await assert.rejects(local({ folder: 'policies' }), /no content in a folder policies/);
  await assert.rejects(local({ folder: '../content' }), /no folder inside/);
});

test('a bare repository is read as well', async () => {
  const bare = join(root, 'bare.git');
  repository.git('clone', '--quiet', '--bare', repository.path, bare);
  assert.deepEqual((await idsOf({ url: bare, allowsLocal: true })).ids, ['h', 'A', 'B']);
});

test('links, submodules and hooks of a repository do nothing', async () => {
  const hostile = createRepository(join(root, 'hostile'));
  hostile.write('a.yml', rule('A'));
  symlinkSync(join(root, 'content', 'rules', 'a', 'r.py'), join(hostile.path, 'r.py'));
  symlinkSync('/etc', join(hostile.path, 'etc'));
  hostile.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repository.path, 'sub');
  hostile.commit('one');
  const ran = join(root, 'ran');
  for (const hook of readdirSync(join(hostile.path, '.git', 'hooks')).concat(
    'post-checkout',
    'reference-transaction',
  )) {
    const file = join(hostile.path, '.git', 'hooks', hook.replace('.sample', ''));
    writeFileSync(file, `#!/bin/sh\ntouch ${ran}\n`);
    chmodSync(file, 0o755);
  }
  hostile.git('config', 'core.fsmonitor', `touch ${ran}`);
  const { archive } = await readGit({ url: hostile.path, allowsLocal: true }, { env, tmpDir });
  assert.deepEqual([...archive.texts.keys()], ['a.yml']);
  assert.match(loadDetections(archive).problems[0]?.message ?? '', /cannot read r\.py/);
  assert.equal(existsSync(ran), false);
});

test('paths are read only where they are allowed; other transports never', async () => {
  for (const url of [repository.path, `file://${repository.path}`, `ext::touch ${root}/ran`, '--upload-pack=touch ran'])
    await assert.rejects(idsOf({ url }), /no address of a repository/, url);
  for (const url of [`file://${repository.path}`, `ext::git-upload-pack ${repository.path}`])
    await assert.rejects(idsOf({ url, allowsLocal: true }), /no address of a repository/, url);
  await assert.rejects(idsOf({ url: '--help', allowsLocal: true }), /no such folder/);
  for (const ref of ['--upload-pack=touch', '-c', 'main:refs/heads/x'])
    await assert.rejects(local({ ref }), /no branch, tag or commit/);
});

test('over https: shallow, with credentials of the address for its server alone', async (t) => {
  const forge = await startForge(root, { password: 's3cret/tok' });
  if (forge === undefined) return t.skip('git http-backend or openssl is not here');
  t.after(() => forge.close());
  const url = `${forge.url}/content`;
  const known = url.replace('//', '//ann:s3cret%2Ftok@');
  assert.deepEqual(await idsOf({ url: known, ref: 'main' }), {
    ids: ['h', 'A', 'B'],
    source: { url, ref: 'main', folder: '', commit: second },
  });
  for (const ref of ['v1', first]) assert.equal((await idsOf({ url: known, ref })).source.commit, first, ref);
  await assert.rejects(idsOf({ url: known, ref: 'nope' }), /no branch, tag or commit nope/);
  await assert.rejects(idsOf({ url: `${known}x` }), /no such repository/);
  await assert.rejects(idsOf({ url: known, maxBytes: 1_000 }), /larger than 0\.001 MB/);
  for (const wrong of [url, url.replace('//', '//ann:wr0ngpass@')])
    await assert.rejects(
      idsOf({ url: wrong }),
      (error) => /it asks who you are/.test(String(error)) && !/wr0ng/.test(String(error)),
    );
  assert.deepEqual(readdirSync(tmpDir), [], 'nothing is left behind');
});

test('over ssh: as the program that is set for it says', async () => {
  const ssh = join(root, 'ssh.sh');
  writeFileSync(ssh, `#!/bin/sh\nfor last; do :; done\ncd ${root} && eval "$last"\n`);
  chmodSync(ssh, 0o755);
  const read = (url: string) => idsOf({ url, ref: 'v1' }, { GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'simple' });
  assert.deepEqual((await read('git@example.com:content')).source, {
    url: 'git@example.com:content',
    ref: 'v1',
    folder: '',
    commit: first,
  });
  assert.deepEqual((await read(`ssh://git@example.com${repository.path}`)).ids, ['h', 'A']);
});

test('a server that says nothing: git is ended, and a cancelled one at once', async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as { readonly port: number };
  const url = `https://127.0.0.1:${port}/r`;
  await assert.rejects(idsOf({ url, timeoutMs: 300 }), /git took longer than 0\.3 seconds/);
  await assert.rejects(idsOf({ url, signal: AbortSignal.timeout(200) }), /abort|timeout/i);
  assert.deepEqual(readdirSync(tmpDir), []);
});

test('without the program git the user is told what to do', async () => {
  mkdirSync(join(root, 'empty'), { recursive: true });
  await assert.rejects(
    readGit({ url: 'https://example.com/r' }, { env: { PATH: join(root, 'empty') }, tmpDir }),
    /no program git here: install it .*zip/,
  );
});

test('what is too large is refused, and large files beside the content do no harm', async () => {
  const large = createRepository(join(root, 'large'));
  large.write('rules/a.yml', rule('A'));
  large.write('rules/r.py', '');
  large.write('data/x.json', ' '.repeat(21_000_000));
  large.commit('one');
  const url = large.path;
  assert.deepEqual((await idsOf({ url, allowsLocal: true, folder: 'rules' })).ids, ['A']);
  await assert.rejects(idsOf({ url, allowsLocal: true }), /data\/x\.json is too large/);
});
