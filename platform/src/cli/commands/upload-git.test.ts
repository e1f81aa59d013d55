import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { zipSync } from 'fflate';
import { createRepository, startForge, type TestRepository } from '../../../test/support/git.ts';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import { readGit } from '../../app/detections/git-content.ts';
import { pack } from './pack.ts';
import { upload } from './upload.ts';
import { validate } from './validate.ts';

const cwd = temporaryFolder('upload-git');
const dataDir = join(cwd, 'data');
const state = openSqliteState(join(dataDir, 'state.db'));
const gitEnv = { PATH: process.env.PATH ?? '', HOME: cwd, GIT_SSL_NO_VERIFY: '1' };
/** Python is not what is tested here: it takes seconds to start. */
const services = {
  openRunners: async () => ({ python: { check: async () => [] }, close: async () => {} }) as never,
  readGit: (request: { url: string }) =>
    readGit({ ...request, allowsLocal: true }, { env: gitEnv, tmpDir: join(cwd, 'tmp') }),
};
const options = { cwd, services, env: { USER: 'ann' } };
const send = (...args: string[]) => runCommand(upload, ['--data-dir', dataDir, ...args], options);
const ask = (...args: string[]) => runCommand(pack, ['--data-dir', dataDir, ...args], options);

let repository: TestRepository;
const commits: string[] = [];

const rule = (id: string, severity = 'Low', logType = 'AWS.CloudTrail') =>
  `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: ${severity}\nLogTypes: [${logType}]\nDetection: [{Key: a, Condition: Equals, Value: b}]\n`;
const manifest = (id: string, ...ids: string[]) =>
  `AnalysisType: pack\nPackID: ${id}\nPackDefinition:\n  IDs:\n${ids.map((one) => `    - ${one}\n`).join('')}`;

before(async () => {
  await state.migrate();
  repository = createRepository(join(cwd, 'content'));
  repository.write('rules/a.yml', rule('A'));
  repository.write('rules/b.yml', rule('B', 'High', 'Okta.SystemLog'));
  repository.write('other/c.yml', rule('C'));
  repository.write('packs/aws.yml', manifest('P.AWS', 'A', 'C'));
  commits.push(repository.commit('one'));
  repository.git('tag', 'v1');
});

async function severities(name: string): Promise<Record<string, string>> {
  const rows = await state.db
    .selectFrom('detections')
    .select(['id', 'spec'])
    .where('origin', '=', `pack:${name}`)
    .orderBy('id')
    .execute();
  return Object.fromEntries(rows.map(({ id, spec }) => [id, JSON.parse(spec).Severity ?? '']));
}

test('need 15: a repository at a tag; where it came from is kept, and read again by update', async () => {
  const first = await send('--yes', '--ref', 'v1', '--folder', 'rules', '--name', 'git', 'content');
  assert.match(first.stdout, /\+ A {2}\(rule\)\n\+ B {2}\(rule\)\npack git \(new\): 2 added/);
  assert.match((await ask('list')).stdout, new RegExp(`git .*content rules v1 ${commits[0]?.slice(0, 12)}`));
  repository.write('rules/a.yml', rule('A', 'Critical'));
  commits.push(repository.commit('two'));
  assert.match(
    (await ask('update', 'git')).stdout,
    /0 added, 0 changed, 0 removed, 2 unchanged/,
    'the tag is where it was',
  );
  const difference = await ask('update', 'git', '--ref', 'main', '--diff');
  assert.equal(difference.status, 1, 'without a yes nothing happens');
  assert.match(difference.stdout, /~ A {2}Severity\n.*-Severity: Low\n.*\+Severity: Critical/s);
  assert.deepEqual(await severities('git'), { A: 'Low', B: 'High' });
  assert.equal((await ask('update', 'git', '--ref', 'main', '--yes', '--note', 'because')).status, 0);
  assert.deepEqual(await severities('git'), { A: 'Critical', B: 'High' });
  repository.write('rules/a.yml', rule('A', 'Medium'));
  commits.push(repository.commit('three'));
  assert.equal((await ask('drift', 'git')).status, 1, 'the branch has gone on');
  assert.equal((await ask('update', 'git', '--yes')).status, 0);
  const history = JSON.parse((await ask('history', 'git', '--json')).stdout);
  assert.deepEqual(
    history.map(({ note, source }: { note: string; source: object }) => [note, source]),
    commits
      .map((commit, index) => [
        ['', 'because', ''][index],
        { url: repository.path, ref: index === 0 ? 'v1' : 'main', folder: 'rules', commit },
      ])
      .reverse(),
  );
  assert.equal((await ask('drift', 'git')).status, 0);
});

