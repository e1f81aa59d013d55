import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { testQueue } from '../../ports/queue.suite.ts';
import { openSqliteQueue } from './sqlite-queue.ts';

const OPTIONS = { visibilityTimeoutMs: 60_000, maxReceiveCount: 4 };

async function makeQueue() {
  const folder = await mkdtemp(join(tmpdir(), 'panther-queue-'));
  const path = join(folder, 'queue.db');
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => new Date(now) };
  const queue = await openSqliteQueue({ path, clock });
  return {
    path,
    queue,
    clock,
    pass: async (ms: number) => {
      now += ms;
    },
    close: async () => {
      await queue.close();
      await rm(folder, { recursive: true });
    },
  };
}

testQueue('SQLite', makeQueue);

it('wakes and feeds consumers in other threads, each message once', async () => {
  const { queue, path, close } = await makeQueue();
  await queue.ensure('q', OPTIONS);
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { openSqliteQueue } from ${JSON.stringify(new URL('./sqlite-queue.ts', import.meta.url).href)};
    const queue = await openSqliteQueue({ path: workerData.path, clock: { now: () => new Date(Date.UTC(2026, 0, 1)) } });
    const got = [];
    for (;;) {
      const messages = await queue.receive('q', { maxMessages: 10, waitMs: 60_000 });
      await queue.delete('q', messages.map((message) => message.receipt));
      const bodies = messages.map((message) => message.body);
      got.push(...bodies.filter((body) => body !== 'stop'));
      const stops = bodies.filter((body) => body === 'stop');
      if (stops.length === 0) continue;
      await queue.send('q', stops.slice(1).map((body) => ({ body })));
      break;
    }
    await queue.close();
    parentPort.postMessage(got);`;
  const results = [1, 2, 3].map(() => runWorker(code, { path }));
  for (let batch = 0; batch < 50; batch++) {
    await queue.send(
      'q',
      Array.from({ length: 20 }, (_, index) => ({ body: `${batch}-${index}` })),
    );
  }
  await queue.send('q', [{ body: 'stop' }, { body: 'stop' }, { body: 'stop' }]);
  const bodies = (await Promise.all(results)).flat();
  assert.equal(bodies.length, 1_000);
  assert.equal(new Set(bodies).size, 1_000);
  await close();
});

it('gives back what a crashed process had received, without counting it', async () => {
  const { queue, path, clock, close } = await makeQueue();
  await queue.ensure('q', OPTIONS);
  await queue.send('q', [{ body: 'interrupted' }, { body: 'delayed', delayMs: 1_000 }]);
  assert.equal((await queue.receive('q', { maxMessages: 10, waitMs: 0 })).length, 1);
  const next = await openSqliteQueue({ path, clock });
  assert.equal(await next.recover(), 1);
  const [message, ...others] = await next.receive('q', { maxMessages: 10, waitMs: 0 });
  assert.deepEqual([message?.body, message?.receiveCount, others], ['interrupted', 1, []]);
  await next.close();
  await close();
});

it('gives up on a message that was in work at every one of many crashes', async () => {
  const { queue, close } = await makeQueue();
  await queue.ensure('q', OPTIONS);
  await queue.send('q', [{ body: 'kills the process' }]);
  let crashes = 0;
  while ((await queue.receive('q', { maxMessages: 1, waitMs: 0 })).length === 1) {
    await queue.recover();
    crashes++;
    assert.ok(crashes < 100, 'ends');
  }
  assert.equal((await queue.peek('q-dlq', 1))[0]?.body, 'kills the process');
  await close();
});

it('keeps messages when it is opened again', async () => {
  const { queue, path, clock, close } = await makeQueue();
  await queue.ensure('q', OPTIONS);
  await queue.send('q', [{ body: 'kept' }]);
  const again = await openSqliteQueue({ path, clock });
  assert.equal((await again.receive('q', { maxMessages: 1, waitMs: 0 }))[0]?.body, 'kept');
  await again.close();
  await close();
});

it('undoes a send that fails without those that share its commit', async () => {
  const { queue, close } = await makeQueue();
  await queue.ensure('q', OPTIONS);
  const [good, bad] = await Promise.allSettled([queue.send('q', [{ body: 'a' }]), queue.send('none', [{ body: 'b' }])]);
  assert.deepEqual([good.status, bad.status], ['fulfilled', 'rejected']);
  assert.equal((await queue.counts('q')).visible, 1);
  await close();
});

function runWorker(code: string, workerData: object): Promise<string[]> {
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  return new Promise((resolve, reject) => {
    new Worker(url, { workerData }).on('error', reject).on('message', resolve);
  });
}
