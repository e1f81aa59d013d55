/** Drafts of detections: what is wrong with them, when they would run, their tests. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Detection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import { createRunners } from './detection-runners.ts';
import { checkDraft, type DraftContext, testDraft } from './drafts.ts';

const runners = createRunners();
after(() => runners.close());

const tmpDir = mkdtempSync(join(tmpdir(), 'panther-drafts-'));
const isKnownLogType = (name: string) => name === 'AWS.CloudTrail';

function context(saved: readonly Detection[] = []): DraftContext {
  return { tmpDir, runners, isKnownLogType, saved: async () => saved };
}

const yaml = (file: string, more = '') => `AnalysisType: rule
RuleID: A.B
Filename: ${file}
Enabled: true
Severity: Low
LogTypes: [AWS.CloudTrail]
${more}`;
const TESTS = `Tests:
  - {Name: yes, ExpectedResult: true, Log: {eventName: Go}}
  - {Name: no, ExpectedResult: false, Log: {eventName: Stay}}
`;
const PYTHON = 'def rule(event):\n    return event.get("eventName") == "Go"\n';

test('a valid draft has its condition, log types and tests, and leaves nothing behind', async () => {
  const draft = { yaml: yaml('a.py', TESTS), body: PYTHON };
  assert.deepEqual(await checkDraft(draft, context()), {
    id: 'A.B',
    logTypes: ['AWS.CloudTrail'],
    testNames: ['yes', 'no'],
    condition: 'eventName = "Go"',
    messages: [],
  });
  const run = await testDraft(draft, undefined, context());
  assert.deepEqual([run.passed, run.failed], [2, 0]);
  assert.equal((await testDraft(draft, ['no'], context())).results[0]?.name, 'no');
  assert.deepEqual(readdirSync(tmpDir), []);
});

test('mistakes are told with their file and line', async () => {
  const cases = [
    [yaml('a.py'), 'x = 1\ndef rule(event)\n    return True\n', 'body', 2, /expected ':'/],
    [yaml('a.py'), 'x = 1\n', 'body', 1, /no function rule/],
    [yaml('a.ts'), 'const x = 1;\nexport function rule( {\n', 'body', 2, /./],
    [yaml('a.py').replace('Low', 'Huge'), PYTHON, 'yaml', 5, /Severity/],
    ['RuleID: [', '', 'yaml', 1, /./],
    ['', '', 'yaml', 1, /AnalysisType is missing/],
  ] as const;
  for (const [specification, body, file, line, message] of cases) {
    const { messages } = await checkDraft({ yaml: specification, body }, context());
    const [first] = messages.filter(({ severity }) => severity === 'error');
    assert.deepEqual([first?.file, first?.line], [file, line], JSON.stringify(messages));
    assert.match(first?.message ?? '', message);
  }
});

test('an unknown log type is a warning', async () => {
  const draft = { yaml: yaml('a.py').replace('AWS.CloudTrail', 'No.Such'), body: PYTHON };
  const { messages } = await checkDraft(draft, context());
  assert.deepEqual(
    messages.map(({ severity, file, line }) => [severity, file, line]),
    [['warning', 'yaml', 6]],
  );
});

test('saved helper modules are there, and their names are known', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panther-helpers-'));
  writeFileSync(join(folder, 'h.yml'), 'AnalysisType: global\nGlobalID: my_helpers\nFilename: h.py\n');
  writeFileSync(join(folder, 'h.py'), 'def is_go(event):\n    return event.get("eventName") == "Go"\n');
  const saved = loadDetections(folder).detections;
  const body = 'from my_helpers import is_go\n\n\ndef rule(event):\n    return is_go(event)\n';
  const draft = { yaml: yaml('a.py', TESTS), body };
  assert.deepEqual((await checkDraft(draft, context(saved))).messages, []);
  assert.equal((await testDraft(draft, undefined, context(saved))).passed, 2);
  const wrong = await checkDraft({ ...draft, body: body.replaceAll('is_go', 'is_gone') }, context(saved));
  assert.match(wrong.messages[0]?.message ?? '', /my_helpers has no is_gone/);
});

test('a draft that is not valid is not run', async () => {
  await assert.rejects(testDraft({ yaml: 'AnalysisType: rule\n', body: '' }, undefined, context()));
  await assert.rejects(testDraft({ yaml: yaml('../a.py'), body: PYTHON }, undefined, context()), /without a folder/);
});

test('Sigma rules and rules without code have conditions', async () => {
  const sigma =
    'title: x\nid: S\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  a: {eventName: Go}\n  condition: a\n';
  const one = await checkDraft({ yaml: sigma, body: '' }, context());
  assert.deepEqual([one.id, one.logTypes], ['S', ['AWS.CloudTrail']]);
  assert.match(one.condition ?? '', /eventName/);
  const plain = 'Detection:\n  - {Key: eventName, Condition: Equals, Value: Go}\n';
  const other = await checkDraft({ yaml: yaml('x').replace('Filename: x\n', plain), body: '' }, context());
  assert.match(other.condition ?? '', /eventName = "Go"/);
});
