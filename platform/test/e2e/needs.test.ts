/**
 * What users of such systems asked for and suffered from, as acceptance tests: each name says the need.
 * Those that need a whole process are in `up.test.ts`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unitId } from '../../src/core/ids.ts';
import { processMessages } from '../../src/log-analysis/log-processor.ts';
import { INPUT_QUEUE } from '../../src/ports/queue.ts';
import { temporaryFolder } from '../support/panther.ts';
import { openTestPipeline, trailEvent } from '../support/pipeline.ts';

function file(count: number, type: 'Root' | 'IAMUser' = 'IAMUser'): Buffer {
  return gzipSync(Array.from({ length: count }, (_, index) => trailEvent(index, type)).join('\n'));
}

test('need 5: reprocessing a big object after a timeout duplicates no record', async () => {
  const panther = await openTestPipeline();
  await panther.send('big.json.gz', file(20_000, 'Root'));
  const [message] = await panther.adapters.queue.receive(INPUT_QUEUE, { maxMessages: 1, waitMs: 0 });
  assert.ok(message);
  // The first attempt is cut off in the middle, as by a time-out; the second sees the whole object again.
  const cut = new AbortController();
  const { process } = panther.pipeline.deps;
  const dying = {
    ...panther.pipeline.deps,
    async process(...args: Parameters<typeof process>) {
      const [unit, input, effects] = args;
      let taken = 0;
      const counting = {
        ...effects,
        take: (event: Parameters<typeof effects.take>[0]) => {
          effects.take(event);
          taken += 1;
          if (taken === 7_000) cut.abort();
        },
      };
      return process(unit, input, counting, cut.signal);
    },
  };
  await processMessages(dying, [message], cut.signal);
  assert.deepEqual(await panther.rows('SELECT count(*) FROM panther_logs.aws_cloudtrail'), [[0]]);
  await panther.adapters.queue.recover();
  await panther.processAll();
  assert.deepEqual(await panther.counts(), { received: 20_000, stored: 20_000, quarantined: 0, rejected: 0 });
  assert.deepEqual(
    await panther.rows(
      'SELECT count(*), count(DISTINCT p_row_id), count(DISTINCT eventID) FROM panther_logs.aws_cloudtrail',
    ),
    [[20_000, 20_000, 20_000]],
  );
  assert.deepEqual(await panther.rows('SELECT count(*) FROM panther_rule_matches.aws_cloudtrail'), [[20_000]]);
  const alert = await panther.adapters.state.db.selectFrom('alerts').selectAll().executeTakeFirstOrThrow();
  assert.equal(alert.event_count, 20_000);
  await panther.close();
});

test('need 9: two processors with the same message, because its visibility ended, store it once', async () => {
  const root = temporaryFolder('twice');
  const one = await openTestPipeline({ root });
  const two = await openTestPipeline({ root });
  const object = await one.send('slow.json.gz', file(5_000, 'Root'));
  const [first] = await one.adapters.queue.receive(INPUT_QUEUE, { maxMessages: 1, waitMs: 0 });
  assert.ok(first);
  await one.adapters.queue.extend(INPUT_QUEUE, first.receipt, 0);
  const [second] = await two.adapters.queue.receive(INPUT_QUEUE, { maxMessages: 1, waitMs: 0 });
  assert.ok(second);
  const signal = new AbortController().signal;
  await Promise.all([
    processMessages(one.pipeline.deps, [first], signal),
    processMessages(two.pipeline.deps, [second], signal),
  ]);
  assert.deepEqual(await one.counts(), { received: 5_000, stored: 5_000, quarantined: 0, rejected: 0 });
  assert.deepEqual(await one.rows('SELECT count(*), count(DISTINCT p_row_id) FROM panther_logs.aws_cloudtrail'), [
    [5_000, 5_000],
  ]);
  const alerts = await one.adapters.state.db.selectFrom('alerts').select('event_count').execute();
  assert.deepEqual(
    alerts.map(({ event_count }) => event_count),
    [5_000],
  );
  const units = await one.adapters.state.db.selectFrom('units').select('id').execute();
  assert.deepEqual(
    units.map(({ id }) => id),
    [unitId(object)],
  );
  const { visible, inFlight } = await one.adapters.queue.counts(INPUT_QUEUE);
  assert.equal(visible + inFlight, 0);
  const pending = await one.adapters.state.db
    .selectFrom('lake_files')
    .select('object_key')
    .where('status', '=', 'pending')
    .execute();
  assert.deepEqual(pending, []);
  await one.close();
  await two.close();
});

test('two processors on different objects of one alert count each event once', async () => {
  const root = temporaryFolder('shared');
  const one = await openTestPipeline({ root });
  const two = await openTestPipeline({ root });
  for (let index = 0; index < 12; index += 1) await one.send(`part-${index}.json.gz`, file(100 + index, 'Root'));
  await Promise.all([one.processAll(), two.processAll()]);
  await one.processAll();
  const events = Array.from({ length: 12 }, (_, index) => 100 + index).reduce((a, b) => a + b);
  const alerts = await one.adapters.state.db.selectFrom('alerts').select(['id', 'event_count']).execute();
  assert.deepEqual(
    alerts.map(({ event_count }) => event_count),
    [events],
  );
  assert.deepEqual(await one.rows('SELECT p_alert_id, count(*) FROM panther_rule_matches.aws_cloudtrail GROUP BY 1'), [
    [alerts[0]?.id, events],
  ]);
  await one.close();
  await two.close();
});

test('need 28: memory does not grow with the number of matches', async () => {
  const panther = await openTestPipeline();
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) =>
      trailEvent(from + index, 'Root', { additionalEventData: { pad: 'x'.repeat(1_000) } }),
    ).join('\n');
  const members = Array.from({ length: 12 }, (_, part) => gzipSync(`${lines(part * 10_000, (part + 1) * 10_000)}\n`));
  await panther.send('warm-up.json.gz', members[0] ?? Buffer.alloc(0));
  await panther.processAll();
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  // About 180 MB of events, every one of them a match.
  await panther.send('all-match.json.gz', Buffer.concat(members));
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  await panther.processAll();
  clearInterval(watch);
  assert.deepEqual(await panther.counts(), { received: 130_000, stored: 130_000, quarantined: 0, rejected: 0 });
  assert.deepEqual(await panther.rows('SELECT count(*) FROM panther_rule_matches.aws_cloudtrail'), [[130_000]]);
  const grownMb = (peak - before) / 1e6;
  assert.ok(grownMb < 900, `grew by ${Math.round(grownMb)} MB`);
  await panther.close();
});
