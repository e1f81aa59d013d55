import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createHttpClient } from '../adapters/embedded/http-client.ts';
import { createDeliver } from '../destinations/configured.ts';
import type { DestinationsTable } from '../ports/state/tables.ts';
import { resendAlert } from './deliveries.ts';
import { type DeliveryDeps, handleAlertMessage } from './delivery.ts';
import { runDelivery } from './delivery-loop.ts';
import { ALERTS_QUEUE, commitAlerts, resolveAlerts } from './life-cycle.ts';
import { relayOutbox } from './outbox.ts';
import { sendTestAlert } from './test-alert.ts';
import { openStore, ruleInfo, ruleMatch, type Store } from './test-support.ts';

interface Hit {
  readonly key: string;
  readonly title: string;
  readonly alertId: string;
  readonly at: number;
}

/** A real receiver of webhooks. */
interface Receiver {
  readonly url: string;
  readonly hits: Hit[];
  answer: (response: ServerResponse, count: number) => void;
  close(): void;
}

const receivers: Receiver[] = [];

async function openReceiver(answer: Receiver['answer'] = (response) => response.end('ok')): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse(await new Response(request as never).text()) as { title: string; alertId: string };
    const key = String(request.headers['idempotency-key']);
    receiver.hits.push({ key, title: body.title, alertId: body.alertId, at: performance.now() });
    receiver.answer(response, receiver.hits.length);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    hits: [],
    answer,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  receivers.push(receiver);
  return receiver;
}

/** The store's clock; tests move it to where retries are due. */
let offsetMs = 0;
const clock = { now: () => new Date(Date.now() + offsetMs) };
const silent = { warn: () => {}, error: () => {} };
const secrets = {
  seal: async (text: string) => text,
  open: async (sealed: string) => sealed,
  rotate: async () => {},
  isCurrent: () => true,
};

let store: Store;
const http = createHttpClient({ allow: ['127.0.0.1'] });

function deps(change: Partial<DeliveryDeps> = {}): DeliveryDeps {
  return {
    state: store.state,
    queue: store.queue,
    clock,
    metrics: { count: () => {}, gauge: () => {}, observe: () => {}, flush: async () => {} },
    log: silent,
    random: () => 0.5,
    consoleUrl: 'http://127.0.0.1:8765',
    timeoutMs: 5_000,
    deliver: createDeliver({ secrets, http }),
    ...change,
  };
}

before(async () => {
  store = await openStore(clock.now);
});
after(() => store.close());
beforeEach(async () => {
  offsetMs = 0;
  for (const table of ['alert_dedup', 'alerts', 'outbox', 'destinations', 'deliveries', 'delivery_attempts'] as const) {
    await store.state.db.deleteFrom(table).execute();
  }
  for (const queue of await store.queue.list()) await store.queue.purge(queue);
});
afterEach(() => {
  for (const receiver of receivers.splice(0)) receiver.close();
});

