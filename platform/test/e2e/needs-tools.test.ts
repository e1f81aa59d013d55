/** Needs of users that the operational tools must not bring back; each name says the need. See `needs.test.ts`. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { requeue } from '../../src/cli/commands/requeue.ts';
import { s3queue } from '../../src/cli/commands/s3queue.ts';
import { processMessages } from '../../src/log-analysis/log-processor.ts';
import { deadLetterQueue, INPUT_QUEUE } from '../../src/ports/queue.ts';
import { temporaryFolder } from '../support/panther.ts';
import { openTestPipeline, trailEvent } from '../support/pipeline.ts';
import { runCommand } from '../support/run-command.ts';

const DEAD = deadLetterQueue(INPUT_QUEUE);

function file(count: number, from = 0): Buffer {
  return gzipSync(Array.from({ length: count }, (_, index) => trailEvent(from + index, 'Root')).join('\n'));
}

test('need 3: a redriven message has its body and attributes byte for byte, and is processed', async () => {
  const root = temporaryFolder('redrive');
  const panther = await openTestPipeline({ root });
  const { queue, objects } = panther.adapters;
  const sent = await panther.send('late.json.gz', file(100));
  const [message] = await queue.receive(INPUT_QUEUE, { maxMessages: 1, waitMs: 0 });
  const bytes = await objects.get(sent.bucket, sent.key);
  const kept = await Array.fromAsync(bytes?.stream ?? []);
  await objects.delete(sent.bucket, sent.key);
  assert.ok(message);
  await processMessages(panther.pipeline.deps, [message], new AbortController().signal);
  const attributes = { type: 'LogData', id: 'AWS.CloudTrail', note: 'ü\u2028"\\\n' };
  await queue.send(DEAD, [{ body: ' not {JSON}\u0000\n', attributes }]);

  const dry = await runCommand(requeue, ['--to', INPUT_QUEUE, '--data-dir', root, '--dry-run', '--json']);
  const reasons = JSON.parse(dry.stdout).reasons.map(({ reason }: { reason: string }) => reason);
  assert.ok(
    reasons.some((reason: string) => /does not exist any more: put it back/.test(reason)),
    dry.stdout,
  );

  await objects.put(sent.bucket, sent.key, Buffer.concat(kept));
  const run = await runCommand(requeue, ['--to', INPUT_QUEUE, '--data-dir', root, '--json']);
  assert.equal(JSON.parse(run.stdout).moved, 2, run.stderr);
  const waiting = await queue.peek(INPUT_QUEUE, 10);
  assert.deepEqual(
    waiting.map(({ body, attributes, receiveCount, lastError }) => ({ body, attributes, receiveCount, lastError })),
    [
      { body: message.body, attributes: {}, receiveCount: 0, lastError: undefined },
      { body: ' not {JSON}\u0000\n', attributes, receiveCount: 0, lastError: undefined },
    ],
  );
  await panther.processAll();
  assert.deepEqual(await panther.counts(), { received: 100, stored: 100, quarantined: 0, rejected: 0 });
  const [dead] = await queue.peek(DEAD, 10);
  assert.deepEqual([dead?.body, dead?.attributes], [' not {JSON}\u0000\n', attributes]);
  await panther.close();
});

test('need 5: an object that is sent again, or redriven after it was stored, duplicates no record', async () => {
  const root = temporaryFolder('again');
  const logs = temporaryFolder('logs');
  const panther = await openTestPipeline({ root });
  mkdirSync(join(logs, 'a b'));
  const names = ['big.json.gz', 'a b/%41+é😀"\'.json.gz', 'a b/new\nline.json.gz'];
  for (const [index, name] of names.entries()) writeFileSync(join(logs, name), file(2_000, index * 2_000));
  const backFill = ['--path', logs, '--data-dir', root, '--source', 'trail', '--json'];
  const first = await runCommand(s3queue, backFill);
  assert.equal(JSON.parse(first.stdout).sent, 3, first.stderr);
  const messages = await panther.adapters.queue.peek(INPUT_QUEUE, 10);
  await panther.processAll();
  // The back-fill once more, and the first messages once more out of the dead-letter queue.
  const second = JSON.parse((await runCommand(s3queue, backFill)).stdout);
  assert.deepEqual([second.sent, second.processed], [0, 3]);
  await panther.adapters.queue.send(
    DEAD,
    messages.map(({ body }) => ({ body })),
  );
  await runCommand(requeue, ['--to', INPUT_QUEUE, '--data-dir', root]);
  await panther.processAll();
  assert.deepEqual(await panther.counts(), { received: 6_000, stored: 6_000, quarantined: 0, rejected: 0 });
  assert.deepEqual(
    await panther.rows(
      'SELECT count(*), count(DISTINCT p_row_id), count(DISTINCT eventID) FROM panther_logs.aws_cloudtrail',
    ),
    [[6_000, 6_000, 6_000]],
  );
  await panther.close();
});

test('need 9: an object that is sent again while it is in work is stored once', async () => {
  const root = temporaryFolder('twice');
  const logs = temporaryFolder('logs');
  const panther = await openTestPipeline({ root });
  const other = await openTestPipeline({ root });
  writeFileSync(join(logs, 'slow.json.gz'), file(5_000));
  const backFill = ['--path', logs, '--data-dir', root, '--source', 'trail'];
  await runCommand(s3queue, backFill);
  const [one] = await panther.adapters.queue.receive(INPUT_QUEUE, { maxMessages: 1, waitMs: 0 });
  // Its visibility ends: it comes to the dead-letter queue, and from there back while the first still works.
  await panther.adapters.queue.send(DEAD, [{ body: one?.body ?? '' }]);
  await runCommand(requeue, ['--to', INPUT_QUEUE, '--data-dir', root]);
  await runCommand(s3queue, backFill);
  assert.ok(one);
  await Promise.all([processMessages(panther.pipeline.deps, [one], new AbortController().signal), other.processAll()]);
  await panther.processAll();
  assert.deepEqual(await panther.counts(), { received: 5_000, stored: 5_000, quarantined: 0, rejected: 0 });
  assert.deepEqual(await panther.rows('SELECT count(*), count(DISTINCT p_row_id) FROM panther_logs.aws_cloudtrail'), [
    [5_000, 5_000],
  ]);
  const { visible, inFlight } = await panther.adapters.queue.counts(INPUT_QUEUE);
  assert.equal(visible + inFlight, 0);
  await panther.close();
  await other.close();
});