test('a branch with the same content: nothing changes but where updates come from', async () => {
  repository.git('branch', 'release');
  assert.equal((await ask('update', 'git', '--ref', 'release')).status, 0);
  assert.match((await ask('list')).stdout, /│ git +│ +3 │.* rules release /);
  assert.equal((await ask('update', 'git', '--ref', 'main')).status, 0);
});

test('going back to a revision goes back to where that came from', async () => {
  assert.equal((await ask('roll-back', 'git', '--yes', '--to', '1')).status, 0);
  const [newest] = JSON.parse((await ask('history', 'git', '--json')).stdout);
  assert.deepEqual([newest.revision, newest.source.commit, newest.source.ref], [4, commits[0], 'v1']);
});

test('uninstall: the difference first, the history stays, revisions go on', async () => {
  await state.db.updateTable('detections').set({ origin: 'user:u1' }).where('id', '=', 'B').execute();
  const asked = await ask('uninstall', 'git');
  assert.deepEqual(
    [asked.status, asked.stdout],
    [1, '- A  (rule)\npack git: 0 added, 0 changed, 1 removed, 0 unchanged\n'],
  );
  assert.equal((await ask('uninstall', 'git', '--yes', '--note', 'not ours')).status, 0);
  assert.deepEqual(await severities('git'), {});
  const stays = await state.db.selectFrom('detections').select('id').execute();
  assert.equal(stays.map(({ id }) => id).join(), 'B', 'what users own stays');
  await state.db.deleteFrom('detections').where('id', '=', 'B').execute();
  assert.match((await ask('history', 'git')).stdout, /^revision 5 .*: not ours {2}\(0 in all\)\n {2}- A\nrevision 4/);
  assert.match((await ask('update', 'git')).stderr, /did not come from git: panther upload --name git PATH/);
  assert.equal((await send('--yes', '--ref', 'v1', '--folder', 'rules', '--name', 'git', 'content')).status, 0);
  assert.match((await ask('list')).stdout, /│ git +│ +6 │ +2 │/);
  assert.equal((await ask('uninstall', 'git', '--yes')).status, 0);
  assert.equal((await ask('uninstall', 'none', '--yes')).status, 2);
});

test('every change on the command line is in the audit log, as one of the API is', async () => {
  const rows = await state.db.selectFrom('audit_log').selectAll().orderBy('id').execute();
  assert.deepEqual(
    rows.map(({ action, target, actor, actor_name, status }) => [action, target, actor, actor_name, status]),
    ['install', 'install', 'install', 'roll-back', 'uninstall', 'install', 'uninstall'].map((action) => [
      `pack.${action}`,
      'git',
      'cli:ann',
      'ann, on the command line',
      200,
    ]),
  );
  const { note, changed, source } = JSON.parse(rows[1]?.details ?? '');
  assert.deepEqual([note, changed, source.commit], ['because', 1, commits[1]]);
});

test('uninstalling what others need is warned of', async () => {
  const helpers = createRepository(join(cwd, 'helpers'));
  helpers.write('h.yml', 'AnalysisType: global\nGlobalID: h\nFilename: h.py\n');
  helpers.write('h.py', 'x = 1\n');
  helpers.commit('one');
  mkdirSync(join(cwd, 'user'));
  writeFileSync(join(cwd, 'user', 'u.yml'), rule('U').replace(/Detection:.*/, 'Filename: u.py'));
  writeFileSync(join(cwd, 'user', 'u.py'), 'from h import x\n\ndef rule(event):\n    return x == 1\n');
  assert.equal((await send('--yes', 'helpers')).status, 0);
  assert.equal((await send('--yes', 'user')).status, 0);
  assert.match((await ask('uninstall', 'helpers')).stderr, /warning: h is needed by U, which will fail\n/);
  const { stderr } = await ask('uninstall', 'user', '--yes');
  assert.equal(stderr, '');
  assert.equal((await ask('uninstall', 'helpers', '--yes')).stderr, '');
});

test('need 14: only what a manifest names; update keeps to it', async () => {
  const { status, stdout } = await send('--yes', '--ref', 'v1', '--pack', 'P.AWS', '--name', 'some', 'content');
  assert.deepEqual([status, Object.keys(await severities('some'))], [0, ['A', 'C', 'P.AWS']], stdout);
  assert.equal((await ask('update', 'some', '--ref', 'main', '--yes')).status, 0);
  assert.deepEqual(await severities('some'), { A: 'Medium', C: 'Low', 'P.AWS': '' });
  const shown = await ask('show', 'some');
  assert.match(shown.stdout, /│ A +│ rule +│ MEDIUM +│ yes +│ +│/i);
  assert.match(shown.stdout, /from .*content main \w{12} --pack P\.AWS\n$/);
  assert.match(
    (await send('--ref', 'v1', '--pack', 'Nope', 'content')).stderr,
    /no manifest of a pack Nope: there are P\.AWS/,
  );
  await ask('uninstall', 'some', '--yes');
});

