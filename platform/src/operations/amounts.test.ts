import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.ts';
import { parseBytes, parseDuration, parseRate, parseTime } from './amounts.ts';

const now = new Date('2026-01-02T12:00:00Z');

test('reads durations', () => {
  const read = (text: string) => parseDuration(text, '--duration');
  assert.deepEqual(
    ['90', '1.5s', '250ms', '1h30m', '2d', '1w'].map(read),
    [90_000, 1_500, 250, 5_400_000, 172_800_000, 604_800_000],
  );
  for (const text of ['', 'h', '1x', '-1s', '1h x']) assert.throws(() => read(text), UserError);
});

test('reads rates and sizes', () => {
  assert.equal(parseRate('0.5', '--rate'), 0.5);
  for (const text of ['', '-1', '1e3', 'fast']) assert.throws(() => parseRate(text, '--rate'), UserError);
  const bytes = ['0', '1024', '10MB', '1GiB', '1.5 k'].map((text) => parseBytes(text, '--min-size'));
  assert.deepEqual(bytes, [0, 1_024, 10_000_000, 1_073_741_824, 1_500]);
  for (const text of ['', 'MB', '1 PB', '-1']) assert.throws(() => parseBytes(text, '--min-size'), UserError);
});

test('reads times', () => {
  const read = (text: string) => parseTime(text, now, '--since').toISOString();
  assert.equal(read('2026-01-01'), '2026-01-01T00:00:00.000Z');
  assert.equal(read('2026-01-01T03'), '2026-01-01T03:00:00.000Z');
  assert.equal(read('2026-01-01 03:04'), '2026-01-01T03:04:00.000Z');
  assert.equal(read('2026-01-01T03:04:05+01:00'), '2026-01-01T02:04:05.000Z');
  assert.equal(read('2h'), '2026-01-02T10:00:00.000Z');
  for (const text of ['', '2026', '2026-13-01', 'yesterday', '2026-02-30']) assert.throws(() => read(text), UserError);
});
