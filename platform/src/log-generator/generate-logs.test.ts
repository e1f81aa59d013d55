import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadLogTypes } from '../log-analysis/schema.ts';
import { processChunks } from '../log-analysis/test-support.ts';
import { type GeneratedLine, generateLogs } from './generate-logs.ts';
import { GENERATORS } from './index.ts';

const logTypes = loadLogTypes(fileURLToPath(new URL('../../../content/log-types', import.meta.url)));

function take(logType: string, count: number, attackRate: number, seed = 1): GeneratedLine[] {
  const startTime = new Date('2026-01-14T12:00:00.000Z');
  return generateLogs({ seed, logType, startTime, eventsPerSecond: 5, attackRate }).take(count).toArray();
}

describe('generated logs', () => {
  for (const { logType, header } of GENERATORS) {
    it(`of ${logType} are all read, in order of time, and are the same for the same seed`, async () => {
      const lines = take(logType, 600, 0.02);
      assert.deepEqual(take(logType, 600, 0.02), lines);
      assert.notDeepEqual(take(logType, 600, 0.02, 2), lines);
      const spec = logTypes.get(logType);
      assert.ok(spec !== undefined, `${logType} is a log type`);
      const { events, kept } = await processChunks([lines.map(({ line }) => `${line}\n`).join('')], [spec]);
      assert.deepEqual(kept, []);
      assert.equal(events.length, header === undefined ? 600 : 599);
      const times = events.map((event) => event.p_event_time);
      assert.deepEqual(times, times.toSorted());
      assert.equal(times.at(-1)?.slice(0, 19), lines.at(-1)?.time.toISOString().slice(0, 19).replace('T', ' '));
    });
  }

  it('come at the rate that is asked for', () => {
    const lines = take('Nginx.Access', 5_000, 0);
    const seconds = ((lines.at(-1)?.time.getTime() ?? 0) - (lines[0]?.time.getTime() ?? 0)) / 1_000;
    assert.ok(Math.abs(5_000 / seconds - 5) < 0.5, `${5_000 / seconds} events a second`);
  });

  it('hold no attack when none is wanted', () => {
    for (const { logType } of GENERATORS) {
      assert.ok(take(logType, 500, 0).every(({ ruleId }) => ruleId === undefined));
    }
  });

  it('of an unknown type are a mistake', () => {
    assert.throws(() => take('No.Such', 1, 0), /no generator for logs of type No.Such/);
  });
});
