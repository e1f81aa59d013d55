import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine } from './progress.ts';

test('with a total: percentage, rate and time left', () => {
  const line = progressLine({ label: 'parse', total: 3_000_000_000 }, 1_200_000_000, 12);
  assert.equal(line, 'parse  40% · 1.2 GB of 3.0 GB · 100 MB/s · 18 s left');
});

test('without a total: amount and rate', () => {
  assert.equal(progressLine({ label: 'ingest', unit: 'events' }, 1200, 2), 'ingest  1,200 events · 600 events/s');
});

test('at the start, and beyond the total', () => {
  assert.equal(progressLine({ label: 'parse', total: 10 }, 0, 0), 'parse  0% · 0 B of 10 B · 0 B/s');
  assert.equal(progressLine({ label: 'parse', total: 10 }, 20, 4000), 'parse  100% · 20 B of 10 B · 0 B/s · 0 s left');
});