function destinationRow(id: string, url: string, change: Partial<DestinationsTable> = {}): DestinationsTable {
  return {
    id,
    name: `name of ${id}`,
    type: 'webhook',
    config: '{}',
    secrets: JSON.stringify({ url }),
    severities: '["HIGH"]',
    alert_types: '[]',
    enabled: 1,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

async function addDestination(id: string, url: string, change: Partial<DestinationsTable> = {}): Promise<void> {
  await store.state.db
    .insertInto('destinations')
    .values(destinationRow(id, url, change))
    .execute();
}

/** Commits alerts, one for each dedup string, and puts their notifications on the queue. */
async function raise(...dedups: readonly string[]): Promise<string[]> {
  const results = dedups.map((dedup) => ruleMatch({ dedup, title: dedup }));
  const resolution = await resolveAlerts(store.state, results, new Map([['R', ruleInfo()]]), clock.now());
  await store.state.transaction((tx) => commitAlerts(tx, resolution));
  await relayOutbox(deps());
  return results.map((result) => String(resolution.decisionFor(result).alertId));
}

/** Handles what is visible now, message by message; gives how many there were. */
async function step(options: DeliveryDeps = deps()): Promise<number> {
  for (let handled = 0; ; ) {
    const messages = await store.queue.receive(ALERTS_QUEUE, { maxMessages: 10, waitMs: 0 });
    if (messages.length === 0) return handled;
    for (const message of messages) await handleAlertMessage(message, options);
    handled += messages.length;
  }
}

const deliveries = () =>
  store.state.db.selectFrom('deliveries').selectAll().orderBy('alert_id').orderBy('destination_id').execute();
const attempts = () => store.state.db.selectFrom('delivery_attempts').selectAll().orderBy('id').execute();
const dead = () => store.queue.receive(`${ALERTS_QUEUE}-dlq`, { maxMessages: 10, waitMs: 0 });

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a delivery', () => {
  it('reaches each destination once, with its own key, and is recorded', async () => {
    const [one, two] = [await openReceiver(), await openReceiver()];
    await addDestination('d1', one.url);
    await addDestination('d2', two.url);
    await addDestination('d3', two.url, { severities: '["LOW"]' });
    const [id] = await raise('Somebody did something');
    await step();
    assert.deepEqual(
      [...one.hits, ...two.hits].map(({ key, title, alertId }) => ({ key, title, alertId })),
      ['d1', 'd2'].map((d) => ({ key: `${id}-${d}`, title: 'New Alert: Somebody did something', alertId: id })),
    );
    assert.deepEqual(
      (await deliveries()).map(({ status, attempts: n }) => [status, n]),
      [
        ['delivered', 1],
        ['delivered', 1],
      ],
    );
    assert.deepEqual(
      (await attempts()).map(({ success, status_code, message }) => [success, status_code, message]),
      [
        [1, 200, 'ok'],
        [1, 200, 'ok'],
      ],
    );
    assert.equal((await store.queue.counts(ALERTS_QUEUE)).visible, 0);
  });

  it('is not repeated when its messages come twice', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    const [id] = await raise('a');
    await store.queue.send(ALERTS_QUEUE, [{ body: JSON.stringify({ alertId: id }) }]);
    await step();
    await store.queue.send(ALERTS_QUEUE, [{ body: JSON.stringify({ alertId: id, destinationId: 'd1' }) }]);
    await step();
    assert.equal(receiver.hits.length, 1);
  });

  it('is retried with the same key, after 1, 5, 30, … seconds, until it works', async () => {
    const receiver = await openReceiver((response, count) => response.writeHead(count < 4 ? 500 : 200).end('body'));
    await addDestination('d1', receiver.url);
    await raise('a');
    await step();
    for (const seconds of [1, 5, 30]) {
      offsetMs += seconds * 1_000 - 900;
      assert.equal(await step(), 0, `nothing is due before ${seconds} s`);
      offsetMs += 1_000;
      assert.equal(await step(), 1, `a retry is due after ${seconds} s`);
    }
    assert.equal(new Set(receiver.hits.map(({ key }) => key)).size, 1);
    assert.deepEqual(
      (await attempts()).map(({ status_code }) => status_code),
      [500, 500, 500, 200],
    );
    const [delivery] = await deliveries();
    assert.deepEqual([delivery?.status, delivery?.attempts], ['delivered', 4]);
  });

  it('waits as long as Retry-After says', async () => {
    const receiver = await openReceiver((response, count) =>
      count === 1 ? response.writeHead(429, { 'Retry-After': '120' }).end() : response.end(),
    );
    await addDestination('d1', receiver.url);
    await raise('a');
    await step();
    offsetMs += 115_000;
    assert.equal(await step(), 0);
    offsetMs += 6_000;
    assert.equal(await step(), 1);
    assert.equal((await deliveries())[0]?.status, 'delivered');
  });

  it('is not retried when the destination says that it never will work', async () => {
    const receiver = await openReceiver((response) => response.writeHead(404).end('no such hook'));
    await addDestination('d1', receiver.url);
    await raise('a');
    await step();
    const [buried] = await dead();
    assert.equal(buried?.lastError, 'request failed: 404: no such hook');
    assert.equal((await deliveries())[0]?.status, 'failed');
    assert.equal(receiver.hits.length, 1);
  });

  it('ends in the dead-letter queue with its reason after ten attempts, and can be redriven', async () => {
    const receiver = await openReceiver((response) => response.writeHead(503).end('down'));
    await addDestination('d1', receiver.url);
    const [id] = await raise('a');
    await step();
    for (let attempt = 1; attempt < 10; attempt++) {
      offsetMs += 16 * 60_000;
      await step();
    }
    assert.equal(receiver.hits.length, 10);
    const [buried] = await dead();
    assert.equal(buried?.lastError, 'request failed: 503: down');
    assert.equal((await deliveries())[0]?.status, 'failed');
    receiver.answer = (response) => response.end('ok');
    await store.queue.send(ALERTS_QUEUE, [{ body: String(buried?.body) }]);
    await step();
    const [delivery] = await deliveries();
    assert.deepEqual([delivery?.status, delivery?.attempts, delivery?.alert_id], ['delivered', 11, id]);
  });

  it('survives answers that hang, break off, or never come', async () => {
    const broken = await openReceiver((response, count) => {
      if (count === 1) return; // hangs
      if (count === 2) response.socket?.destroy();
      else if (count === 3) {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setTimeout(() => response.socket?.destroy(), 20);
      } else response.end('ok');
    });
    await addDestination('d1', broken.url);
    await raise('a');
    for (let attempt = 0; attempt < 4; attempt++) {
      await step(deps({ timeoutMs: 300 }));
      offsetMs += 40_000;
    }
    const messages = (await attempts()).map(({ message }) => message);
    assert.match(String(messages[0]), /no answer within 0.3 s/);
    assert.match(String(messages[1]), /network error/);
    assert.match(String(messages[2]), /network error/);
    assert.equal((await deliveries())[0]?.status, 'delivered');
  });

  it('does not wait for a unit that ignores its signal', async () => {
    await addDestination('d1', 'http://127.0.0.1:1/');
    await raise('a');
    await step(deps({ timeoutMs: 50, deliver: () => new Promise(() => {}) }));
    assert.match(String((await attempts())[0]?.message), /no answer within 0.05 s/);
  });

  it('is refused to a private address that is not allowed', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    await raise('a');
    const strict = createHttpClient({ allow: [] });
    await step(deps({ deliver: createDeliver({ secrets, http: strict }) }));
    assert.equal(receiver.hits.length, 0);
    assert.match(String((await dead())[0]?.lastError), /127.0.0.1 is not a public address/);
  });

  it('fails when its destination was deleted or disabled meanwhile', async () => {
    const receiver = await openReceiver((response) => response.writeHead(500).end());
    await addDestination('d1', receiver.url);
    await addDestination('d2', receiver.url);
    await raise('a');
    await step();
    await store.state.db.deleteFrom('destinations').where('id', '=', 'd1').execute();
    await store.state.db.updateTable('destinations').set({ enabled: 0 }).where('id', '=', 'd2').execute();
    offsetMs += 2_000;
    await step();
    const last = (await attempts()).slice(-2).map(({ message }) => message);
    assert.deepEqual(last.sort(), ['the destination is disabled', 'the destination was deleted']);
    assert.deepEqual(
      (await deliveries()).map(({ status }) => status),
      ['failed', 'failed'],
    );
    assert.equal(receiver.hits.length, 2);
  });

  it('of something that is no alert is put aside', async () => {
    for (const body of ['not json', '{}', '{"alertId":1}']) await store.queue.send(ALERTS_QUEUE, [{ body }]);
    await store.queue.send(ALERTS_QUEUE, [{ body: '{"alertId":"gone"}' }]);
    await step();
    const buried = await dead();
    assert.deepEqual(
      buried.map(({ lastError }) => lastError),
      Array(3).fill('not an alert notification'),
    );
  });
});

