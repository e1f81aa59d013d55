/** Drafts of detections: what is wrong with them, when they would run, their tests. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import { createRunners } from './detection-runners.ts';
import { type DraftRunContext, runDraft } from './draft-run.ts';
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

const chat = { id: 'd1', name: 'Chat', enabled: true, severities: ['HIGH'], alertTypes: [] } as const;

function runContext(more: Partial<DraftRunContext> = {}): DraftRunContext {
  const now = () => new Date('2026-03-01T12:00:00Z');
  return { ...context(), exceptions: async () => [], destinations: async () => [chat], now, ...more };
}

const GO = '{"eventName":"Go","id":12345678901234567890,"p_log_type":"AWS.CloudTrail"}';

test('a draft is run on one event: the match as live events make it, and what was printed', async () => {
  const body = `${PYTHON}
def title(event):
    print("id", event.get("id"))
    return "Somebody went"

def severity(event):
    return "high"

def alert_context(event):
    return {"name": event.get("eventName")}

def runbook(event):
    return event["nothing"]
`;
  const draft = { yaml: yaml('a.py', 'Threshold: 3\nDisplayName: Goes\n'), body };
  const run = await runDraft(draft, GO, runContext());
  assert.deepEqual([run.matched, run.error], [true, null]);
  assert.deepEqual(run.match, {
    title: 'Somebody went',
    dedup: 'Somebody went',
    severity: 'HIGH',
    description: '',
    reference: '',
    runbook: '',
    destinations: null,
    receivers: ['Chat'],
    alertContext: { name: 'Go' },
    unique: null,
  });
  assert.match(run.failures.runbook?.message ?? '', /^KeyError: 'nothing'/);
  assert.equal(run.failures.runbook?.line, 15);
  assert.equal(run.output, 'id 12345678901234567890\n');
  assert.deepEqual(run.notes, ['An alert needs 3 matches within 60 minutes.']);
  assert.deepEqual(readdirSync(tmpDir), []);
});

test('why an event does not match, or is not looked at, is said', async () => {
  const draft = { yaml: yaml('a.py'), body: PYTHON };
  const stay = await runDraft(draft, GO.replace('Go', 'Stay'), runContext());
  assert.deepEqual([stay.matched, stay.match], [false, null]);
  assert.match(stay.notes.join(), /this does not hold: eventName = "Go"/);
  const other = await runDraft(draft, GO.replace('AWS.CloudTrail', 'Other.Log'), runContext());
  assert.match(other.notes.join(), /Live events of Other\.Log are not given to it/);
  const filters = 'InlineFilters:\n  - {Key: eventName, Condition: Equals, Value: No}\n';
  const refused = await runDraft({ ...draft, yaml: yaml('a.py', filters) }, GO, runContext());
  assert.deepEqual([refused.matched, refused.notes], [false, ['Its InlineFilters refuse the event.']]);
});

test('what would hide a match is said', async () => {
  const conditions = [{ Key: 'eventName', Condition: 'Equals', Value: 'Go' }];
  const exceptions = async () => [{ id: 'x1', detectionId: 'A.B', conditions, expiresAt: undefined }];
  const off = yaml('a.py', 'CreateAlert: false\n').replace('Enabled: true', 'Enabled: false');
  const { notes } = await runDraft({ yaml: off, body: PYTHON }, GO, runContext({ exceptions }));
  assert.deepEqual(notes.length, 3);
  assert.match(notes.join(' '), /not enabled.*CreateAlert is false.*exception x1 hides/);
});

test('a draft that fails on an event says where, in each language', async () => {
  const python = 'def rule(event):\n    print("here")\n    return event["missing"] == 1\n';
  const first = await runDraft({ yaml: yaml('a.py'), body: python }, GO, runContext());
  assert.deepEqual([first.matched, first.match, first.error?.line, first.output], [null, null, 3, 'here\n']);
  assert.match(first.error?.message ?? '', /^KeyError/);
  const typescript =
    'export function rule(event: any) {\n  console.log("here", event.eventName);\n  return event.a.b;\n}\n';
  const second = await runDraft({ yaml: yaml('a.ts'), body: typescript }, GO, runContext());
  assert.deepEqual([second.matched, second.error?.line, second.output], [null, 3, 'here Go\n']);
});

test('rules without code and Sigma rules are run on events, too', async () => {
  const plain = 'Detection:\n  - {Key: eventName, Condition: Equals, Value: Go}\nAlertTitle: It said {eventName}\n';
  const one = await runDraft({ yaml: yaml('x').replace('Filename: x\n', plain), body: '' }, GO, runContext());
  assert.deepEqual([one.matched, one.match?.title], [true, 'It said Go']);
  const sigma =
    'title: x\nid: S\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  a: {eventName: Go}\n  condition: a\n';
  assert.equal((await runDraft({ yaml: sigma, body: '' }, GO, runContext())).matched, true);
});

test('events and drafts that cannot be run are refused, with the field', async () => {
  const draft = { yaml: yaml('a.py'), body: PYTHON };
  const fieldOf = (field: string) => (error: unknown) => error instanceof UserError && error.location.field === field;
  for (const event of ['{', '[]', 'null', '"x"'])
    await assert.rejects(runDraft(draft, event, runContext()), fieldOf('event'));
  const module = { yaml: 'AnalysisType: global\nGlobalID: g\nFilename: g.py\n', body: 'x = 1\n' };
  await assert.rejects(runDraft(module, GO, runContext()), /a global is not run on events/);
});
