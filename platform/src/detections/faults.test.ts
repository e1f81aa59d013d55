import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEvent } from '../core/event.ts';
import { createFaults } from './faults.ts';
import type { Answer } from './runner.ts';

const event = { p_log_type: 'T', p_event_time: '', p_row_id: '' } as unknown as LogEvent;
const batch = (count: number) => Array.from({ length: count }, () => ({ event, keys: [0] }));
const failing = (type: string, count: number): Answer[] =>
  Array.from({ length: count }, (_, index) => ({
    event: index,
    rule: 0,
    error: { type, title: type, message: 'why' },
  }));

test('three overruns switch a rule off, however many events it did well on', () => {
  const faults = createFaults();
  assert.deepEqual(faults.judge(batch(500), failing('TimeoutError', 2)), []);
  const [off] = faults.judge(batch(500), failing('MemoryError', 1));
  assert.match(off?.reason ?? '', /beyond its limits 3 times: MemoryError: why/);
  assert.equal(faults.isOn(0), false);
  assert.deepEqual(faults.judge(batch(1), failing('TimeoutError', 1)), []);
});

test('failures count as long as there is no success between', () => {
  const faults = createFaults();
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(faults.judge(batch(600), failing('KeyError', 600)), []);
    assert.deepEqual(faults.judge(batch(2), failing('KeyError', 1)), []);
  }
  assert.deepEqual(faults.judge(batch(999), failing('KeyError', 999)), []);
  assert.match(faults.judge(batch(1), failing('KeyError', 1))[0]?.reason ?? '', /last 1000 events.*KeyError: why/);
});

test('what was not committed happens again', () => {
  const faults = createFaults();
  assert.equal(faults.judge(batch(3), failing('TimeoutError', 3)).length, 1);
  faults.settle(false);
  assert.equal(faults.isOn(0), true);
  assert.equal(faults.judge(batch(3), failing('TimeoutError', 1)).length, 1);
  faults.settle(true);
  assert.equal(faults.isOn(0), false);
});