describe('sending again', () => {
  it('delivers to the chosen destinations under a new key', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    await addDestination('d2', receiver.url, { severities: '[]' });
    const [id = ''] = await raise('a');
    await step();
    assert.equal(await resendAlert(store.state, id, ['d1', 'd2', 'd1'], clock.now()), 2);
    await relayOutbox(deps());
    await step();
    assert.deepEqual(
      receiver.hits.map(({ key, title }) => [key, title]),
      [
        [`${id}-d1`, 'New Alert: a'],
        [`${id}-d1-1`, '[Re-sent]: a'],
        [`${id}-d2-0`, '[Re-sent]: a'],
      ],
    );
    assert.ok((await deliveries()).every(({ status }) => status === 'delivered'));
  });

  it('refuses what cannot be delivered, as a whole', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    await addDestination('off', receiver.url, { enabled: 0 });
    const [id = ''] = await raise('a');
    await assert.rejects(resendAlert(store.state, 'none', ['d1'], clock.now()), /there is no alert none/);
    await assert.rejects(resendAlert(store.state, id, ['d1', 'gone'], clock.now()), /there is no destination gone/);
    await assert.rejects(resendAlert(store.state, id, ['d1', 'off'], clock.now()), /name of off is disabled/);
    assert.equal((await deliveries()).length, 0);
  });

  it('tests a destination without an alert', async () => {
    const receiver = await openReceiver((response) => response.writeHead(401).end('who are you'));
    const result = await sendTestAlert(destinationRow('d1', receiver.url), 'n1', deps());
    assert.deepEqual(
      [result.success, result.statusCode, result.message],
      [false, 401, 'request failed: 401: who are you'],
    );
    assert.deepEqual([receiver.hits[0]?.title, receiver.hits[0]?.key], ['This is a Test Alert', 'test-n1']);
    assert.equal((await attempts()).length, 0);
  });
});

