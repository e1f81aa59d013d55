/** What AWS does on bad days, put in front of an emulator: throttling, resets, expired credentials, refused entries. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Emulator, startEmulator } from '../../../test/support/emulators.ts';
import { ExternalError, UserError } from '../../core/errors.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Queue } from '../../ports/queue.ts';
import { type AwsSettings, createS3Client, createSqsClient } from './aws-client.ts';
import { openS3Objects } from './s3-objects.ts';
import { openSqsQueue } from './sqs-queue.ts';

type Fault = (request: IncomingMessage, response: ServerResponse) => void;

const clock = { now: () => new Date() };
let emulator: Emulator;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let settings: AwsSettings;
let objects: Objects;
let queue: Queue;

before(async () => {
  emulator = await startEmulator('fauxqs');
  proxy = await startProxy(emulator.endpoint);
  settings = { ...emulator.settings, endpoint: proxy.endpoint };
  const s3 = await createS3Client(settings);
  objects = await openS3Objects({ s3, clock, bucketPrefix: emulator.prefix, createMissing: true });
  await objects.put('logs', 'first', Buffer.from('x'));
  queue = await openSqsQueue({ sqs: await createSqsClient(settings), clock, queuePrefix: emulator.prefix });
  await queue.ensure('work', { visibilityTimeoutMs: 30_000, maxReceiveCount: 3 });
});

beforeEach(() => proxy.answerWith());

after(async () => {
  await proxy.stop();
  await emulator.stop();
});

describe('S3', () => {
  test('tries again when it is throttled, and when the connection breaks', async () => {
    proxy.answerWith(xml(503, 'SlowDown'), xml(503, 'SlowDown'), reset);
    await objects.put('logs', 'throttled', Buffer.from('abc'));
    assert.equal(proxy.faultsLeft(), 0);
    assert.equal((await objects.head('logs', 'throttled'))?.sizeBytes, 3);
  });

  test('gives up after its attempts with an error that may be retried', async () => {
    const s3 = await createS3Client({ ...settings, maxAttempts: 2 });
    const impatient = await openS3Objects({ s3, clock, bucketPrefix: emulator.prefix });
    proxy.answerWith(xml(503, 'SlowDown'), xml(503, 'SlowDown'));
    await assert.rejects(impatient.head('logs', 'first'), (error) => error instanceof ExternalError && error.retryable);
  });

  test('renews credentials that have expired, once for each call', async () => {
    proxy.answerWith(xml(400, 'ExpiredToken'));
    await objects.put('logs', 'renewed', Buffer.from('x'));
    assert.equal(proxy.faultsLeft(), 0);

    proxy.answerWith(xml(400, 'ExpiredToken'), xml(400, 'ExpiredToken'));
    await assert.rejects(objects.put('logs', 'renewed', Buffer.from('x')), /the credentials have expired: renew them/);
  });

  test('says what is not allowed, as a mistake of the configuration', async () => {
    proxy.answerWith(xml(403, 'AccessDenied'));
    await assert.rejects(
      objects.put('logs', 'denied', Buffer.from('x')),
      (error) => error instanceof UserError && /AccessDenied.*permission/s.test(error.message),
    );
  });

  test('asks for the region where none is known', async () => {
    const s3 = await createS3Client({
      endpoint: proxy.endpoint,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const lost = await openS3Objects({ s3, clock });
    const before = process.env.AWS_REGION;
    delete process.env.AWS_REGION;
    try {
      await assert.rejects(lost.head('logs', 'first'), /the region is not known/);
    } finally {
      if (before !== undefined) process.env.AWS_REGION = before;
    }
  });
});

describe('SQS', () => {
  test('tries again when it is throttled, and when the connection breaks', async () => {
    proxy.answerWith(json(400, 'ThrottlingException'), reset);
    assert.deepEqual(await queue.send('work', [{ body: 'throttled' }]), []);
    assert.equal(proxy.faultsLeft(), 0);
    await queue.purge('work');
  });

  test('sends again what a batch could not take, and reports what it refused', async () => {
    proxy.answerWith(
      answer({
        Successful: [],
        Failed: [
          { Id: '0', Code: 'InternalError', SenderFault: false },
          { Id: '1', Code: 'InvalidMessageContents', Message: 'no', SenderFault: true },
        ],
      }),
    );
    const refused = await queue.send('work', [{ body: 'again' }, { body: 'refused' }]);
    assert.equal(refused.length, 1);
    const received = await queue.receive('work', { maxMessages: 10, waitMs: 0 });
    assert.deepEqual(
      received.map(({ body }) => body),
      ['again'],
    );
  });
});

function xml(status: number, code: string): Fault {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>from the test</Message></Error>`);
  };
}

function json(status: number, code: string): Fault {
  return (_, response) => {
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': `${code};Sender`,
    });
    response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'from the test' }));
  };
}

function answer(body: unknown): Fault {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  };
}

function reset(incoming: IncomingMessage): void {
  incoming.socket.destroy();
}

/** Passes requests on; the faults that were given answer the first ones. */
async function startProxy(target: string) {
  let faults: Fault[] = [];
  const server = createServer((incoming, response) => {
    const fault = faults.shift();
    if (fault !== undefined) {
      incoming.resume();
      fault(incoming, response);
      return;
    }
    const { method, headers } = incoming;
    const onward = request(new URL(incoming.url ?? '/', target), { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(...next: Fault[]) {
      faults = next;
    },
    faultsLeft: () => faults.length,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
