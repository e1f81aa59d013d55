import { expect, test } from 'vitest';
import { formatAgo, formatBytes, formatCompact, formatDuration, formatTime, plural } from './format.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const back = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

test.each([
  [0, 'just now'],
  [9, 'just now'],
  [42, '42 sec. ago'],
  [60 * 4, '4 min. ago'],
  [3_600 * 5, '5 hr. ago'],
  [86_400, 'yesterday'],
  [86_400 * 40, '2026-01-20'],
])('%d seconds ago reads %s', (seconds, text) => {
  expect(formatAgo(back(seconds), NOW)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [0.042, '42 µs'],
  [412.6, '413 ms'],
  [3_210, '3.2 s'],
  [840_000, '14 min'],
  [7_500_000, '2 h 5 min'],
  [97_200_000, '1 d 3 h'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 KB'],
  [231_000_000, '231 MB'],
  [2_000_000_000_000_000_000, '2000 PB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('numbers are shortened only from ten thousand on', () => {
  expect([1_234, 12_345, 2_265_984].map(formatCompact)).toEqual(['1,234', '12.3K', '2.3M']);
});

test('times are in UTC; what is no time is shown as it is', () => {
  expect(formatTime('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05 UTC');
  expect(formatTime('soon')).toBe('soon');
});

test('one is singular', () => {
  expect([plural(1, 'event'), plural(1_200, 'event'), plural(2, 'delivery', 'deliveries')]).toEqual([
    '1 event',
    '1,200 events',
    '2 deliveries',
  ]);
});
