import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { loadDetections } from './load.ts';

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'panther-load-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const RULE = `AnalysisType: rule
RuleID: My.Rule
Filename: my_rule.py
Enabled: true
Severity: high
LogTypes: [AWS.CloudTrail]
DedupPeriodMinutes: 0
Reports: {MITRE ATT&CK: [TA0001:T1078]}
Tests:
  - Name: as a map
    ExpectedResult: True
    Log: {a: on, t: 2026-01-02}
  - Name: as JSON
    ExpectedResult: false
    Log: '{"a": 1}'
    Mocks: [{objectName: known, returnValue: 'True'}]
`;

test('a rule is loaded with the format’s defaults and dialect', () => {
  const { detections, problems } = loadDetections(
    folderOf({
      'rules/my_rule.yml': RULE,
      'rules/my_rule.py': 'def rule(event):\n    return True\n',
      'rules/.hidden.yml': 'x: [',
      'notes.yml': 'a: 1',
    }),
  );
  assert.deepEqual(problems, []);
  const [rule] = detections;
  assert.equal(detections.length, 1);
  assert.deepEqual(
    [
      rule?.id,
      rule?.language,
      rule?.info.severity,
      rule?.info.dedupPeriodMinutes,
      rule?.info.threshold,
      rule?.info.createAlert,
    ],
    ['My.Rule', 'python', 'HIGH', 60, 1, true],
  );
  assert.deepEqual(rule?.tests[0], {
    name: 'as a map',
    expectedResult: true,
    log: { a: 'on', t: '2026-01-02' },
    logJson: '{"a":"on","t":"2026-01-02"}',
    mocks: {},
  });
  assert.deepEqual(rule?.tests[1]?.mocks, { known: 'True' });
});

test('what is wrong is told with file, line and field, and fails nothing else', () => {
  const folder = folderOf({
    'a.yml': RULE,
    'my_rule.py': 'def rule(event): return True',
    'severity.yml': RULE.replace('My.Rule', 'Other.Rule').replace('high', 'Urgent'),
    'code.yml': RULE.replace('My.Rule', 'Third.Rule').replace('my_rule.py', 'gone.py'),
    'twin.yml': RULE,
    'syntax.yml': 'AnalysisType: rule\nRuleID: [\n',
    'extra.yml': `${RULE.replace('My.Rule', 'Fourth.Rule')}Colour: blue\n`,
    'type.yml': 'AnalysisType: rool\n',
  });
  const { detections, problems } = loadDetections(folder);
  assert.deepEqual(
    detections.map(({ id }) => id),
    ['My.Rule', 'Fourth.Rule'],
  );
  const told = problems.map(
    ({ level, file, line, field, message }) => `${level} ${file.slice(folder.length + 1)}:${line} ${field}: ${message}`,
  );
  assert.match(
    told.find((text) => text.includes('severity.yml')) ?? '',
    /^error severity\.yml:5 Severity: .*"Critical"/,
  );
  assert.match(
    told.find((text) => text.includes('code.yml')) ?? '',
    /^error code\.yml:3 Filename: cannot read gone\.py/,
  );
  assert.match(told.find((text) => text.includes('twin.yml')) ?? '', /the id My\.Rule is taken by/);
  assert.match(told.find((text) => text.includes('syntax.yml')) ?? '', /^error syntax\.yml:\d+ : not valid YAML/);
  assert.match(told.find((text) => text.includes('extra.yml')) ?? '', /^warning extra\.yml:17 Colour: unknown key/);
  assert.match(
    told.find((text) => text.includes('type.yml')) ?? '',
    /^error type\.yml:1 AnalysisType: "rool" is not one of rule/,
  );
});

test('a path that is not there is the user’s mistake', () => {
  assert.throws(() => loadDetections('/nowhere/at/all'), /no such file or folder/);
});
