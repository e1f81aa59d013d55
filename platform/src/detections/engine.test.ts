import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { RuleResult } from '../core/detection.ts';
import type { LogEvent } from '../core/event.ts';
import { type Detection, toDetection } from './detection.ts';
import { createDetectionEngine, type DetectionEngine } from './engine.ts';
import { loadDetections } from './load.ts';
import { type Condition, TRUE } from './planner/condition.ts';
import { explain } from './planner/explain.ts';
import { planDetection } from './planner/plan.ts';
import { createPythonRunner, readHostSources } from './python/runner.ts';
import { runTests } from './run-tests.ts';
import { createTypeScriptRunner } from './typescript/runner.ts';

const python = createPythonRunner({
  workerUrl: new URL('./python/python.worker.ts', import.meta.url),
  hostSources: readHostSources(),
  timeoutMs: 1_000,
  memoryBytes: 1 << 30,
});
const typescript = createTypeScriptRunner();
const starter = loadDetections(join(import.meta.dirname, '../../../content/detections'));
after(async () => {
  await python.close();
  await typescript.close();
});

function rule(id: string, body: string, changes: object = {}): Detection {
  const spec = {
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Severity: 'Low',
    LogTypes: ['Test.Log'],
    Filename: `${id}.py`,
    ...changes,
  };
  const parsed = toDetection(spec, spec.Filename, body);
  if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
  return parsed.detection;
}

async function engineOf(detections: readonly Detection[], isPlanned: boolean, extra = {}): Promise<DetectionEngine> {
  const conditions = new Map<string, Condition>();
  if (isPlanned) {
    for (const one of detections) conditions.set(one.version, await planDetection(one, (source) => python.ast(source)));
  }
  return createDetectionEngine({
    detections,
    python,
    typescript,
    conditionOf: ({ version }) => conditions.get(version) ?? TRUE,
    stringify: (event) => JSON.stringify(event),
    ...extra,
  });
}

function asEvent(fields: object, logType = 'Test.Log'): LogEvent {
  const at = '2026-01-02 03:04:05.000000000';
  return { ...fields, p_log_type: logType, p_row_id: '1', p_event_time: at, p_parse_time: at };
}

async function results(engine: DetectionEngine, events: readonly LogEvent[]): Promise<readonly RuleResult[]> {
  for (const event of events) engine.offer(event);
  return engine.drain();
}

/** Without the places in messages, which name lines of Python. */
function comparable(all: readonly RuleResult[]) {
  return all.map(({ event, ...result }) => ({ ...result, event: JSON.stringify(event) }));
}

/** Python rules in the ways people write guards; on most events they fail, match or say no for different reasons. */
const WRITTEN = [
  'if event.get("a") != "x":\n        return False\n    return event.get("b") in ("1", "2")',
  'return event.get("a", "") == "x" and not event.get("b")',
  'return event["a"] == "x"',
  'return event.get("m").get("k") == 1',
  'return event.get("m", {}).get("k") == 1',
  'return event.deep_get("m", "k", default="") == "x"',
  'return event.deep_get("m", "k", default=0) > 1',
  'return event.get("a", "").startswith("x")',
  'return event.get("a") in {"x", "y"} or event.get("b") is None',
  'if not event.get("l"):\n        return False\n    return "x" in event.get("l")',
  'return event.get("a")',
  'if event.get("A") == "x":\n        return True\n    if event.get("b") == 1:\n        raise ValueError("b")\n    return False',
  'return all([event.get("a") == "x", event["b"] == 1])',
  'if event.get("b") not in (1, True):\n        return False\n    return True',
  'name = event.get("a")\n    if name is None or name == "y":\n        return False\n    return name != "x"',
  'return bool(event.get("a")) and len(event.get("a")) == 1',
  'if event.get("a") == "y":\n        pass\n    else:\n        return False',
  'for key in event.keys():\n        if key == "a":\n            return True\n    return False',
];
const rules = WRITTEN.map((body, index) => rule(`R${index}`, `def rule(event):\n    ${body}\n`));

const scalar = fc.constantFrom('x', 'y', '', '1', '2', 0, 1, 2, 1.5, true, false, null);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 2, arbitrary: fc.dictionary(fc.constantFrom('k', 'K', 'a'), scalar, { maxKeys: 2 }) },
);
const fields = fc.dictionary(fc.constantFrom('a', 'A', 'b', 'm', 'M', 'l'), value, { maxKeys: 5 });

