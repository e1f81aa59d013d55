/** Sigma rules as detections: in the engine, in the state, explained. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogEvent } from '../../core/event.ts';
import { type Detection, storedDetection, toDetection } from '../detection.ts';
import { createDetectionEngine } from '../engine.ts';
import { loadDetections } from '../load.ts';
import { explain } from '../planner/explain.ts';
import { planDetection } from '../planner/plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'panther-sigma-detection-'));
after(() => rmSync(folder, { recursive: true }));

const RULE = `title: Tool
id: tool
level: high
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\tool.exe', CommandLine|contains|all: [-a, -b]}
  filter: {User: system}
  condition: selection and not filter
fields: [CommandLine, User]
`;

function load(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadDetections(folder);
}

const unused = { load: () => Promise.resolve(new Map()), run: () => Promise.resolve([]) };

function engineOf(detections: readonly Detection[]) {
  return createDetectionEngine({
    detections,
    python: unused,
    typescript: unused,
    conditionOf: () => ({ op: 'false' }),
    stringify: (event) => JSON.stringify(event),
  });
}

function eventOf(fields: object, logType = 'Windows.EventLogs'): LogEvent {
  const time = '2026-01-02 03:04:05.000000000';
  return { p_log_type: logType, p_row_id: '1', p_event_time: time, p_parse_time: time, ...fields } as LogEvent;
}

const HIT = { Image: 'C:\\Tool.exe', CommandLine: 'tool -A -B', User: 'bob' };

test('Sigma rules and others are loaded from one folder, and run in one engine', async () => {
  const { detections, problems } = load({
    'sigma.yml': RULE,
    'own.yml':
      'AnalysisType: rule\nRuleID: Own\nEnabled: true\nSeverity: Low\nLogTypes: [Windows.EventLogs]\n' +
      'Detection: [{Key: User, Condition: Equals, Value: bob}]\n',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    detections.map(({ id, language, type }) => [id, language, type]),
    [
      ['Own', 'yaml', 'rule'],
      ['tool', 'sigma', 'rule'],
    ],
  );
  const sigma = detections.filter(({ language }) => language === 'sigma');
  const engine = engineOf(sigma);
  engine.offer(eventOf(HIT));
  engine.offer(eventOf({ ...HIT, User: 'SYSTEM' }));
  engine.offer(eventOf(HIT, 'Other.Type'));
  engine.offer(eventOf({ EventData: HIT, EventID: 1 }));
  const results = await engine.drain();
  assert.deepEqual(
    results.map((one) => one.kind === 'match' && [one.ruleId, one.severity, JSON.parse(one.context ?? '')]),
    [
      ['tool', 'HIGH', { CommandLine: 'tool -A -B', User: 'bob' }],
      ['tool', 'HIGH', { CommandLine: 'tool -A -B', User: 'bob' }],
    ],
  );
  assert.deepEqual(engine.takeCounts().get('tool')?.matches, 2);
});

test('a rule is the same after it was in the state', () => {
  const { detections } = load({ 'sigma.yml': RULE });
  const rule = detections.find(({ id }) => id === 'tool') as Detection;
  const row = { id: 'tool', spec: JSON.stringify(rule.spec), body: rule.body, enabled: 1 as const };
  const stored = storedDetection(row);
  assert.deepEqual(stored, { ...rule, file: stored.file });
  assert.equal(rule.body, RULE);
});

test('what is stored and cannot be run is an issue, not a crash', () => {
  for (const Sigma of [{}, { searches: {}, condition: { op: 'search', name: 'x' } }, 5, 'x', null]) {
    const parsed = toDetection({ AnalysisType: 'rule', RuleID: 'x', Sigma }, '', 'text');
    assert.ok('issues' in parsed && parsed.issues.length > 0, JSON.stringify(Sigma));
  }
});

test('the condition is explained in words', async () => {
  const { detections } = load({ 'sigma.yml': RULE.replace('windows, category: process_creation', 'okta') });
  const rule = detections.find(({ id }) => id === 'tool') as Detection;
  const condition = await planDetection(rule, () => Promise.resolve(undefined));
  assert.equal(
    explain(condition),
    'Image is present and Image in lower case ends with "\\\\tool.exe" and CommandLine is present and ' +
      'CommandLine in lower case contains "-a" and CommandLine in lower case contains "-b"',
  );
});
