/** What every adapter of the port `Queue` promises. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { deadLetterQueue, type Queue, type QueueMessage } from './queue.ts';

export interface QueueUnderTest {
  readonly queue: Queue;
  /** Lets time pass: really, or by moving the clock that the adapter was given. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What a service cannot promise, or the server behind an adapter cannot do. */
export interface QueueLimits {
  /** Titles of cases, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Looking at messages counts as a receive. */
  readonly peekCounts?: boolean;
  /** Random walks; fewer where time passes really. */
  readonly walks?: number;
  /** A queue cannot be purged again at once: every case has one of its own. */
  readonly purgesSeldom?: boolean;
}

const VISIBILITY_MS = 2_000;

export function testQueue(name: string, make: () => Promise<QueueUnderTest>, limits: QueueLimits = {}): void {
  describe(`queue: ${name}`, () => {
    const test = (title: string, run: () => Promise<void>) => it(title, { skip: limits.skip?.[title] ?? false }, run);
    let fixture: QueueUnderTest;
    let queue: Queue;
    let made = 0;
    let Q = 'panther-suite-queue';
    let DLQ = deadLetterQueue(Q);
    before(async () => {
      fixture = await make();
      queue = fixture.queue;
    });
    after(() => fixture.close());
    const empty = async () => {
      if (limits.purgesSeldom === true) return;
      await queue.purge(Q);
      await queue.purge(DLQ);
    };
    const begin = async () => {
      if (limits.purgesSeldom === true) Q = `panther-suite-queue-${made++}`;
      DLQ = deadLetterQueue(Q);
      await queue.ensure(Q, { visibilityTimeoutMs: VISIBILITY_MS, maxReceiveCount: 3 });
    };
    beforeEach(begin);
    afterEach(empty);

    const receive = (from = Q, maxMessages = 10) => queue.receive(from, { maxMessages, waitMs: 0 });
    const receiveOne = async (from = Q): Promise<QueueMessage> => {
      const [message] = await queue.receive(from, { maxMessages: 1, waitMs: 5_000 });
      assert.ok(message, `a message in ${from}`);
      return message;
    };

    test('lists a queue and its dead-letter queue', async () => {
      const names = await queue.list();
      assert.ok(names.includes(Q) && names.includes(DLQ));
    });

    test('names an unknown queue', async () => {
      await assert.rejects(queue.send('panther-nowhere', [{ body: 'x' }]), /panther-nowhere/);
    });

    test('keeps body and attributes as they are', async () => {
      const body = '{"a":"ünï 𝕏 \\u0000"}\n';
      await queue.send(Q, [{ body, attributes: { type: 'LogData', 'x.y-z': 'ß "quoted"' } }]);
      const message = await receiveOne();
      assert.equal(message.body, body);
      assert.deepEqual(message.attributes, { type: 'LogData', 'x.y-z': 'ß "quoted"' });
      assert.equal(message.receiveCount, 1);
      assert.equal(message.lastError, undefined);
    });

    test('says which messages were not accepted, and accepts the others', async () => {
      const refused = await queue.send(Q, [{ body: 'good' }, { body: '' }, { body: 'x'.repeat(2_000_000) }]);
      assert.deepEqual(
        refused.map(({ index }) => index),
        [1, 2],
      );
      assert.ok(refused.every(({ reason }) => reason.length > 0));
      assert.equal((await receiveOne()).body, 'good');
    });

    test('hides a received message, then gives it again', async () => {
      await queue.send(Q, [{ body: 'again' }]);
      const first = await receiveOne();
      assert.deepEqual(await receive(), []);
      await fixture.pass(VISIBILITY_MS + 1);
      const second = await receiveOne();
      assert.equal(second.receiveCount, 2);
      assert.notEqual(second.receipt, first.receipt);
    });

    test('forgets a deleted message, and deletes twice without complaint', async () => {
      await queue.send(Q, [{ body: 'gone' }]);
      const { receipt } = await receiveOne();
      await queue.delete(Q, [receipt]);
      await queue.delete(Q, [receipt]);
      await fixture.pass(VISIBILITY_MS + 1);
      assert.deepEqual(await receive(), []);
    });

    test('does not delete by a receipt from before the message was received again', async () => {
      await queue.send(Q, [{ body: 'kept' }]);
      const stale = await receiveOne();
      await fixture.pass(VISIBILITY_MS + 1);
      await receiveOne();
      await queue.delete(Q, [stale.receipt]);
      await fixture.pass(VISIBILITY_MS + 1);
      assert.equal((await receiveOne()).body, 'kept');
    });

    test('extends the time for which a message is hidden', async () => {
      await queue.send(Q, [{ body: 'long work' }]);
      const { receipt } = await receiveOne();
      assert.equal(await queue.extend(Q, receipt, VISIBILITY_MS * 3), true);
      await fixture.pass(VISIBILITY_MS + 1);
      assert.deepEqual(await receive(), []);
      await fixture.pass(VISIBILITY_MS * 2);
      assert.equal((await receiveOne()).body, 'long work');
      assert.equal(await queue.extend(Q, receipt, VISIBILITY_MS), false);
    });

    test('delays a message', async () => {
      await queue.send(Q, [{ body: 'later', delayMs: 3_000 }]);
      assert.deepEqual(await receive(), []);
      assert.equal((await queue.counts(Q)).delayed, 1);
      await fixture.pass(3_001);
      assert.equal((await receiveOne()).body, 'later');
    });

    test('gives at most ten messages at a time, roughly in order', async () => {
      await queue.send(
        Q,
        Array.from({ length: 25 }, (_, index) => ({ body: String(index) })),
      );
      const batches = [await receive(), await receive(), await receive()];
      assert.ok(batches.every((batch) => batch.length <= 10));
      const bodies = batches.flat().map(({ body }) => Number(body));
      assert.deepEqual(
        bodies.toSorted((a, b) => a - b),
        Array.from({ length: 25 }, (_, index) => index),
      );
    });

    test('moves what failed too often to the dead-letter queue, with the last error', async () => {
      await queue.send(Q, [{ body: 'poison', attributes: { kind: 'bad' } }]);
      for (let attempt = 1; attempt <= 3; attempt++) {
        const message = await receiveOne();
        assert.equal(message.receiveCount, attempt);
        await queue.release(Q, message.receipt, { error: `failure ${attempt}`, delayMs: 0 });
      }
      assert.deepEqual(await receive(), []);
      const dead = await receiveOne(DLQ);
      assert.equal(dead.body, 'poison');
      assert.deepEqual(dead.attributes, { kind: 'bad' });
      assert.equal(dead.lastError, 'failure 3');
    });

    test('moves what was never finished to the dead-letter queue', async () => {
      await queue.send(Q, [{ body: 'crasher' }]);
      for (let attempt = 1; attempt <= 3; attempt++) {
        await receiveOne();
        await fixture.pass(VISIBILITY_MS + 1);
      }
      assert.deepEqual(await receive(), []);
      const dead = await receiveOne(DLQ);
      assert.equal(dead.body, 'crasher');
      assert.match(dead.lastError ?? '', /3 times/);
    });

    test('releases a message with a delay and its error', async () => {
      await queue.send(Q, [{ body: 'retry' }]);
      const { receipt } = await receiveOne();
      await queue.release(Q, receipt, { error: 'destination is down', delayMs: 5_000 });
      assert.deepEqual(await receive(), []);
      await fixture.pass(5_001);
      const again = await receiveOne();
      assert.equal(again.lastError, 'destination is down');
      assert.equal(again.receiveCount, 2);
    });

    test('rejects a message at once', async () => {
      await queue.send(Q, [{ body: 'hopeless' }]);
      const { receipt } = await receiveOne();
      await queue.reject(Q, receipt, 'no such source');
      assert.equal((await receiveOne(DLQ)).lastError, 'no such source');
    });

    test('shows messages without touching them', async () => {
      await queue.send(Q, [{ body: 'a' }, { body: 'b' }]);
      const shown = await queue.peek(Q, 10);
      assert.deepEqual(shown.map(({ body }) => body).toSorted(), ['a', 'b']);
      assert.deepEqual(
        (await receive()).map(({ receiveCount }) => receiveCount),
        limits.peekCounts === true ? [2, 2] : [1, 1],
      );
    });

    test('counts', async () => {
      const none = { visible: 0, inFlight: 0, delayed: 0, oldestMessageAgeMs: 0 };
      assert.deepEqual(await queue.counts(Q), none);
      await queue.send(Q, [{ body: 'a' }, { body: 'b' }, { body: 'c', delayMs: 60_000 }]);
      await receiveOne();
      await fixture.pass(1_000);
      const { oldestMessageAgeMs, ...counts } = await queue.counts(Q);
      assert.deepEqual(counts, { visible: 1, inFlight: 1, delayed: 1 });
      assert.ok(oldestMessageAgeMs >= 1_000);
    });

    test('purges', async () => {
      await queue.send(Q, [{ body: 'a' }, { body: 'b' }]);
      await receiveOne();
      await queue.purge(Q);
      await fixture.pass(VISIBILITY_MS + 1);
      assert.deepEqual(await receive(), []);
    });

    test('wakes a waiting consumer', async () => {
      const waiting = queue.receive(Q, { maxMessages: 1, waitMs: 20_000 });
      await queue.send(Q, [{ body: 'hello' }]);
      assert.equal((await waiting)[0]?.body, 'hello');
    });

    test('stops waiting when told', async () => {
      const abort = new AbortController();
      const waiting = queue.receive(Q, { maxMessages: 1, waitMs: 20_000, signal: abort.signal });
      abort.abort();
      assert.deepEqual(await waiting, []);
    });

    test('gives each message to one of several consumers', async () => {
      await queue.send(
        Q,
        Array.from({ length: 60 }, (_, index) => ({ body: String(index) })),
      );
      const batches = await Promise.all(Array.from({ length: 12 }, () => receive()));
      const bodies = batches.flat().map(({ body }) => body);
      assert.equal(new Set(bodies).size, bodies.length);
    });

    test('loses no message, whatever is done', async () => {
      const step = fc.constantFrom('send', 'receive', 'delete', 'release', 'reject', 'extend', 'pass');
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          await empty();
          await begin();
          const alive = await randomWalk(fixture, Q, steps);
          const counts = await Promise.all([queue.counts(Q), queue.counts(DLQ)]);
          const kept = counts.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
          assert.equal(kept, alive);
        }),
        { numRuns: limits.walks ?? 30 },
      );
    });
  });
}

/** Runs the steps, and says how many messages must be left in the queue and its dead-letter queue. */
async function randomWalk({ queue, pass }: QueueUnderTest, Q: string, steps: readonly string[]): Promise<number> {
  let alive = 0;
  let held: QueueMessage[] = [];
  for (const step of steps) {
    const receipt = held.at(-1)?.receipt;
    if (step === 'send') {
      await queue.send(Q, [{ body: `message ${alive}` }, { body: 'another', delayMs: 1_000 }]);
      alive += 2;
    }
    if (step === 'receive') held.push(...(await queue.receive(Q, { maxMessages: 2, waitMs: 0 })));
    if (step === 'pass') {
      await pass(VISIBILITY_MS + 1);
      held = [];
    }
    if (receipt === undefined) continue;
    if (step === 'extend') await queue.extend(Q, receipt, VISIBILITY_MS);
    if (step === 'release') await queue.release(Q, receipt, { error: 'x', delayMs: 0 });
    if (step === 'reject') await queue.reject(Q, receipt, 'x');
    if (step === 'delete') {
      await queue.delete(Q, [receipt]);
      alive--;
    }
    if (['release', 'reject', 'delete'].includes(step)) held.pop();
  }
  return alive;
}
