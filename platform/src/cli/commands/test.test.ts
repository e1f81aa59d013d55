import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test as check } from 'node:test';
import { runCommand } from '../../../test/support/run-command.ts';
import { createRunners } from '../../app/detections/detection-runners.ts';
import { test } from './test.ts';

const CONTENT = join(import.meta.dirname, '../../../test/content');
/** One interpreter for all commands: it takes a second or more to start. */
const shared = createRunners();
after(() => shared.close());
const onShared = { openRunners: async () => ({ ...shared, close: async () => undefined }) };
const run = (...argv: readonly string[]) => runCommand(test, argv, { cwd: CONTENT, services: onShared });

function copyOfContent(): string {
  const folder = mkdtempSync(join(tmpdir(), 'panther-test-'));
  cpSync(CONTENT, folder, { recursive: true });
  return folder;
}

function edit(folder: string, name: string, from: string, to: string): void {
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from));
  writeFileSync(file, text.replace(from, to));
}

check('content with every feature of the format passes, on several workers', async () => {
  const { status, stdout } = await runCommand(test, ['--path', '.', '--json', '--workers', '2'], { cwd: CONTENT });
  const report = JSON.parse(stdout);
  const failed = report.results.filter(({ passed }: { passed: boolean }) => !passed);
  assert.deepEqual(failed, []);
  assert.equal(status, 0);
  assert.ok(report.passed >= 25);
  assert.equal(report.skipped, 0);
  assert.equal(report.tests, report.passed + report.skipped);
  assert.deepEqual(report.coverage.withoutNegative, []);
});

check('failures are told with their place, what was expected and what was not', async () => {
  const folder = copyOfContent();
  edit(folder, 'rules/sign-in-signal.py', '== "signin"', '!= "signin"');
  edit(folder, 'rules/new-devices.yml', 'objectName: LIMITS', 'objectName: NO_LIMITS');
  edit(folder, 'policies/bucket-is-private.py', 'return "critical"', 'return "very"');
  edit(folder, 'queries/quiet-users-rule.py', `event['login']`, `event['nobody']`);
  const junit = join(folder, 'junit.xml');
  const options = ['--show-failures-only', '--junit', junit, '--filter', 'AnalysisType!=correlation_rule'];
  const { status, stdout } = await runCommand(test, ['--path', folder, ...options], {
    cwd: folder,
    services: onShared,
  });
  assert.equal(status, 1);
  assert.match(
    stdout,
    /FAIL Acme\.SignIn: other actions\n {2}rules\/sign-in-signal\.yml:1\d\n {2}expected {2}false\n {2}actual {4}true/,
  );
  assert.match(
    stdout,
    /Acme\.NewDevice: unknown device\n.*\n {2}AttributeError: new-devices\.py does not have the attribute 'NO_LIMITS'/,
  );
  assert.match(stdout, /severity: AssertionError: Expected severity to be any of the following.*VERY/);
  assert.match(stdout, /title: KeyError: 'nobody': quiet-users-rule\.py, line 6, in title/);
  assert.doesNotMatch(stdout, /^ {2}pass/m);
  const xml = readFileSync(junit, 'utf8');
  assert.match(
    xml,
    /<testcase classname="Acme\.SignIn" name="other actions" file="rules\/sign-in-signal\.yml" line="1\d" time="[\d.]+"><failure message="expected False, got True">/,
  );
  assert.match(xml, /<testcase classname="Acme.Typed" name="deletes"[^>]*\/>/);
});

