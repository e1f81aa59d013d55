import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { testMetrics } from '../../ports/metrics.suite.ts';
import { openSqlite } from './sqlite.ts';
import { openSqliteMetrics } from './sqlite-metrics.ts';

const DAY = 86_400_000;

async function makeMetrics() {
  const folder = await mkdtemp(join(tmpdir(), 'panther-metrics-'));
  const path = join(folder, 'metrics.db');
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => new Date(now) };
  const metrics = await openSqliteMetrics({ path, clock, flushEveryMs: 0 });
  return {
    path,
    clock,
    metrics,
    now: clock.now,
    pass: async (ms: number) => {
      now += ms;
    },
    close: async () => {
      await metrics.close();
      await rm(folder, { recursive: true });
    },
  };
}

testMetrics('SQLite', makeMetrics);

it('merges what several threads write to one period', async () => {
  const { path, clock, metrics, now, close } = await makeMetrics();
  const other = await openSqliteMetrics({ path, clock, flushEveryMs: 0 });
  for (const one of [metrics, other]) {
    one.observe('latency', one === metrics ? 10 : 1_000);
    await one.flush();
  }
  const query = { name: 'latency', from: now(), to: new Date(now().getTime() + 1), periodMs: 10_000 };
  const [series] = await metrics.query({ ...query, statistic: 'p99' });
  const [count] = await metrics.query({ ...query, statistic: 'count' });
  assert.equal(count?.points[0]?.value, 2);
  assert.ok(Math.abs((series?.points[0]?.value ?? 0) - 10) < 1);
  await other.close();
  await close();
});

it('keeps sums and percentiles while old points become coarser, then drops them', async () => {
  const { path, metrics, now, pass, close } = await makeMetrics();
  const start = now();
  for (let minute = 0; minute < 60; minute++) {
    metrics.observe('latency', 100);
    await pass(60_000);
  }
  const resolutions = () => {
    const file = openSqlite(path, 'NORMAL');
    const rows = file.db.prepare('SELECT resolution / 1000 AS seconds, count(*) AS n FROM points GROUP BY 1').all();
    file.close();
    return Object.fromEntries(rows.map(({ seconds, n }) => [Number(seconds), Number(n)]));
  };
  const total = async () => {
    const query = { name: 'latency', from: start, to: now(), periodMs: 500 * DAY } as const;
    const found = await Promise.all(
      (['sum', 'p50'] as const).map((statistic) => metrics.query({ ...query, statistic })),
    );
    return found.map(([series]) => Math.round(series?.points.reduce((sum, { value }) => sum + value, 0) ?? 0));
  };
  await metrics.flush();
  assert.deepEqual(resolutions(), { 10: 60 });
  await pass(3 * DAY);
  assert.deepEqual(await total(), [6_000, 100]);
  assert.deepEqual(resolutions(), { 300: 12 });
  await pass(31 * DAY);
  assert.deepEqual(await total(), [6_000, 100]);
  assert.deepEqual(resolutions(), { 3600: 1 });
  await pass(400 * DAY);
  assert.deepEqual(
    await metrics.query({ name: 'latency', statistic: 'sum', from: start, to: now(), periodMs: DAY }),
    [],
  );
  assert.deepEqual(resolutions(), {});
  await close();
});

it('ignores what is not a finite number', async () => {
  const { metrics, now, close } = await makeMetrics();
  metrics.gauge('ratio', Number.NaN);
  metrics.gauge('ratio', Number.POSITIVE_INFINITY);
  assert.deepEqual(await metrics.names(now()), []);
  await close();
});