test('a manifest that names what is not there: an error with file and line, and nothing is installed', async () => {
  mkdirSync(join(cwd, 'folder'));
  writeFileSync(join(cwd, 'folder', 'a.yml'), rule('A'));
  writeFileSync(join(cwd, 'folder', 'p.yml'), manifest('P', 'A', 'Gone'));
  const { status, stderr } = await send('--yes', '--pack', 'P', 'folder');
  assert.equal(status, 1);
  assert.match(stderr, /folder\/p\.yml:6: PackDefinition\.IDs\.1: there is no Gone in what was loaded/);
  assert.deepEqual(await severities('folder'), {});
});

test('what a filter leaves out is not installed, not removed, and counted', async () => {
  rmSync(join(cwd, 'folder', 'p.yml'));
  writeFileSync(join(cwd, 'folder', 'b.yml'), rule('B', 'High'));
  const first = await send('--yes', '--filter', 'Severity=High', 'folder');
  assert.match(first.stdout, /^\+ B {2}\(rule\)\npack folder \(new\): 1 added.*\n1 left out by --filter\n/);
  assert.equal((await send('--yes', 'folder')).status, 0);
  writeFileSync(join(cwd, 'folder', 'a.yml'), rule('A', 'Info'));
  writeFileSync(join(cwd, 'folder', 'b.yml'), rule('B', 'Critical'));
  const second = await send('--yes', '--filter', 'Severity=Critical', 'folder');
  assert.match(
    second.stdout,
    /^~ B {2}Severity\npack folder: 0 added, 1 changed, 0 removed.*\n1 left out by --filter; 1 of them is installed, and not touched\n/,
  );
  assert.deepEqual(await severities('folder'), { A: 'Low', B: 'Critical' });
  rmSync(join(cwd, 'folder', 'a.yml'));
  assert.match((await send('--dry-run', '--filter', 'Severity=Critical', 'folder')).stdout, /^- A/, 'it is gone');
  assert.equal((await ask('drift', 'folder', 'folder', '--filter', 'Severity=Critical')).status, 1);
  assert.equal((await send('--filter', 'Severety=x', 'folder')).status, 2);
  await ask('uninstall', 'folder', '--yes');
});

test('a folder of a zip as a forge makes it, also for validate', async () => {
  const text = (content: string) => Buffer.from(content);
  const zip = zipSync({ 'r-1/rules/z.yml': text(rule('Z')), 'r-1/other/y.yml': text('AnalysisType: rule\n') });
  writeFileSync(join(cwd, 'r-1.zip'), zip);
  assert.match((await send('--dry-run', '--folder', 'rules', 'r-1.zip')).stdout, /\+ Z .*\npack r-1 \(new\): 1 added/);
  const checked = (...args: string[]) => runCommand(validate, [...args, '--data-dir', dataDir], options);
  assert.match((await checked('--folder', 'rules', 'r-1.zip')).stdout, /1 {2}rule\n0 errors/);
  assert.match((await checked('--ref', 'v1', 'content')).stdout, /3 {2}rule\n1 {2}pack\n0 errors/);
  assert.match((await checked('--folder', 'nope', 'content')).stderr, /there is no folder/);
});

test('a password in the address is in no output, no history, no state', async (t) => {
  const forge = await startForge(cwd, { password: 's3cretpass' });
  if (forge === undefined) return t.skip('git http-backend or openssl is not here');
  t.after(() => forge.close());
  const address = `${forge.url.replace('//', '//ann:s3cretpass@')}/content`;
  const runs = [
    await send('--yes', '--json', address),
    await send('--yes', '--name', 'x', `${address}x`),
    await send('--yes', `${address}?x`),
    await ask('history', 'content'),
    await ask('update', 'content'),
    await ask('list', '--json'),
  ];
  assert.deepEqual(
    runs.map(({ status }) => status),
    [0, 2, 2, 0, 2, 0],
  );
  assert.match(runs[4]?.stderr ?? '', /asks who you are/);
  for (const { stdout, stderr } of runs) assert.doesNotMatch(stdout + stderr, /s3cretpass|ann:/);
  const tables = ['packs', 'pack_revisions', 'detections', 'detection_changes', 'audit_log'] as const;
  for (const table of tables)
    assert.doesNotMatch(JSON.stringify(await state.db.selectFrom(table).selectAll().execute()), /s3cretpass/);
  assert.match((await ask('list')).stdout, new RegExp(`${forge.url}/content \\w{12}`));
});
