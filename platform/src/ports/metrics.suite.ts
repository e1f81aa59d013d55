/** What every adapter of the ports `Metrics` and `MetricsReader` promises. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { MetricQuery, Metrics, MetricsReader } from './metrics.ts';

export interface MetricsUnderTest {
  readonly metrics: Metrics & MetricsReader;
  now(): Date;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function testMetrics(name: string, make: () => Promise<MetricsUnderTest>): void {
  describe(`metrics: ${name}`, () => {
    let fixture: MetricsUnderTest;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.close());

    const values = async (query: Omit<MetricQuery, 'from' | 'to' | 'periodMs'>) => {
      const now = fixture.now().getTime();
      const range = { from: new Date(now - 3_600_000), to: new Date(now + 60_000), periodMs: 60_000 };
      const series = await fixture.metrics.query({ ...query, ...range });
      return series.map(({ dimensions, points }) => ({ dimensions, values: points.map(({ value }) => value) }));
    };

    it('adds counters up per period', async () => {
      const { metrics } = fixture;
      metrics.count('events', 2);
      metrics.count('events', 3);
      await fixture.pass(60_000);
      metrics.count('events', 5);
      assert.deepEqual(await values({ name: 'events', statistic: 'sum' }), [{ dimensions: {}, values: [5, 5] }]);
      assert.deepEqual(await values({ name: 'events', statistic: 'count' }), [{ dimensions: {}, values: [2, 1] }]);
    });

    it('keeps a gauge’s last, lowest and highest value', async () => {
      for (const value of [5, 9, 1, 4]) fixture.metrics.gauge('backlog', value);
      const statistics = ['last', 'min', 'max', 'avg'] as const;
      const found = await Promise.all(statistics.map((statistic) => values({ name: 'backlog', statistic })));
      assert.deepEqual(
        found.map(([series]) => series?.values),
        [[4], [1], [9], [4.75]],
      );
    });

    it('gives percentiles within 2 %', async () => {
      const sample = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 300 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(sample, async (all) => {
          const metric = `latency-${run++}`;
          for (const value of all) fixture.metrics.observe(metric, value);
          const sorted = all.toSorted((a, b) => a - b);
          for (const percent of [50, 90, 95, 99] as const) {
            const [series] = await values({ name: metric, statistic: `p${percent}` });
            const expected = sorted[Math.floor((percent / 100) * (all.length - 1))] ?? 0;
            assert.ok(Math.abs((series?.values[0] ?? Number.NaN) - expected) <= 0.02 * expected, `p${percent}`);
          }
        }),
        { numRuns: 20 },
      );
    });

    it('selects, groups and merges dimensions', async () => {
      const { metrics } = fixture;
      metrics.count('matches', 1, { rule: 'a', source: 'x' });
      metrics.count('matches', 2, { source: 'y', rule: 'a' });
      metrics.count('matches', 4, { rule: 'b', source: 'x' });
      const query = { name: 'matches', statistic: 'sum' } as const;
      assert.deepEqual(await values(query), [{ dimensions: {}, values: [7] }]);
      assert.deepEqual(await values({ ...query, dimensions: { rule: 'a' } }), [{ dimensions: {}, values: [3] }]);
      const byRule = (await values({ ...query, groupBy: ['rule'] })).toSorted(
        (a, b) => (a.values[0] ?? 0) - (b.values[0] ?? 0),
      );
      assert.deepEqual(byRule, [
        { dimensions: { rule: 'a' }, values: [3] },
        { dimensions: { rule: 'b' }, values: [4] },
      ]);
    });

    it('lists names with data', async () => {
      fixture.metrics.count('a', 1, { x: '1' }, 'bytes');
      fixture.metrics.observe('b', 1);
      const names = await fixture.metrics.names(fixture.now());
      assert.deepEqual(names, [
        { name: 'a', unit: 'bytes', dimensions: { x: '1' } },
        { name: 'b', unit: 'ms', dimensions: {} },
      ]);
    });

    it('gives nothing for a metric without data', async () => {
      assert.deepEqual(await values({ name: 'nothing', statistic: 'sum' }), []);
    });
  });
}
