import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExternalError } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { createPacer } from '../pacer.ts';
import { createTracker } from './checkpoint.ts';
import { type Position, type SendRun, sendObjects } from './send-objects.ts';

function object(index: number): ObjectInfo {
  return { key: String(index).padStart(6, '0'), sizeBytes: index % 7, modifiedAt: new Date(0), version: 'v' };
}

/** A run over `count` objects, at a clock that only `sleep` moves; what was sent is in `sent`. */
function testRun(count: number, changes: Partial<SendRun> = {}) {
  const sent: { key: string; atMs: number }[] = [];
  let clock = 0;
  const run: SendRun = {
    async *list(after) {
      for (let index = 0; index < count; index += 1) if (object(index).key > (after ?? '')) yield object(index);
    },
    isWanted: ({ sizeBytes }) => sizeBytes > 0,
    async send(objects) {
      await Promise.resolve();
      for (const { key } of objects) sent.push({ key, atMs: clock });
    },
    pacer: createPacer(0),
    concurrency: 5,
    limit: 0,
    durationMs: 0,
    isLoop: false,
    start: { sent: 0, bytes: 0 },
    onSent() {},
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
    signal: new AbortController().signal,
    ...changes,
  };
  return { run, sent, keys: () => new Set(sent.map(({ key }) => key)) };
}

const wantedOf = (count: number) => count - Math.ceil(count / 7);

test('sends each object once and leaves the empty ones out', async () => {
  const { run, sent, keys } = testRun(1_000);
  const result = await sendObjects(run);
  assert.deepEqual(result, {
    stoppedBy: 'end',
    listed: 1_000,
    unwanted: 143,
    processed: 0,
    sent: 857,
    bytes: 2_997,
  });
  assert.equal(sent.length, 857);
  assert.equal(keys().size, 857);
});

test('keeps to the rate, to the limit and to the time', async () => {
  const paced = testRun(1_000, { pacer: createPacer(20) });
  await sendObjects(paced.run);
  assert.equal(paced.sent.at(-1)?.atMs, (850 * 1_000) / 20);
  const slow = testRun(100, { pacer: createPacer(0.5), limit: 3 });
  assert.equal((await sendObjects(slow.run)).stoppedBy, 'limit');
  assert.deepEqual(
    slow.sent.map(({ atMs }) => atMs),
    [0, 2_000, 4_000],
  );
  const timed = testRun(1_000, { pacer: createPacer(20), durationMs: 2_000 });
  assert.equal((await sendObjects(timed.run)).stoppedBy, 'duration');
  assert.equal(timed.sent.length, 40);
});

test('lists again and again, and once no more than needed', async () => {
  let lists = 0;
  const { run, sent } = testRun(8, { isLoop: true, limit: 18 });
  const { list } = run;
  const counting = {
    ...run,
    list: (after: string | undefined) => [lists++, list(after)][1] as ReturnType<typeof list>,
  };
  assert.equal((await sendObjects(counting)).stoppedBy, 'limit');
  assert.equal(sent.length, 18);
  assert.equal(lists, 3);
});

test('asks once for many objects whether they were processed', async () => {
  const asked: number[] = [];
  const { run, sent } = testRun(700, {
    async processed(objects) {
      asked.push(objects.length);
      return new Set(objects.filter(({ sizeBytes }) => sizeBytes === 3).map(({ key }) => key));
    },
  });
  const result = await sendObjects(run);
  assert.deepEqual([result.sent, result.processed, sent.length], [500, 100, 500]);
  assert.equal(asked.length, 6);
});

test('a failure ends the run, and the checkpoint stays before what failed', async () => {
  const positions: [Position, boolean][] = [];
  const { run, keys } = testRun(5_000, {
    async send(objects) {
      await Promise.resolve();
      if (objects.some(({ key }) => key === '002001')) throw new ExternalError('refused', { retryable: false });
    },
    async save(position, isComplete) {
      positions.push([position, isComplete]);
    },
  });
  await assert.rejects(sendObjects(run), /refused/);
  const [last, isComplete] = positions.at(-1) ?? [];
  assert.equal(isComplete, false);
  assert.ok((last?.after ?? '') < '002001', last?.after);
  assert.ok(last && last.sent > 1_000);
  assert.equal(keys().has('002001'), false);
});

test('an unreadable list does not complete a checkpoint', async () => {
  const flags: boolean[] = [];
  const { run } = testRun(0, {
    // biome-ignore lint/correctness/useYield: it fails before it has anything.
    async *list() {
      throw new ExternalError('no such bucket', { retryable: false });
    },
    save: async (_, isComplete) => void flags.push(isComplete),
  });
  await assert.rejects(sendObjects(run), /no such bucket/);
  assert.deepEqual(flags, [false]);
});

test('interrupted anywhere and resumed from what was saved, it sends everything, and little twice', async () => {
  const runs = fc.record({
    count: fc.integer({ min: 0, max: 6_000 }),
    concurrency: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer(),
    killAfter: fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ count, concurrency, seed, killAfter }) => {
      let saved: Position = { sent: 0, bytes: 0 };
      let isSaving = true;
      let random = seed;
      const all: string[] = [];
      for (const kill of [...killAfter, Number.POSITIVE_INFINITY]) {
        const stop = new AbortController();
        let sends = 0;
        isSaving = true;
        const { run } = testRun(count, {
          concurrency,
          start: saved,
          signal: stop.signal,
          async send(objects) {
            random = (random * 1_103_515_245 + 12_345) & 0x7fffffff;
            for (let turns = random % 20; turns > 0; turns -= 1) await Promise.resolve();
            all.push(...objects.map(({ key }) => key));
            sends += objects.length;
            // As a kill does: nothing is saved any more.
            if (sends < kill) return;
            isSaving = false;
            stop.abort();
          },
          async save(position) {
            if (isSaving) saved = position;
          },
        });
        await sendObjects(run);
      }
      const wanted = wantedOf(count);
      assert.equal(new Set(all).size, wanted);
      assert.equal(saved.sent, wanted);
      assert.ok(all.length - wanted <= killAfter.length * (2_010 + 10 * concurrency), `${all.length - wanted} twice`);
    }),
    { numRuns: 40 },
  );
});

test('a tracker passes an object only when all before it are done', () => {
  const tracker = createTracker({ sent: 5, bytes: 50 });
  tracker.pass('a');
  assert.deepEqual(tracker.position(), { after: 'a', sent: 5, bytes: 50 });
  const b = tracker.begin({ key: 'b', sizeBytes: 1 });
  tracker.pass('c');
  const d = tracker.begin({ key: 'd', sizeBytes: 2 });
  tracker.done(d);
  assert.deepEqual(tracker.position(), { after: 'a', sent: 5, bytes: 50 });
  assert.equal(tracker.open(), 3);
  tracker.done(b);
  assert.deepEqual(tracker.position(), { after: 'd', sent: 7, bytes: 53 });
  assert.equal(tracker.open(), 0);
});
