/** Needs 15 and 24, as far as packs of detections concern them: with a Panther that runs, and a build that uploads. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRepository } from '../support/git.ts';
import { type Client, type Panther, setUp, startPanther, temporaryFolder } from '../support/panther.ts';

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const folder = temporaryFolder('needs-packs');
const content = join(folder, 'detections');

let panther: Panther;
let client: Client;
let token: string;

before(async () => {
  panther = await startPanther({ dataDir: join(folder, 'data') });
  client = await setUp(panther);
  token = (await client.call('POST /tokens', { body: { name: 'build', role: 'analyst' } })).secret;
});
after(async () => {
  await panther.stop();
});

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a build does it, which knows the address and a token. */
function run(...args: string[]): Promise<Run> {
  const env = { ...process.env, NO_COLOR: '1', PANTHER_API_HOST: panther.url, PANTHER_API_TOKEN: token };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(content, path)), { recursive: true });
  writeFileSync(join(content, path), text);
}

function writeRule(id: string, severity: string, code = 'return event.get("eventName") == "x"'): void {
  const spec = `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: ${severity}\nLogTypes: [AWS.CloudTrail]\n`;
  write(`rules/${id}.yml`, `${spec}Filename: ${id}.py\n`);
  write(`rules/${id}.py`, `from helper import yes\n\n\ndef rule(event):\n    ${code} and yes()\n`);
}

const severityOf = async (id: string) => (await client.call('GET /detections/:id', { params: { id } })).severity;

test('need 15: overrides of a pack’s rules survive what builds upload', async () => {
  write('global_helpers/helper.yml', 'AnalysisType: global\nGlobalID: helper\nFilename: helper.py\n');
  write('global_helpers/helper.py', 'def yes():\n    return True\n');
  writeRule('Login', 'Low');
  writeRule('Export', 'Low');
  const first = await run('upload', '--yes', '--note', 'build 1', 'detections');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^\+ Export {2}\(rule\)\n\+ Login {2}\(rule\)\n\+ helper {2}\(global\)\n/);

  const id = 'Login';
  const { version } = await client.call('GET /detections/:id/overrides', { params: { id } });
  const overrides = { Severity: 'Critical', Tags: ['ours'] };
  const override = { body: { overrides, expectedVersion: version }, params: { id } };
  await client.call('PUT /detections/:id/overrides', override);
  await client.call('PATCH /detections/:id', { params: { id: 'Export' }, body: { enabled: false } });

  writeRule('Login', 'High', 'return event.get("eventName") == "y"');
  writeRule('Export', 'Medium');
  const second = await run('upload', '--yes', '--diff', '--note', 'build 2', 'detections');
  assert.equal(second.status, 0, second.stderr);
  assert.match(second.stdout, /~ Login {2}Severity, code\n {4}Severity stays "Critical".* the pack has "High"\n/);
  assert.match(second.stdout, /-.*== "x".*\n.*\+.*== "y"/);
  assert.match(second.stdout, /Export is switched here, and stays so\n/);
  const login = await client.call('GET /detections/:id', { params: { id } });
  assert.deepEqual([login.severity, login.tags, login.overridden], ['CRITICAL', ['ours'], ['Severity', 'Tags']]);
  assert.match(login.body, /== "y"/);
  const { enabled, severity } = await client.call('GET /detections/:id', { params: { id: 'Export' } });
  assert.deepEqual([enabled, severity], [false, 'MEDIUM']);

  const drift = await run('pack', 'drift', 'detections', 'detections');
  assert.equal(drift.status, 1);
  assert.match(drift.stdout, /Login is overridden here, and stays so: Severity, Tags/);
});

test('need 24: one bad rule among good ones: file, line and reason; all or nothing, or all but it', async () => {
  writeRule('Bad', 'Terrible');
  write(
    'rules/Typo.yml',
    'AnalysisType: rule\nRuleID: Typo\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrial]\nFilename: Typo.py\n',
  );
  write('rules/Typo.py', 'def rule(event):\n    return True\n');
  writeRule('Good', 'Low');
  const refused = await run('upload', '--yes', 'detections');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /error: detections\/rules\/Bad\.yml:4: Severity: .*Terrible/);
  assert.match(refused.stderr, /Typo\.yml:5: .*AWS\.CloudTrial/);
  assert.match(refused.stderr, /errors: nothing was installed/);
  await assert.rejects(severityOf('Good'), /404/);
  const partly = await run('upload', '--yes', '--partial', 'detections');
  assert.equal(partly.status, 1);
  assert.equal(await severityOf('Good'), 'LOW');
  await assert.rejects(severityOf('Bad'), /404/);
  rmSync(join(content, 'rules/Bad.yml'));
});

test('need 15: a commit of a repository is uploaded, and taken away again, after a look at the difference', async () => {
  const repository = createRepository(join(folder, 'repository'));
  repository.write('global_helpers/mine.yml', 'AnalysisType: global\nGlobalID: mine\nFilename: mine.py\n');
  repository.write('global_helpers/mine.py', 'x = 1\n');
  repository.write(
    'rules/m.yml',
    'AnalysisType: rule\nRuleID: M\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\nFilename: m.py\n',
  );
  repository.write('rules/m.py', 'from mine import x\n\n\ndef rule(event):\n    return x == 2\n');
  repository.commit('one');
  repository.git('tag', 'v1');
  repository.write('rules/m.yml', 'AnalysisType: rule\nRuleID: [');
  const sent = await run('upload', '--yes', '--ref', 'v1', '--folder', 'rules', '--name', 'git', 'repository');
  assert.deepEqual([sent.status, sent.stderr], [0, '']);
  assert.match(sent.stdout, /^\+ M {2}\(rule\)\n\+ mine {2}\(global\)\n/);
  assert.match((await run('pack', 'show', 'git')).stdout, /│ M +│ rule +│ LOW/);
  const refused = await run('upload', '--yes', 'https://git.example.invalid/x');
  assert.match(refused.stderr, /only administrators have Panther fetch a repository/);
  const asked = await run('pack', 'uninstall', 'git');
  assert.match(asked.stdout, /^- M {2}\(rule\)\n- mine {2}\(global\)\n/);
  assert.match(asked.stderr, /nothing was changed; --yes/);
  assert.equal((await run('pack', 'uninstall', '--yes', 'git')).status, 0);
  await assert.rejects(severityOf('M'), /404/);
});

test('need 24: what the server refuses is said, and never a status without words', async () => {
  token = `${token}x`;
  const refused = await run('pack', 'list');
  token = token.slice(0, -1);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /does not accept the API token/);
  const unknown = await run('pack', 'history', 'nothing');
  assert.match(unknown.stderr, /there is no pack nothing/);
});

test('a pack elsewhere: list, history, back to what it was', async () => {
  const history = JSON.parse((await run('pack', 'history', '--json', 'detections')).stdout);
  assert.deepEqual(
    history.map((one: { note: string }) => one.note),
    ['', 'build 2', 'build 1'],
  );
  assert.match((await run('pack', 'list')).stdout, /detections/);
  const back = await run('pack', 'roll-back', '--yes', '--to', '1', 'detections');
  assert.equal(back.status, 0, back.stderr);
  assert.equal(await severityOf('Export'), 'LOW');
  assert.equal(await severityOf('Login'), 'CRITICAL', 'what was overridden stays');
  await assert.rejects(severityOf('Good'), /404/);
});
