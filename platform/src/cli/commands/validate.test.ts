import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../../../test/support/run-command.ts';
import { validate } from './validate.ts';

const CONTENT = join(import.meta.dirname, '../../../test/content');

test('content with every feature of the format is valid; its log types need schemas', async () => {
  const { status, stdout, stderr } = await runCommand(validate, [CONTENT]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^6 {2}rule$/m);
  assert.match(stdout, /^0 errors, 3 warnings$/m);
  assert.match(
    stderr,
    /acme-audit\.yml:4: LogTypes: 2 log types are not known, .*: Acme\.Audit \(\d\), Acme\.Proxy \(\d\); .*panther infer --name TYPE/,
  );
});

const rule = (id: string, code: string, more = '') =>
  `AnalysisType: rule\nRuleID: ${id}\nFilename: ${code}\nEnabled: true\nSeverity: Low\nLogTypes:\n  - AWS.CloudTrail\n${more}`;
const BROKEN: Readonly<Record<string, string>> = {
  'good.yml': rule('Good', 'good.py'),
  'good.py':
    'import shared\nfrom shared import known\ntry:\n    import maybe\nexcept ImportError:\n    maybe = None\ndef rule(event):\n    return known\n',
  'shared.yml': 'AnalysisType: global\nGlobalID: shared\nFilename: shared.py\n',
  'shared.py': 'known = True\n',
  'odd.yml': rule('Odd', 'odd.py', 'Colour: red\nThreshold: none\n'),
  'odd.py': 'def rule(event):\n    return True\n',
  'severity.yml': rule('Severity', 'odd.py').replace('Low', 'Very'),
  'twin.yml': rule('Good', 'odd.py'),
  'lost.yml': rule('Lost', 'nowhere.py'),
  'syntax.yml': rule('Syntax', 'syntax.py'),
  'syntax.py': 'x = 1\ndef rule(event)\n    return True\n',
  'imports.yml': rule('Imports', 'imports.py'),
  'imports.py':
    'import re\nimport yara\nimport subprocess\nfrom shared import known, unknown\nfrom string import Formatter, capwords\ndef rule(event):\n    return True\n',
  'forbidden.yml': rule('Forbidden', 'forbidden.py'),
  'forbidden.py': 'def rule(event):\n    return event.__class__.__subclasses__()\n',
  'no-rule.yml': rule('NoRule', 'no-rule.py'),
  'no-rule.py': 'def policy(event):\n    return True\n',
  'mocks.yml': rule(
    'Mocks',
    'odd.py',
    'Tests:\n  - Name: a\n    ExpectedResult: true\n    Log: {}\n    Mocks:\n      - objectName: nothing\n        returnValue: true\n',
  ),
  'model.yml':
    'AnalysisType: datamodel\nDataModelID: M\nEnabled: true\nLogTypes: [My.Log]\nFilename: odd.py\nMappings:\n  - Name: a\n    Method: get_a\n  - Name: b\n    Path: "a[["\n',
  'model2.yml':
    'AnalysisType: datamodel\nDataModelID: M2\nEnabled: true\nLogTypes: [AWS.CloudTrail]\nFilename: odd.py\nMappings:\n  - Name: a\n    Method: get_a\n  - Name: c\n    Path: rule\n',
  'pack.yml': 'AnalysisType: pack\nPackID: P\nPackDefinition:\n  IDs:\n    - Good\n    - Nobody\n',
  'scheduled.yml':
    'AnalysisType: scheduled_rule\nRuleID: Scheduled\nFilename: odd.py\nEnabled: true\nSeverity: Info\nScheduledQueries:\n  - Nothing\n',
  'sql.yml':
    'AnalysisType: scheduled_query\nQueryName: Sql\nEnabled: true\nQuery: |\n  SELECT *\n  FROM panther_logs.public.no_logs\n  WHERE = 1\nSchedule:\n  CronExpression: 61 * * * *\n  TimeoutMinutes: 1\n',
  'table.yml':
    'AnalysisType: saved_query\nQueryName: Table\nQuery: |\n  SELECT *\n  FROM panther_logs.public.no_logs\n  JOIN panther_logs.aws_cloudtrail USING (a)\n',
  'files.yml': "AnalysisType: saved_query\nQueryName: Files\nQuery: SELECT * FROM read_csv('/etc/passwd')\n",
  'yaml.yml': 'AnalysisType: rule\nRuleID: [\n',
  'type.yml': 'AnalysisType: rul\n',
};

const EXPECTED: readonly (readonly [string, number, RegExp])[] = [
  ['odd.yml', 8, /unknown key Colour/],
  ['odd.yml', 9, /Threshold: .*none/],
  ['severity.yml', 5, /Severity: .*Info.*Low.*Medium.*High.*Critical/],
  ['twin.yml', 1, /the id Good is taken by .*good\.yml/],
  ['lost.yml', 3, /Filename: cannot read nowhere\.py/],
  ['syntax.py', 2, /SyntaxError/],
  ['imports.py', 2, /No module named 'yara'.*PipLayer in deployments\/panther_config\.yml/],
  ['imports.py', 3, /'subprocess' is not available to detections/],
  ['imports.py', 4, /the module shared has no unknown/],
  ['imports.py', 5, /cannot import name 'Formatter' from 'string': detections do not have it/],
  ['forbidden.py', 2, /ForbiddenError: __subclasses__ is not available/],
  ['no-rule.py', 1, /there is no function rule/],
  ['mocks.yml', 13, /there is no nothing in odd\.py/],
  ['model.yml', 10, /"a\[\[" is no JSON path/],
  ['model2.yml', 9, /rule is a function of odd\.py, and a Path names a field: is Method meant\?/],
  ['model2.yml', 7, /there is no get_a in odd\.py/],
  ['pack.yml', 6, /there is no Nobody/],
  ['scheduled.yml', 7, /there is no Nothing/],
  ['sql.yml', 7, /syntax error .*"="/],
  ['sql.yml', 9, /Schedule\.CronExpression: the cron expression "61 .*minute/],
  ['table.yml', 5, /no log type has the table no_logs/],
  ['files.yml', 3, /the table function read_csv is not allowed/],
  ['yaml.yml', 3, /not valid YAML/],
  ['type.yml', 1, /"rul" is not one of rule, scheduled_rule/],
];

test('every mistake is told with its file and line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panther-validate-'));
  for (const [name, text] of Object.entries(BROKEN)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stdout, stderr } = await runCommand(validate, ['--json', '.'], { cwd: folder });
  assert.equal(status, 1);
  assert.equal(stderr, '');
  const { problems, errors, warnings } = JSON.parse(stdout);
  const lines = problems.map((one: Record<string, unknown>) => `${one.file}:${one.line}: ${one.field}: ${one.message}`);
  const left = new Set<string>(lines);
  for (const [file, line, message] of EXPECTED) {
    const found = lines.find((one: string) => one.startsWith(`${file}:${line}:`) && message.test(one));
    assert.ok(found, `${file}:${line} ${message}\n${lines.filter((one: string) => one.startsWith(file)).join('\n')}`);
    left.delete(found);
  }
  assert.deepEqual([...left], []);
  assert.equal(errors + warnings, problems.length);
});

test('a path that is not there is wrong use', async () => {
  const { status, stderr } = await runCommand(validate, ['nowhere']);
  assert.equal(status, 2);
  assert.match(stderr, /there is no such file or folder/);
});