describe('the loop', () => {
  async function whileRunning(
    options: { concurrency: number; timeoutMs?: number },
    work: () => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    const { concurrency, timeoutMs = 5_000 } = options;
    const loop = runDelivery({ ...deps({ timeoutMs }), concurrency }, stop.signal);
    try {
      await work();
    } finally {
      stop.abort();
      await loop;
    }
  }

  it('keeps a destination that hangs from delaying or repeating what goes to others (need 2)', async () => {
    const hanging = await openReceiver(() => {});
    const healthy = await openReceiver();
    await addDestination('hangs', hanging.url);
    await addDestination('works', healthy.url);
    await whileRunning({ concurrency: 2, timeoutMs: 1_000 }, async () => {
      const ids = await raise(...Array.from({ length: 60 }, (_, index) => `a${index}`));
      await until(() => healthy.hits.length >= 60);
      assert.ok(hanging.hits.length < 60, 'the other destination still hangs');
      assert.deepEqual(new Set(healthy.hits.map(({ alertId }) => alertId)), new Set(ids));
      hanging.answer = (response) => response.end('ok');
      await until(async () => {
        offsetMs += 1_000;
        return (await deliveries()).every(({ status }) => status === 'delivered');
      });
    });
    assert.equal(healthy.hits.length, 60);
    assert.equal(new Set(hanging.hits.map(({ key }) => key)).size, 60);
    assert.equal((await dead()).length, 0);
  });

  it('delivers an alert on an idle system at once', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    const latencies: number[] = [];
    await whileRunning({ concurrency: 4 }, async () => {
      for (let index = 0; index < 50; index++) {
        const started = performance.now();
        await raise(`a${index}`);
        await until(() => receiver.hits.length > index);
        latencies.push((receiver.hits[index]?.at ?? 0) - started);
      }
    });
    latencies.sort((a, b) => a - b);
    // Printed, not judged: a busy machine must not fail the test.
    console.log(`# commit to destination: p50 ${latencies[25]?.toFixed(0)} ms, max ${latencies[49]?.toFixed(0)} ms`);
    assert.equal(receiver.hits.length, 50);
  });

  it('lets deliveries end when it is stopped, and gives back those that wait', async () => {
    let release = () => {};
    const slow = await openReceiver((response) => {
      release = () => response.end('ok');
    });
    await addDestination('d1', slow.url);
    await whileRunning({ concurrency: 1 }, async () => {
      await raise('a', 'b', 'c');
      await until(async () => slow.hits.length === 1 && (await deliveries()).length === 3);
      setTimeout(() => release(), 100);
    });
    const statuses = (await deliveries()).map(({ status }) => status).sort();
    assert.deepEqual(statuses, ['delivered', 'pending', 'pending']);
    slow.answer = (response) => response.end('ok');
    offsetMs += 60_000;
    await step();
    assert.ok((await deliveries()).every(({ status }) => status === 'delivered'));
    assert.equal(slow.hits.length, 3);
  });

  it('goes on after a failure of the state', async () => {
    const receiver = await openReceiver();
    await addDestination('d1', receiver.url);
    let failures = 1;
    const flaky = deps({
      deliver: async (...args) => {
        if (failures-- > 0) throw new Error('a bug');
        return deps().deliver(...args);
      },
    });
    const stop = new AbortController();
    const loop = runDelivery({ ...flaky, concurrency: 1 }, stop.signal);
    await raise('a');
    await until(async () => (await attempts()).length === 1);
    offsetMs += 5_000;
    await until(() => receiver.hits.length === 1);
    stop.abort();
    await loop;
    assert.equal((await attempts())[0]?.message, 'a bug');
  });
});
