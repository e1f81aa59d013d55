/**
 * `panther requeue` killed again and again (SIGKILL, at random moments) until a dead-letter queue is empty: no message
 * is lost. `PANTHER_REQUEUE_MESSAGES` (100000) are in the queue of the data folder, `PANTHER_REQUEUE_SQS_MESSAGES`
 * (5000) in that of SQS, which is the in-process emulator. `PANTHER_REQUEUE_SEED` repeats a sequence.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { openSqliteQueue } from '../../src/adapters/embedded/sqlite-queue.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { temporaryFolder } from '../support/panther.ts';
import { seededRandom } from '../support/traffic.ts';

const MESSAGES = Number(process.env.PANTHER_REQUEUE_MESSAGES ?? 100_000);
const SQS_MESSAGES = Number(process.env.PANTHER_REQUEUE_SQS_MESSAGES ?? 5_000);
const SEED = Number(process.env.PANTHER_REQUEUE_SEED ?? Date.now() % 1_000_000);
const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const TO = 'panther-alerts-queue';
const FROM = `${TO}-dlq`;

/** Starts it, and kills it if it has not ended before. */
async function runAndKill(argv: readonly string[], env: object, afterMs: number): Promise<'killed' | number | null> {
  const child = spawn(process.execPath, [MAIN, 'requeue', '--to', TO, ...argv], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  return signal === 'SIGKILL' ? 'killed' : code;
}

test(`a data folder: ${MESSAGES} messages, killed at random moments, none lost and none twice (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  const dir = temporaryFolder('requeue');
  const queue = await openSqliteQueue({ path: join(dir, 'queue.db'), clock: { now: () => new Date() } });
  await queue.ensure(TO, { visibilityTimeoutMs: 60_000, maxReceiveCount: 3 });
  for (let index = 0; index < MESSAGES; index += 500) {
    const messages = Array.from({ length: Math.min(500, MESSAGES - index) }, (_, n) => ({ body: `${index + n}` }));
    await queue.send(FROM, messages);
  }
  let kills = 0;
  let inTheMiddle = 0;
  for (let before = MESSAGES; before > 0; ) {
    const ended = await runAndKill(['--data-dir', dir, '--rate', '20000'], {}, 150 + random() * 600);
    const left = (await queue.counts(FROM)).visible;
    const moved = (await queue.counts(TO)).visible;
    assert.equal(left + moved, MESSAGES);
    assert.ok(ended === 'killed' || ended === 0, `ended with ${ended}`);
    if (ended === 'killed') kills += 1;
    if (ended === 'killed' && left < before && left > 0) inTheMiddle += 1;
    before = left;
  }
  assert.equal(new Set(queue.bodies(TO)).size, MESSAGES);
  t.diagnostic(`${kills} kills, ${inTheMiddle} of them while it moved messages`);
  assert.ok(inTheMiddle > 0);
  await queue.close();
});

test(`SQS: ${SQS_MESSAGES} messages, killed at random moments, none lost (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED + 1);
  const aws = await startAwsEmulator();
  for (const QueueName of [TO, FROM]) await aws.sqs.send(new CreateQueueCommand({ QueueName }));
  await fill(aws, FROM, SQS_MESSAGES);
  let kills = 0;
  for (let left = SQS_MESSAGES; left > 0; ) {
    const argv = [...aws.argv, '--wait', '0', '--concurrency', '4', '--rate', '1500'];
    const ended = await runAndKill(argv, aws.env, 400 + random() * 2_000);
    if (ended === 'killed') kills += 1;
    else assert.equal(ended, 0);
    const { visible, inFlight } = await countsOf(aws, FROM);
    left = visible + inFlight;
    // What a killed one had received comes back by itself.
    if (visible === 0 && left > 0) await sleep(5_000);
  }
  const found = await drain(aws, TO);
  assert.equal(new Set(found).size, SQS_MESSAGES);
  t.diagnostic(`${kills} kills, ${found.length - SQS_MESSAGES} messages twice`);
  // A batch of each worker can be sent and not yet deleted.
  assert.ok(found.length - SQS_MESSAGES <= kills * 40);
  await aws.close();
});

async function urlOf(aws: AwsEmulator, QueueName: string): Promise<string> {
  return (await aws.sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
}

async function fill(aws: AwsEmulator, queue: string, count: number): Promise<void> {
  const QueueUrl = await urlOf(aws, queue);
  for (let index = 0; index < count; index += 10) {
    const Entries = Array.from({ length: Math.min(10, count - index) }, (_, n) => ({
      Id: String(n),
      MessageBody: `${index + n}`,
      MessageAttributes: { n: { DataType: 'Number', StringValue: `${index + n}` } },
    }));
    await aws.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}

async function countsOf(aws: AwsEmulator, queue: string) {
  const command = new GetQueueAttributesCommand({ QueueUrl: await urlOf(aws, queue), AttributeNames: ['All'] });
  const { Attributes = {} } = await aws.sqs.send(command);
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

/** Bodies; each must have the attribute that it was sent with. */
async function drain(aws: AwsEmulator, queue: string): Promise<string[]> {
  const QueueUrl = await urlOf(aws, queue);
  const found: string[] = [];
  for (;;) {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
    const { Messages = [] } = await aws.sqs.send(command);
    if (Messages.length === 0) return found;
    for (const { Body = '', MessageAttributes } of Messages) {
      assert.equal(MessageAttributes?.n?.StringValue, Body);
      found.push(Body);
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await aws.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
