import { expect, test } from 'vitest';
import { chartMax, chartTable } from './chart-data.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString();
const MINUTE = 60_000;

test('series are aligned on the times of all of them; a gap is null', () => {
  const table = chartTable([
    {
      label: 'a',
      points: [
        { at: at(0), value: 1 },
        { at: at(2), value: 3 },
      ],
    },
    { label: 'b', points: [{ at: at(1), value: 5 }] },
  ]);
  expect(table.times).toEqual([0, 1, 2].map((minute) => Date.parse(at(minute))));
  expect(table.series.map(({ values }) => values)).toEqual([
    [1, null, 3],
    [null, 5, null],
  ]);
});

test('on a grid every period is there, zero where nothing was', () => {
  const grid = { fromMs: Date.parse(at(0)), toMs: Date.parse(at(4)), periodMs: MINUTE };
  const table = chartTable(
    [
      {
        label: 'a',
        points: [
          { at: at(1), value: 2 },
          { at: at(3), value: 7 },
        ],
      },
    ],
    { grid },
  );
  expect(table.series[0]?.values).toEqual([0, 2, 0, 7]);
});

test('what is beyond the number of series is added up as Other, and nothing is lost', () => {
  const series = Array.from({ length: 12 }, (_, index) => ({
    label: `type-${index}`,
    points: [{ at: at(0), value: index }],
  }));
  const table = chartTable(series, { most: 4 });
  expect(table.series.map(({ label }) => label)).toEqual(['type-11', 'type-10', 'type-9', 'Other']);
  expect(table.series.reduce((sum, { total }) => sum + total, 0)).toBe(66);
});

test('where adding up means nothing, the highest series are shown alone', () => {
  const series = [1, 9, 5].map((value) => ({ label: `s${value}`, points: [{ at: at(0), value }] }));
  expect(chartTable(series, { most: 2, omitsRest: true }).series.map(({ label }) => label)).toEqual(['s9', 's5']);
});

test('bars are as high as their stack, lines as the highest of them; an empty chart has a scale', () => {
  const table = chartTable([
    { label: 'a', points: [{ at: at(0), value: 4 }] },
    { label: 'b', points: [{ at: at(0), value: 3 }] },
  ]);
  expect([chartMax(table, 'bars'), chartMax(table, 'lines'), chartMax(chartTable([]), 'bars')]).toEqual([7, 4, 1]);
});