check('what tests print is shown with failures, and with --show-output always', async () => {
  const folder = copyOfContent();
  edit(folder, 'rules/sign-in-signal.py', 'def rule(event):\n', 'def rule(event):\n    print("saw <b>\\x1b[2J")\n');
  const junit = join(folder, 'junit.xml');
  const only = ['--path', folder, '--filter', 'RuleID=Acme.SignIn'];
  const quiet = await runCommand(test, [...only, '--junit', junit], { services: onShared });
  assert.equal(quiet.status, 0);
  assert.doesNotMatch(quiet.stdout, /saw/);
  assert.match(
    readFileSync(junit, 'utf8'),
    /<testcase [^>]*><system-out>saw &lt;b&gt;\[2J\n<\/system-out><\/testcase>/,
  );
  const shown = await runCommand(test, [...only, '--show-output'], { services: onShared });
  assert.match(shown.stdout, /pass {2}other actions\n {8}\| saw <b>\ufffd\[2J\n/);
  const { results } = JSON.parse((await runCommand(test, [...only, '--json'], { services: onShared })).stdout);
  assert.equal(results[0].output, 'saw <b>\x1b[2J\n');
  edit(folder, 'rules/sign-in-signal.py', '== "signin"', '!= "signin"');
  const failed = await runCommand(test, only, { services: onShared });
  assert.match(failed.stdout, /actual {4}true\n {2}printed\n {4}\| saw <b>\ufffd\[2J\n/);
});

check('what alert functions return is shown with --show-alerts', async () => {
  const folder = copyOfContent();
  edit(folder, 'rules/sign-in-signal.py', ' signed in', ' signed in\\nsecond\\x1b[2J');
  const only = ['--path', folder, '--filter', 'RuleID=Acme.SignIn'];
  const { stdout } = await runCommand(test, [...only, '--show-alerts'], { services: onShared });
  assert.match(stdout, /pass {2}.*\n {8}title: a@example\.com signed in\n {15}second\ufffd\[2J\n {8}alert_context: /);
  assert.doesNotMatch((await runCommand(test, only, { services: onShared })).stdout, /title:/);
  const { results } = JSON.parse((await runCommand(test, [...only, '--json'], { services: onShared })).stdout);
  const titles = new Set(results.map(({ outputs }: { outputs: { title?: string } }) => outputs.title));
  assert.deepEqual(titles, new Set(['a@example.com signed in\nsecond\x1b[2J', undefined]));
});

check('tests are chosen by filters, names and whether the detection is enabled', async () => {
  const one = JSON.parse(
    (await run('--path', '.', '--json', '--filter', 'Tags=brute force,x', '--test-name', 'refused')).stdout,
  );
  assert.deepEqual(
    one.results.map(({ id, test: name }: { id: string; test: string }) => `${id}: ${name}`),
    ['Acme.FailedSignIns: refused'],
  );
  const enabled = JSON.parse(
    (await run('--path', '.', '--json', '--skip-disabled', '--filter', 'RuleID=Acme.NewDevice')).stdout,
  );
  assert.deepEqual([enabled.tests, enabled.skipped], [3, 3]);
  const unknown = await run('--path', '.', '--filter', 'Severty=High');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /no specification has the key Severty.*Severity/s);
  assert.equal((await run('--path', '.', '--filter', 'RuleID=Nobody')).status, 2);
});

check('too few tests and unknown destinations are failures when they are asked for', async () => {
  const few = await run('--path', '.', '--minimum-tests', '3', '--filter', 'RuleID=Acme.SignIn,Acme.NewDevice');
  assert.equal(few.status, 1);
  assert.match(few.stdout, /FAIL Acme\.SignIn has 2 of at least 3 tests/);
  assert.doesNotMatch(few.stdout, /NewDevice has/);
  const only = ['--path', '.', '--filter', 'RuleID=Acme.FailedSignIns', '--available-destination'];
  const unknown = await run(...only, 'other');
  assert.equal(unknown.status, 1);
  assert.match(unknown.stdout, /UnknownDestinationError: there is no destination security-team/);
  assert.equal((await run(...only, 'security-team')).status, 0);
});

check('with --watch what changes is tested again', async () => {
  const folder = copyOfContent();
  const controller = new AbortController();
  const argv = ['--path', folder, '--watch', '--filter', 'RuleID=Acme.SignIn'];
  const running = runCommand(test, argv, {
    signal: controller.signal,
    services: onShared,
    onOutput(text) {
      if (/watching/.test(text)) edit(folder, 'rules/sign-in-signal.py', '== "signin"', '== "other"');
      if (/1 failed/.test(text)) controller.abort();
    },
  });
  const { status, stdout } = await running;
  assert.equal(status, 130);
  assert.match(stdout, /2 passed, 0 failed[\s\S]*1 passed, 1 failed/);
});
