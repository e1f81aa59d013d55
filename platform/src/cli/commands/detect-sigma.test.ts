import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { runCommand } from '../../../test/support/run-command.ts';
import { PACKAGE_ROOT } from '../../app/package-root.ts';
import { detect } from './detect.ts';
import { test as testCommand } from './test.ts';

const folder = mkdtempSync(join(tmpdir(), 'panther-sigma-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

write(
  'rules/okta/login.yml',
  `title: Login by root
id: 11111111-2222-4333-8444-555555555555
level: high
logsource: {product: okta, service: okta}
detection: {selection: {eventType: user.session.start, actor.alternateId|startswith: ROOT}, condition: selection}
fields: [actor.alternateId]
---
title: Any login
name: login
level: low
logsource: {product: okta}
detection: {selection: {eventtype: user.session.start}, condition: selection}
---
title: Many logins
id: many
correlation: {type: event_count, rules: [login], group-by: [actor.alternateId], timespan: 5m, condition: {gte: 3}}
level: critical
`,
);
write(
  'rules/crowdstrike/tool.yml',
  `title: Tool started
id: tool
level: medium
logsource: {product: crowdstrike, category: process_creation}
detection: {selection: {Image|endswith: '\\tool.exe'}, condition: selection}
`,
);
write(
  'rules/old.yml',
  'title: Old\nlogsource: {product: okta}\nstatus: deprecated\ndetection: {s: {a: b}, condition: s}\n',
);
write(
  'rules/legacy.yml',
  'title: Legacy\nlogsource: {product: okta}\ndetection: {s: {a: b}, condition: s | count() > 3}\n',
);
write('rules/.github/workflow.yml', 'on: push\n');
write('rules/README.yml', 'just: text\n');

function login(second: number, user: string): string {
  return JSON.stringify({
    uuid: `u${second}`,
    published: `2026-01-02T03:04:0${second}.000Z`,
    eventType: 'user.session.start',
    version: '0',
    severity: 'INFO',
    actor: { id: '1', type: 'User', alternateId: user },
  });
}
write('okta.json', `${[login(1, 'root@example.com'), login(2, 'bob'), login(3, 'bob'), login(4, 'bob')].join('\n')}\n`);
write(
  'process.yml',
  'schema: Custom.Process\nfields:\n  - {name: Image, type: string, required: true}\n  - {name: pid, type: int}\n',
);
write('process.json', '{"Image":"C:\\\\TOOL.exe","pid":1}\n{"Image":"C:\\\\other.exe","pid":2}\n');

function lines(text: string): readonly Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('panther detect runs a folder of Sigma rules as it is, and says what it could not convert', async () => {
  const run = await runCommand(detect, ['--path', 'rules', 'okta.json'], { cwd: folder });
  assert.deepEqual(
    lines(run.stdout).map(({ ruleId, severity, eventCount, context }) => [ruleId, severity, eventCount, context]),
    [
      ['11111111-2222-4333-8444-555555555555', 'HIGH', 1, { 'actor.alternateId': 'root@example.com' }],
      ['many', 'CRITICAL', 1, { 'actor.alternateId': 'bob' }],
    ],
    run.stderr,
  );
  assert.match(run.stderr, /legacy\.yml:3: detection\.condition: .*write a correlation rule/);
  assert.match(
    run.stderr,
    /Sigma: of 4 rules 2 run, 1 correlation, 1 are deprecated or unsupported, 1 have no log type here/,
  );
  assert.match(run.stderr, /Crowdstrike\.FDREvent \(1\)/);
  assert.equal(run.status, 1, 'a specification is not valid');
});

test('rules whose log source has no log type here run on the log type that is named', async () => {
  const args = ['--path', 'rules/crowdstrike', '--schema', 'process.yml', '--log-type', 'Custom.Process', '--matches'];
  const run = await runCommand(detect, [...args, 'process.json'], { cwd: folder });
  assert.equal(run.status, 0, run.stderr);
  const found = lines(run.stdout).map(({ ruleId, event }) => [ruleId, (event as { pid: number }).pid]);
  assert.deepEqual(found, [['tool', 1]]);
});

test('panther test says that Sigma rules have no tests', async () => {
  const run = await runCommand(testCommand, ['--path', 'rules/crowdstrike'], { cwd: folder });
  assert.equal(run.status, 0);
  assert.match(run.stderr, /1 Sigma rule has no tests/);
});

const WINDOWS = `title: Shell of an office program
id: office
logsource: {product: windows, category: process_creation}
detection: {sel: {ParentImage|endswith: '\\winword.exe', Image|endswith: '\\cmd.exe'}, condition: sel}
---
title: Download
id: download
logsource: {product: windows, category: process_creation}
detection: {sel: {Image|endswith: '\\certutil.exe', CommandLine|contains|all: [urlcache, http]}, condition: sel}
---
title: Start-up
id: startup
logsource: {product: windows, category: file_event}
detection: {sel: {TargetFilename|contains: '\\Startup\\'}, condition: sel}
---
title: Failed logon
id: logon
logsource: {product: windows, service: security}
detection: {sel: {EventID: 4625}, condition: sel}
`;

test('rules for Windows apply to events as every agent writes them', async () => {
  const samples = readFileSync(join(PACKAGE_ROOT, 'content/log-types/windows/event-logs.samples.yml'), 'utf8');
  const inputs = (parse(samples) as { readonly input: string }[]).map(({ input }) => input);
  write('windows/rules.yml', WINDOWS);
  write('windows.json', `${inputs.join('\n')}\n`);
  const { stdout, stderr } = await runCommand(detect, ['--path', 'windows', '--matches', 'windows.json'], {
    cwd: folder,
  });
  assert.match(stderr, /of 4 rules 4 run/);
  assert.deepEqual(
    lines(stdout).map(({ ruleId, event }) => [ruleId, agentOf(event as Readonly<Record<string, unknown>>)]),
    [
      ['office', 'NXLog'],
      ['logon', 'Fluent Bit'],
      ['download', 'Winlogbeat'],
      ['startup', 'XML'],
    ],
  );
});

function agentOf(event: Readonly<Record<string, unknown>>): string {
  if ('winlog' in event) return 'Winlogbeat';
  if ('Event' in event) return 'XML';
  return 'EventTime' in event ? 'NXLog' : 'Fluent Bit';
}
