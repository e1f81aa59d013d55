/** What goes to CloudWatch Logs needs moto: `PANTHER_TEST_MOTO_URL`. moto makes no metrics of it, so lines are checked against the format's schema. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import fc from 'fast-check';
import { z } from 'zod';
import { testMetrics } from '../../ports/metrics.suite.ts';
import type { MetricUnit } from '../../ports/metrics.ts';
import { openSqliteMetrics } from '../embedded/sqlite-metrics.ts';
import { createCloudWatchMetrics, type EmfOutput } from './cloudwatch-metrics.ts';
import { type EmfLine, emfLines } from './emf.ts';
import { emfToLogs, emfToStream } from './emf-output.ts';

/** The JSON schema that AWS publishes with the specification, with the limits of its text. */
const documentSchema = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int().min(0),
    CloudWatchMetrics: z
      .array(
        z.strictObject({
          Namespace: z.string().min(1).max(1_024),
          Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
          Metrics: z
            .array(z.strictObject({ Name: z.string().min(1).max(1_024), Unit: z.string() }))
            .min(1)
            .max(100),
        }),
      )
      .min(1),
  }),
});

/** What CloudWatch would take from a line. */
function metricsOf({ text, timestamp }: EmfLine) {
  assert.doesNotMatch(text, /\n/);
  assert.ok(Buffer.byteLength(text) < 262_144);
  const document = documentSchema.parse(JSON.parse(text));
  assert.equal(document._aws.Timestamp, timestamp);
  return document._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => {
    const names = Dimensions[0] ?? [];
    const dimensions = Object.fromEntries(names.map((name) => [name, document[name]]));
    for (const value of Object.values(dimensions)) assert.match(String(value), /^[\x20-\x7e]{1,1024}$/);
    return Metrics.map(({ Name, Unit }) => {
      const target = document[Name];
      const values = (Array.isArray(target) ? target : [target]) as number[];
      assert.ok(values.length >= 1 && values.length <= 100 && values.every((value) => typeof value === 'number'));
      return { name: Name, unit: Unit, dimensions, values };
    });
  });
}

async function makeMetrics(output: EmfOutput = async () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'panther-emf-'));
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => new Date(now) };
  const local = await openSqliteMetrics({ path: join(folder, 'metrics.db'), clock, flushEveryMs: 0 });
  const metrics = createCloudWatchMetrics({ namespace: 'Panther', clock, output, local, flushEveryMs: 0 });
  return {
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

testMetrics('CloudWatch with a local copy', () => makeMetrics());

async function written(t: TestContext, use: (made: Awaited<ReturnType<typeof makeMetrics>>) => Promise<void> | void) {
  const lines: EmfLine[] = [];
  const made = await makeMetrics(async (more) => void lines.push(...more));
  t.after(made.close);
  await use(made);
  await made.metrics.flush();
  return lines;
}

it('writes sums of counters, the range of gauges, and every value of histograms', async (t) => {
  const lines = await written(t, async ({ metrics, pass }) => {
    metrics.count('events', 2, { source: 'a' });
    metrics.count('events', 3, { source: 'a' });
    for (const value of [5, 1, 9, 4]) metrics.gauge('backlog', value, { source: 'a' });
    for (const value of [1.5, 2.5]) metrics.observe('latency', value, { source: 'b' });
    await pass(60_000);
    metrics.count('events', 7, { source: 'a' }, 'bytes');
  });
  assert.deepEqual(lines.flatMap(metricsOf), [
    { name: 'events', unit: 'Count', dimensions: { source: 'a' }, values: [5] },
    { name: 'backlog', unit: 'Count', dimensions: { source: 'a' }, values: [1, 9, 4] },
    { name: 'latency', unit: 'Milliseconds', dimensions: { source: 'b' }, values: [1.5, 2.5] },
    { name: 'events', unit: 'Bytes', dimensions: { source: 'a' }, values: [7] },
  ]);
  assert.equal(lines.length, 3);
});

it('keeps every value and the limits of the format, whatever is measured', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 });
  const series = fc.record({
    name: fc.string({ minLength: 1, maxLength: 40 }).filter((name) => name !== '_aws'),
    unit: fc.constantFrom<MetricUnit>('count', 'bytes', 'ms', 'percent'),
    dimensions: fc.dictionary(fc.constantFrom('rule', 'source', '_aws', 'é', ''), text, { maxKeys: 3 }),
    at: fc.constantFrom(0, 60_000),
    values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 250 }),
  });
  fc.assert(
    fc.property(fc.array(series, { maxLength: 120 }), (all) => {
      const found = emfLines('Panther', all).flatMap(metricsOf);
      const count = (one: readonly { readonly values: readonly number[] }[]) =>
        one.reduce((sum, { values }) => sum + values.length, 0);
      assert.equal(count(found), count(all));
    }),
    { numRuns: 100 },
  );
});

it('writes again what could not be written', async (t) => {
  const lines: EmfLine[] = [];
  let isDown = true;
  const { metrics, close } = await makeMetrics(async (more) => {
    if (isDown) throw new Error('down');
    lines.push(...more);
  });
  t.after(close);
  metrics.count('events', 1);
  await assert.rejects(metrics.flush(), /down/);
  metrics.count('alerts', 2);
  await assert.rejects(metrics.flush(), /down/);
  isDown = false;
  await metrics.flush();
  const found = lines.flatMap(metricsOf).map(({ name, values }) => [name, values]);
  assert.deepEqual(found, [
    ['events', [1]],
    ['alerts', [2]],
  ]);
});

it('writes a line for each document to a stream', async () => {
  const texts: string[] = [];
  await emfToStream({ write: (text) => texts.push(text) })([{ timestamp: 0, text: '{}' }]);
  assert.deepEqual(texts, ['{}\n']);
});

const endpoint = process.env.PANTHER_TEST_MOTO_URL;

it('writes to CloudWatch Logs, and makes group and stream', { skip: endpoint === undefined }, async (t) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new CloudWatchLogsClient({ region: 'us-east-1', credentials, endpoint: String(endpoint) });
  t.after(() => client.destroy());
  const names = { logGroup: `/panther/${randomUUID()}`, logStream: 'one' };
  const output = emfToLogs({ client, ...names });
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const values = Array.from({ length: 150 }, (_, index) => index);
  const lines = emfLines('Panther', [{ name: 'latency', unit: 'ms', dimensions: {}, at: now, values }]);
  await output(lines);
  await output(lines);
  const read = new GetLogEventsCommand({ logGroupName: names.logGroup, logStreamName: 'one', startFromHead: true });
  const { events = [] } = await client.send(read);
  assert.deepEqual(
    events.map(({ message }) => message),
    [...lines, ...lines].map((line) => line.text),
  );
  const [first] = metricsOf({ timestamp: now, text: String(events[0]?.message) });
  assert.equal(first?.values.length, 100);
});
