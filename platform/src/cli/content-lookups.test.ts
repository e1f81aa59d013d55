/** Lookup tables of a folder of content: in unit tests, and in `panther detect`. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/panther.ts';
import { runCommand } from '../../test/support/run-command.ts';
import { detect } from './commands/detect.ts';
import { test as testCommand } from './commands/test.ts';

const cwd = temporaryFolder('content-lookups');
function write(path: string, text: string): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
}

const table = (name: string, key: string, more: string) => `AnalysisType: lookup_table
LookupName: ${name}
Enabled: true
LogTypeMap:
  PrimaryKey: ${key}
  AssociatedLogTypes: [{LogType: AWS.CloudTrail, Selectors: [sourceIPAddress]}]
${more}`;
const csvSchema = (key: string) => `Filename: ./${key}.csv\nSchema: Custom.Any\n`;

write('content/lookups/nets.yml', table('nets', 'net', csvSchema('net')));
write('content/lookups/net.csv', 'net,owner\n192.0.2.0/24,ann\n');
write(
  'content/lookups/far.yml',
  table('far', 'ip', 'Refresh: {PeriodMinutes: 60, StorageProvider: S3, RoleARN: "", ObjectPath: "s3://b/k.csv"}\n'),
);
const rule = (id: string, file: string, test: string) => `AnalysisType: rule
RuleID: ${id}
Enabled: true
Severity: Low
LogTypes: [AWS.CloudTrail]
Filename: ${file}
Tests:
${test}`;
const found = `  - {Name: known, ExpectedResult: true, Log: {sourceIPAddress: 192.0.2.7}}
  - {Name: unknown, ExpectedResult: false, Log: {sourceIPAddress: 198.51.100.1}}
`;
write('content/rules/Py.yml', rule('Py', 'Py.py', found));
write(
  'content/rules/Py.py',
  `def rule(event):
    row = event.lookup("nets", event.get("sourceIPAddress"))
    return row is not None and row["owner"] == "ann" and event.lookup("none", "x") is None
`,
);
write('content/rules/Ts.yml', rule('Ts', 'Ts.ts', found));
write(
  'content/rules/Ts.ts',
  `import { lookup, type Event } from 'panther';
export function rule(event: Event<'AWS.CloudTrail'>): boolean {
  return lookup('nets', event.sourceIPAddress)?.owner === 'ann';
}
`,
);
const mocked = `  - Name: mocked
    ExpectedResult: true
    Log: {sourceIPAddress: a, _mocked_lookup_data_: {far: {a: {owner: ann}}}}
  - {Name: not here, ExpectedResult: true, Log: {sourceIPAddress: a}}
`;
write('content/rules/Far.yml', rule('Far', 'Far.py', mocked));
write(
  'content/rules/Far.py',
  'def rule(event):\n    return event.lookup("far", event.get("sourceIPAddress")) is not None\n',
);

test('rules find rows of the content’s own tables in their tests; what is fetched elsewhere is to be mocked', async () => {
  const { stdout } = await runCommand(testCommand, ['--path', 'content', '--json'], { cwd });
  const results = JSON.parse(stdout).results as { id: string; test: string; passed: boolean; error: string | null }[];
  assert.deepEqual(results.map(({ id, test: name, passed }) => [id, name, passed]).toSorted(), [
    ['Far', 'mocked', true],
    ['Far', 'not here', false],
    ['Py', 'known', true],
    ['Py', 'unknown', true],
    ['Ts', 'known', true],
    ['Ts', 'unknown', true],
  ]);
  const failed = results.find(({ passed }) => !passed);
  assert.match(
    failed?.error ?? '',
    /the lookup table far has no data here.*_mocked_lookup_data_: \{far: \{key: row\}\}/,
  );
});

test('detect enriches events with them, as a running Panther does', async () => {
  write('enriched/rule.yml', rule('Enriched', 'rule.py', '  []\n').replace('Tests:\n  []\n', ''));
  write(
    'enriched/rule.py',
    'def rule(event):\n    return event.deep_get("p_enrichment", "nets", "sourceIPAddress", "owner") == "ann"\n',
  );
  write('enriched/nets.yml', table('nets', 'net', csvSchema('net')));
  write('enriched/net.csv', 'net,owner\n192.0.2.0/24,ann\n');
  const event = (ip: string) =>
    JSON.stringify({
      eventVersion: '1.08',
      eventTime: '2026-01-01T00:00:00Z',
      eventSource: 's',
      eventName: 'n',
      awsRegion: 'r',
      sourceIPAddress: ip,
      userIdentity: { type: 'Root' },
      recipientAccountId: '123456789012',
      eventType: 'AwsApiCall',
      eventID: ip,
    });
  write('log.json', `${event('192.0.2.7')}\n${event('198.51.100.1')}\n`);
  const { stdout, stderr } = await runCommand(detect, ['--path', 'enriched', '--matches', 'log.json'], { cwd });
  const matches = stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    matches.map((one) => one.event.eventID),
    ['192.0.2.7'],
    stderr,
  );
});
