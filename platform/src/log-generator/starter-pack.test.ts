/** The rules that come with Panther against the logs that come with it, through the engine. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRunners } from '../app/detections/detection-runners.ts';
import { createDetectionEngine } from '../detections/engine.ts';
import { loadDetections } from '../detections/load.ts';
import { stringifyEvent } from '../log-analysis/json-values.ts';
import { loadLogTypes } from '../log-analysis/schema.ts';
import { processChunks } from '../log-analysis/test-support.ts';
import { generateLogs } from './generate-logs.ts';
import { GENERATORS } from './index.ts';

const content = fileURLToPath(new URL('../../../content', import.meta.url));
const logTypes = loadLogTypes(`${content}/log-types`);
const { detections, problems } = loadDetections(`${content}/detections`);
const rules = detections.filter(({ type, info }) => type === 'rule' && info.createAlert);
const attacked = GENERATORS.flatMap(({ attacks }) => attacks.map(({ ruleId }) => ruleId));
/** Others count what happens every day, and alert when it happens often; or they make no alert. */
const telling = new Set([...attacked, ...rules.filter(({ info }) => info.threshold === 1).map(({ id }) => id)]);

describe('the starter pack', () => {
  const runners = createRunners();
  after(() => runners.close());

  it('is free of mistakes, and explains itself', () => {
    assert.deepEqual(problems, []);
    for (const { info, tests } of rules) {
      assert.ok(info.description && info.runbook && info.reference, `${info.id} has description, runbook, reference`);
      assert.match(String(info.reports['MITRE ATT&CK']), /^(TA\d{4}:T\d{4}(\.\d{3})?,?)+$/, info.id);
      assert.ok(tests.some((test) => test.expectedResult) && tests.some((test) => !test.expectedResult), info.id);
    }
  });

  it('has a rule for every attack', () => {
    const ids = new Set(rules.map(({ id }) => id));
    assert.deepEqual(
      attacked.filter((id) => !ids.has(id)),
      [],
    );
  });

  it('covers every log type that is generated', () => {
    const covered = new Set(rules.flatMap(({ info }) => info.logTypes));
    assert.deepEqual(
      GENERATORS.map(({ logType }) => logType).filter((logType) => !covered.has(logType)),
      [],
    );
  });

  for (const { logType, header, attacks } of GENERATORS) {
    it(`finds the attacks in ${logType}, each of their lines, and nothing else`, async () => {
      const engine = createDetectionEngine({
        detections,
        ...runners,
        conditionOf: () => ({ op: 'true' }),
        stringify: stringifyEvent,
      });
      const options = { seed: 7, logType, startTime: new Date('2026-01-14T12:00:00Z'), eventsPerSecond: 5 };
      const lines = generateLogs({ ...options, attackRate: 0.05 })
        .filter(({ line }) => line !== header)
        .take(1_500)
        .toArray();
      const spec = logTypes.get(logType);
      assert.ok(spec !== undefined);
      const text = [...(header === undefined ? [] : [header]), ...lines.map(({ line }) => line)].join('\n');
      const { events } = await processChunks([text], [spec]);
      for (const event of events) engine.offer(event);
      const found = new Map(events.map((event) => [event.p_row_id, [] as string[]]));
      for (const result of await engine.drain()) {
        assert.equal(result.kind, 'match', JSON.stringify(result));
        if (telling.has(result.ruleId)) found.get(result.event.p_row_id)?.push(result.ruleId);
      }
      const expected = lines.map(({ ruleId }) => (ruleId === undefined ? [] : [ruleId]));
      assert.deepEqual([...found.values()], expected);
      for (const { ruleId } of attacks) {
        const threshold = rules.find(({ id }) => id === ruleId)?.info.threshold ?? 0;
        assert.ok(
          lines.filter((line) => line.ruleId === ruleId).length >= threshold,
          `${ruleId} reaches its threshold`,
        );
      }
    });
  }
});
