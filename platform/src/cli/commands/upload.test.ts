import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import { pack } from './pack.ts';
import { upload } from './upload.ts';

const cwd = temporaryFolder('upload');
const dataDir = join(cwd, 'data');
const state = openSqliteState(join(dataDir, 'state.db'));
/** Python is not what is tested here: it takes seconds to start. */
const services = {
  openRunners: async () => ({ python: { check: async () => [] }, close: async () => {} }) as never,
};

before(async () => {
  mkdirSync(join(cwd, 'rules'));
  await state.migrate();
});

function write(id: string, severity: string, more = ''): void {
  const Detection = '[{Key: eventName, Condition: Equals, Value: x}]';
  const spec = `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: ${severity}\nLogTypes: [AWS.CloudTrail]\nDetection: ${Detection}\n`;
  writeFileSync(join(cwd, 'rules', `${id}.yml`), spec + more);
}

const options = { cwd, services, env: { USER: 'ann' } };
const send = (...args: string[]) => runCommand(upload, ['--data-dir', dataDir, ...args, 'rules'], options);
const ask = (...args: string[]) => runCommand(pack, ['--data-dir', dataDir, ...args], options);

async function severities(): Promise<Record<string, string>> {
  const rows = await state.db.selectFrom('detections').select(['id', 'spec']).orderBy('id').execute();
  return Object.fromEntries(rows.map(({ id, spec }) => [id, JSON.parse(spec).Severity]));
}

test('the difference first; nothing happens without a yes', async () => {
  write('A', 'Low');
  write('B', 'Low');
  const { status, stdout, stderr } = await send();
  assert.equal(status, 1);
  assert.equal(stdout, '+ A  (rule)\n+ B  (rule)\npack rules (new): 2 added, 0 changed, 0 removed, 0 unchanged\n');
  assert.match(stderr, /nothing was installed; --yes/);
  assert.deepEqual(await severities(), {});
  assert.equal((await send('--dry-run')).status, 0);
  assert.deepEqual(await severities(), {});
});

test('install, change, go back; the history says who and why', async () => {
  assert.equal((await send('--yes', '--note', 'first')).status, 0);
  assert.equal((await send('--yes')).stdout, 'pack rules: 0 added, 0 changed, 0 removed, 2 unchanged\n');
  write('A', 'High');
  rmSync(join(cwd, 'rules', 'B.yml'));
  const changed = await send('--yes', '--diff');
  assert.match(changed.stdout, /^~ A {2}Severity\n.*-Severity: Low\n.*\+Severity: High\n.*- B {2}\(rule\)/s);
  assert.deepEqual(await severities(), { A: 'High' });
  const history = JSON.parse((await ask('history', '--json', 'rules')).stdout);
  assert.deepEqual(
    history.map((one: Record<string, unknown>) => [
      one.revision,
      one.by,
      one.note,
      one.added,
      one.changed,
      one.removed,
    ]),
    [
      [2, 'ann, on the command line', '', [], ['A'], ['B']],
      [1, 'ann, on the command line', 'first', ['A', 'B'], [], []],
    ],
  );
  assert.equal((await ask('roll-back', '--yes', 'rules')).status, 0);
  assert.deepEqual(await severities(), { A: 'Low', B: 'Low' });
  assert.match((await ask('list')).stdout, /│ rules +│ +3 │ +2 │/);
  assert.match((await ask('roll-back', '--yes', '--to', '9', 'rules')).stderr, /has no revision 9/);
});

test('drift is told, also what was switched or edited in Panther', async () => {
  const same = await ask('drift', 'rules', 'rules');
  assert.deepEqual([same.status, same.stdout.includes('- B')], [1, true]);
  write('A', 'Low');
  write('B', 'Low');
  assert.equal((await ask('drift', 'rules', 'rules')).status, 0);
  await state.db.updateTable('detections').set({ enabled: 0 }).where('id', '=', 'A').execute();
  await state.db.updateTable('detections').set({ origin: 'user:u1' }).where('id', '=', 'B').execute();
  write('B', 'Medium');
  const { status, stdout } = await ask('drift', 'rules', 'rules');
  assert.equal(status, 1);
  assert.match(stdout, /! B {2}is left as it is: it was edited in Panther; other in the pack: Severity/);
  assert.match(stdout, /A is switched here, and stays so/);
  assert.equal((await send('--yes')).status, 0);
  assert.deepEqual(await severities(), { A: 'Low', B: 'Low' });
  assert.equal((await ask('drift', 'none', 'rules')).status, 2);
});

test('need 24: one bad item refuses all of it with its place, or is left out when asked so', async () => {
  write('C', 'Terrible');
  write('D', 'Low', 'LogTypes: [No.Such]\n'.replace('LogTypes', 'Tags'));
  writeFileSync(join(cwd, 'rules', 'E.yml'), 'AnalysisType: rule\nRuleID: [\n');
  const refused = await send('--yes');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /rules\/C\.yml:4: Severity: must be one of .*not "Terrible"/);
  assert.match(refused.stderr, /rules\/E\.yml:\d+: /);
  assert.match(refused.stderr, /nothing was installed; --partial/);
  assert.equal((await severities()).D, undefined);
  rmSync(join(cwd, 'rules', 'A.yml'));
  const partial = await send('--yes', '--partial');
  assert.equal(partial.status, 1, 'there were errors');
  const after = await severities();
  assert.deepEqual([after.D, after.C, after.A], ['Low', undefined, 'Low']);
});

test('two uploads from one difference: the second is refused', async () => {
  const open = await runWith();
  const plan = await open.plan('rules', []);
  await open.apply(plan, [], { id: 'x', name: 'x', note: '' });
  await assert.rejects(open.apply(plan, [], { id: 'x', name: 'x', note: '' }), /changed meanwhile/);
  await open.close();
});

async function runWith() {
  const { services: real } = await import('../../app/services.ts');
  return real().openPacks(dataDir);
}
