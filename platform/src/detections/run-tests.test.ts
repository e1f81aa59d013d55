/** Tests and live events run on the same code: what a test says of a log is what the engine says of the event. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogEvent } from '../core/event.ts';
import type { Detection } from './detection.ts';
import { createDetectionEngine, matchResult } from './engine.ts';
import { loadDetections } from './load.ts';
import { type Condition, TRUE } from './planner/condition.ts';
import { planDetection } from './planner/plan.ts';
import { createPythonRunner, readHostSources } from './python/runner.ts';
import { runTests, type TestResult } from './run-tests.ts';
import { createTypeScriptRunner } from './typescript/runner.ts';

const python = createPythonRunner({
  workerUrl: new URL('./python/python.worker.ts', import.meta.url),
  hostSources: readHostSources(),
  timeoutMs: 1_000,
  memoryBytes: 1 << 30,
});
const typescript = createTypeScriptRunner();
const { detections } = loadDetections([
  join(import.meta.dirname, '../../test/content'),
  join(import.meta.dirname, '../../../content/detections'),
]);
after(async () => {
  await python.close();
  await typescript.close();
});

test('need 22: live events have the results of their tests, with and without the planner', async () => {
  const shared = detections.filter(({ type }) => type === 'global' || type === 'datamodel');
  // What the stateful helpers keep is another thing after every event.
  const isStateful = ({ body }: Detection) => body.includes('panther_detection_helpers');
  const rules = detections.filter((one) => one.type === 'rule' && one.language !== 'sigma' && !isStateful(one));
  let compared = 0;
  for (const rule of rules) {
    const tested: TestResult[] = [];
    for await (const result of runTests([rule, ...shared], { python, typescript })) tested.push(result);
    const condition = await planDetection(rule, (source) => python.ast(source));
    for (const planned of [TRUE, condition]) compared += await compareLive(rule, tested, planned);
  }
  assert.ok(compared > 150, `${compared} tests were compared`);

  /** Mocks are of tests only. */
  async function compareLive(rule: Detection, tested: readonly TestResult[], condition: Condition): Promise<number> {
    const plain = rule.tests.filter(({ mocks }) => Object.keys(mocks).length === 0);
    const logTypes = [...new Set(plain.map(({ log }) => logTypeOf(log)))];
    const live = { ...rule, isEnabled: true, info: { ...rule.info, logTypes } };
    const engine = engineOf([live, ...shared], condition);
    for (const { name, log, logJson } of plain) {
      const event = { ...log, p_log_type: logTypeOf(log) } as LogEvent;
      engine.offer(event, log.p_log_type === undefined ? JSON.stringify(event) : logJson);
      const [result] = await engine.drain();
      const own = tested.find((one) => one.test === name) as TestResult;
      const expected = own.actualResult
        ? matchResult(live, event, { event: 0, rule: 0, outputs: own.outputs })
        : undefined;
      assert.deepEqual(result, expected, `${rule.id}: ${name}`);
    }
    return plain.length;
  }
});

/** Tests may leave it out, events have one: then it is one without a data model. */
function logTypeOf(log: Readonly<Record<string, unknown>>): string {
  return typeof log.p_log_type === 'string' ? log.p_log_type : 'Test.Log';
}

function engineOf(all: readonly Detection[], condition: Condition) {
  const conditionOf = () => condition;
  return createDetectionEngine({ detections: all, python, typescript, conditionOf, stringify: JSON.stringify });
}