test('with and without the planner, rules give the same results on any event', async () => {
  const planned = await engineOf(rules, true);
  const plain = await engineOf(rules, false);
  await fc.assert(
    fc.asyncProperty(fc.array(fields, { minLength: 50, maxLength: 50 }), async (all) => {
      const events = all.map((one) => asEvent(one));
      const expected = comparable(await results(plain, events));
      assert.deepEqual(comparable(await results(planned, events)), expected);
    }),
    { numRuns: 12 },
  );
  const { R0: first } = Object.fromEntries(planned.takeCounts());
  const { R0: all } = Object.fromEntries(plain.takeCounts());
  assert.ok(first && all && first.candidates < all.candidates / 3, 'the planner leaves out most events');
});

test('with and without the planner, the starter pack gives the same results on its own tests and on changes of them', async () => {
  const events = starter.detections.flatMap(({ tests, info }) =>
    tests.flatMap(({ log }) => mutations(log).map((one) => asEvent(one, String(log.p_log_type ?? info.logTypes[0])))),
  );
  assert.ok(events.length > 500);
  const expected = comparable(await results(await engineOf(starter.detections, false), events));
  assert.deepEqual(comparable(await results(await engineOf(starter.detections, true), events)), expected);
});

/** The event, and it with each of its values in turn gone, null, another text, a number, a list. */
function mutations(log: object): object[] {
  const all: object[] = [log];
  for (const [key, inner] of Object.entries(log)) {
    if (key.startsWith('p_')) continue;
    for (const other of [undefined, null, 'other', 7, ['x']]) all.push({ ...log, [key]: other });
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue;
    for (const changed of mutations(inner).slice(1)) all.push({ ...log, [key]: changed });
  }
  return all.map((one) => JSON.parse(JSON.stringify(one)) as object);
}

test('every test of the starter pack passes, and there is one for each answer', async () => {
  assert.deepEqual(starter.problems, []);
  for await (const result of runTests(starter.detections, { python, typescript })) {
    assert.ok(result.passed, `${result.id}: ${result.test}: ${result.error}`);
  }
  for (const { id, tests, type } of starter.detections) {
    if (type === 'global') continue;
    assert.deepEqual(new Set(tests.map(({ expectedResult }) => expectedResult)), new Set([true, false]), id);
  }
});

test('need 22: a rule gives the same answer in its test and live', async () => {
  const engine = await engineOf(starter.detections, true);
  for (const { id, tests, info } of starter.detections) {
    for (const { name, expectedResult, log, mocks } of tests) {
      if (Object.keys(mocks).length > 0) continue;
      const live = await results(engine, [asEvent(log, String(log.p_log_type ?? info.logTypes[0]))]);
      const isMatch = live.some((result) => result.kind === 'match' && result.ruleId === id);
      assert.equal(isMatch, expectedResult, `${id}: ${name}`);
    }
  }
});

test('a rule that keeps running over its limits is switched off, others go on', async () => {
  const disabled: string[] = [];
  const loops = rule('Loops', 'def rule(event):\n    while True: pass\n');
  const good = rule('Good', 'def rule(event):\n    return True\n');
  const engine = await engineOf([loops, good], false, { onDisabled: ({ id }: Detection) => disabled.push(id) });
  for (let round = 0; round < 4; round += 1) {
    const found = (await results(engine, [asEvent({})])).map(({ ruleId, kind, dedup }) => `${ruleId} ${kind} ${dedup}`);
    const [failure, off] = ['Loops error TimeoutError', 'Loops error SwitchedOff'];
    const good = 'Good match defaultDedupString:Good';
    assert.deepEqual(found, [round < 3 ? [failure] : [], good, round === 2 ? [off] : []].flat());
  }
  assert.deepEqual(disabled, ['Loops']);
});

test('an alert gets the title as dedup string, the rule’s severity for DEFAULT, and no empty texts', async () => {
  const code =
    'def rule(event):\n    return True\ndef title(event):\n    return "t"\ndef severity(event):\n    return "default"\n';
  const failing =
    'def rule(event):\n    return True\ndef title(event):\n    return "t"\ndef dedup(event):\n    return event["x"]\n';
  const engine = await engineOf([rule('Plain', code), rule('Failing', failing)], false);
  const [plain, failed] = await results(engine, [asEvent({})]);
  assert.deepEqual([plain?.dedup, plain?.kind === 'match' && plain.severity], ['t', 'LOW']);
  assert.equal(failed?.dedup, 'defaultDedupString:Failing');
});

test('a condition is told in words', async () => {
  const condition = await planDetection(rules[0] as Detection, (source) => python.ast(source));
  assert.equal(explain(condition), 'a = "x" and b is one of "1", "2"');
});
