/** Over the queues of a data folder. What SQS does differently: `requeue-sqs.test.ts`. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../../../test/support/run-command.ts';
import { openSqliteQueue, type SqliteQueue } from '../../adapters/embedded/sqlite-queue.ts';
import { deadLetterQueue } from '../../ports/queue.ts';
import { requeue } from './requeue.ts';

const TO = 'panther-alerts-queue';
const FROM = deadLetterQueue(TO);

async function withQueue(work: (queue: SqliteQueue, dir: string, clock: { now: Date }) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), 'panther-requeue-'));
  const clock = { now: new Date() };
  const queue = await openSqliteQueue({ path: join(dir, 'queue.db'), clock: { now: () => clock.now } });
  await queue.ensure(TO, { visibilityTimeoutMs: 60_000, maxReceiveCount: 2 });
  try {
    await work(queue, dir, clock);
  } finally {
    await queue.close();
  }
}

const all = (queue: SqliteQueue, name: string) => [...queue.bodies(name)].sort();
const json = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>;

test('moves everything back, with body and attributes, and counts receives anew', async () => {
  await withQueue(async (queue, dir, clock) => {
    const attributes = { type: 'LogData', id: 'AWS.CloudTrail', odd: 'ü "\n' };
    await queue.send(TO, [{ body: 'ä\u2028 "x"\n', attributes }]);
    const [first] = await queue.receive(TO, { maxMessages: 1, waitMs: 0 });
    await queue.reject(TO, first?.receipt ?? '', 'objects/17.gz does not exist any more');
    await queue.send(FROM, [{ body: 'two' }]);

    const run = await runCommand(requeue, ['--to.q', TO, '--data-dir', dir, '--json']);
    assert.equal(run.status, 0, run.stderr);
    const { moved, left, reasons, stoppedBy } = json(run.stdout);
    assert.deepEqual({ moved, left, stoppedBy }, { moved: 2, left: 0, stoppedBy: 'end' });
    assert.deepEqual(reasons, [
      { reason: 'no reason is known', count: 1 },
      { reason: '… does not exist any more', count: 1 },
    ]);
    assert.deepEqual(all(queue, FROM), []);
    clock.now = new Date();
    const messages = await queue.receive(TO, { maxMessages: 10, waitMs: 0 });
    const moved1 = messages.find(({ body }) => body !== 'two');
    assert.deepEqual(
      [moved1?.body, moved1?.attributes, moved1?.receiveCount, moved1?.lastError],
      ['ä\u2028 "x"\n', attributes, 1, undefined],
    );
  });
});

test('chooses by body, attribute, reason and age; leaves the rest as it was', async () => {
  await withQueue(async (queue, dir, clock) => {
    const bodies = Array.from({ length: 20 }, (_, n) => ({
      body: JSON.stringify({ n }),
      attributes: { even: String(n % 2 === 0) },
    }));
    await queue.send(FROM, bodies);
    clock.now = new Date(clock.now.getTime() - 3 * 86_400_000);
    await queue.send(FROM, [{ body: 'old' }]);
    const options = ['--to', TO, '--data-dir', dir, '--json'];
    const now = new Date(Date.now() + 60_000);
    const run = async (...more: string[]) => json((await runCommand(requeue, [...options, ...more], { now })).stdout);
    assert.equal((await run('--dry-run', '--max-age', '2d')).moved, 20);
    assert.equal((await run('--dry-run', '--until', '2d')).moved, 1);
    assert.equal((await run('--dry-run', '--reason', 'disk')).moved, 0);
    assert.equal((await run('--filter', '@even=true', '--filter', '$.n~^1')).moved, 5);
    assert.deepEqual(all(queue, TO), ['{"n":10}', '{"n":12}', '{"n":14}', '{"n":16}', '{"n":18}']);
    assert.equal((await run('--limit', '4', '--filter', '!old')).moved, 4);
    assert.equal(all(queue, FROM).length, 12);
    const left = await queue.receive(FROM, { maxMessages: 10, waitMs: 0 });
    assert.deepEqual(new Set(left.map(({ receiveCount }) => receiveCount)), new Set([1]));
  });
});

test('a dry run moves nothing and shows some messages, without control characters', async () => {
  await withQueue(async (queue, dir) => {
    await queue.send(FROM, [{ body: 'red \u001b[31m\u202e text' }, { body: 'b' }, { body: 'c' }]);
    const run = await runCommand(requeue, ['--to', TO, '--data-dir', dir, '--dry-run', '--sample', '2']);
    assert.equal(run.status, 0);
    assert.match(run.stdout, /^would move 3 messages from panther-alerts-queue-dlq to panther-alerts-queue/);
    assert.match(run.stdout, /some of them:\n .*\n {6}red {3}text\n .*\n {6}b\n$/);
    assert.equal(all(queue, FROM).length, 3);
  });
});

test('does not take what others have in work, nor what arrives later', async () => {
  await withQueue(async (queue, dir) => {
    await queue.send(FROM, [{ body: 'a' }, { body: 'b' }, { body: 'later', delayMs: 60_000 }]);
    await queue.receive(FROM, { maxMessages: 1, waitMs: 0 });
    const run = await runCommand(requeue, ['--to', TO, '--data-dir', dir, '--json']);
    const { moved, notes } = json(run.stdout);
    assert.equal(moved, 1);
    assert.match(String(notes), /^2 messages in panther-alerts-queue-dlq were not looked at/);
    assert.deepEqual(all(queue, TO), ['b']);
  });
});

test('stops in order when it is interrupted, with status 130', async () => {
  await withQueue(async (queue, dir) => {
    await queue.send(
      FROM,
      Array.from({ length: 30 }, (_, n) => ({ body: String(n) })),
    );
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const run = await runCommand(requeue, ['--to', TO, '--data-dir', dir, '--rate', '5'], { signal: stop.signal });
    assert.equal(run.status, 130);
    assert.match(run.stdout, /interrupted: what is not moved is still in the source/);
    const [from, to] = [all(queue, FROM).length, all(queue, TO).length];
    assert.equal(from + to, 30);
    assert.ok(from > 0 && to > 0, `${from} and ${to}`);
  });
});

const mistakes: readonly (readonly [argv: string[], message: RegExp])[] = [
  [[], /--to\.q: name the queue/],
  [['--to', 'x'], /cannot find source queue x-dlq .*; queues: panther-alerts-queue, panther-alerts-queue-dlq/],
  [['--to', 'x', '--from', FROM], /cannot find destination queue x /],
  [['--to', 'x', '--from', 'x'], /both source and destination/],
  [['--to', 'x.fifo', '--from', FROM], /keeps an order/],
  [['--to', TO, '--filter', '/(/'], /not a regular expression/],
  [['--to', TO, '--rate', 'fast'], /--rate: "fast" is not a number/],
  [['--to', TO, '--max-age', 'old'], /--max-age: "old" is not a duration/],
  [['--to', TO, '--limit', '-1'], /--limit/],
];
for (const [argv, message] of mistakes) {
  test(`refuses ${argv.join(' ') || 'nothing'}`, async () => {
    await withQueue(async (_, dir) => {
      const { status, stderr } = await runCommand(requeue, [...argv, '--data-dir', dir]);
      assert.match(stderr, message);
      assert.equal(status, 2);
    });
  });
}

test('makes no queues where there is no Panther', async () => {
  const { status, stderr } = await runCommand(requeue, ['--to', TO, '--data-dir', '/nonexistent/panther']);
  assert.match(stderr, /there are no queues of a Panther/);
  assert.equal(status, 2);
});

test('the names of the specification and the readable ones are the same options', async () => {
  await withQueue(async (queue, dir) => {
    await queue.send(FROM, [{ body: 'a' }]);
    const run = await runCommand(requeue, ['--to.q', FROM, '--from.q', TO, '--data-dir', dir]);
    assert.match(run.stdout, /moved 0 messages from panther-alerts-queue to panther-alerts-queue-dlq/);
    const again = await runCommand(requeue, ['--to', TO, '--from', FROM, '--data-dir', dir]);
    assert.match(again.stdout, /moved 1 messages/);
  });
});
