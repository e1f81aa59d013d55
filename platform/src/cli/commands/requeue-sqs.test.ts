/** `panther requeue` over SQS, as the in-process emulator has it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { type AwsEmulator, startAwsEmulator } from '../../../test/support/aws-emulator.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { requeue } from './requeue.ts';

let aws: AwsEmulator;
before(async () => {
  aws = await startAwsEmulator();
  Object.assign(process.env, aws.env);
});
after(() => aws.close());

let number = 0;

/** A queue with its dead-letter queue. */
async function makeQueues(attributes: Record<string, string> = {}) {
  number += 1;
  const suffix = attributes.FifoQueue === undefined ? '' : '.fifo';
  const [to, from] = [`q${number}${suffix}`, `q${number}-dlq${suffix}`];
  for (const QueueName of [to, from]) await aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  return { to, from };
}

async function urlOf(QueueName: string): Promise<string> {
  const { QueueUrl = '' } = await aws.sqs.send(new GetQueueUrlCommand({ QueueName }));
  return QueueUrl;
}

async function send(queue: string, entries: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[]): Promise<void> {
  const QueueUrl = await urlOf(queue);
  for (let index = 0; index < entries.length; index += 10) {
    const Entries = entries.slice(index, index + 10).map((entry, place) => ({ Id: String(place), ...entry }));
    const { Failed = [] } = await aws.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.deepEqual(Failed, []);
  }
}

/** Everything that is visible. */
async function receive(queue: string): Promise<Message[]> {
  const QueueUrl = await urlOf(queue);
  const found: Message[] = [];
  for (;;) {
    const names = { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All' as const] };
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0, ...names });
    const { Messages = [] } = await aws.sqs.send(command);
    if (Messages.length === 0) return found;
    found.push(...Messages);
  }
}

async function counts(queue: string): Promise<readonly [visible: number, inFlight: number]> {
  const command = new GetQueueAttributesCommand({ QueueUrl: await urlOf(queue), AttributeNames: ['All'] });
  const { Attributes = {} } = await aws.sqs.send(command);
  return [Number(Attributes.ApproximateNumberOfMessages), Number(Attributes.ApproximateNumberOfMessagesNotVisible)];
}

async function run(to: string, ...argv: string[]) {
  const result = await runCommand(requeue, ['--to', to, '--wait', '0', '--json', ...aws.argv, ...argv]);
  return { ...result, report: result.stdout === '' ? {} : JSON.parse(result.stdout) };
}

test('need 3: a message comes back with every attribute, of every type, byte for byte', async () => {
  const { to, from } = await makeQueues();
  const attributes = {
    type: { DataType: 'String', StringValue: 'LogData' },
    id: { DataType: 'String', StringValue: 'AWS.CloudTrail' },
    odd: { DataType: 'String.x', StringValue: 'ü "\\\n' },
    number: { DataType: 'Number', StringValue: '-1.50e3' },
    typed: { DataType: 'Number.int', StringValue: '7' },
    binary: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 255, 10, 13, 128]) },
    image: { DataType: 'Binary.png', BinaryValue: Uint8Array.from([137, 80]) },
    why: { DataType: 'String', StringValue: 'x' },
  };
  const bodies = ['{"a": 1}\n', 'ü\u2028 "\\ ', ' '];
  await send(
    from,
    bodies.map((MessageBody) => ({ MessageBody, MessageAttributes: attributes })),
  );
  const { status, report, stderr } = await run(to);
  assert.equal(status, 0, stderr);
  assert.equal(report.moved, 3);
  const messages = await receive(to);
  assert.deepEqual(messages.map(({ Body }) => Body).sort(), bodies.toSorted());
  for (const { MessageAttributes = {}, Attributes } of messages) {
    const plain = Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { DataType, ...(BinaryValue ? { BinaryValue: Uint8Array.from(BinaryValue) } : { StringValue }) },
      ]),
    );
    assert.deepEqual(plain, attributes);
    assert.equal(Attributes?.ApproximateReceiveCount, '1');
  }
  assert.deepEqual(await counts(from), [0, 0]);
});

test('what does not match is visible again at once, looked at once, and received once', async () => {
  const { to, from } = await makeQueues();
  await send(
    from,
    Array.from({ length: 95 }, (_, n) => ({ MessageBody: JSON.stringify({ n }) })),
  );
  const { report } = await run(to, '--filter', '$.n~7$');
  assert.deepEqual([report.looked, report.moved, report.left], [95, 9, 86]);
  assert.deepEqual(await counts(from), [86, 0]);
  const left = await receive(from);
  assert.deepEqual(new Set(left.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)), new Set(['2']));
  assert.equal((await receive(to)).length, 9);
});

test('a dry run leaves every message visible', async () => {
  const { to, from } = await makeQueues();
  await send(
    from,
    Array.from({ length: 25 }, (_, n) => ({ MessageBody: String(n) })),
  );
  const { report } = await run(to, '--dry-run', '--sample', '3');
  assert.deepEqual([report.moved, report.sample.length], [25, 3]);
  assert.deepEqual(await counts(from), [25, 0]);
  assert.deepEqual(await counts(to), [0, 0]);
});

test('a limit is kept by all workers together', async () => {
  const { to, from } = await makeQueues();
  await send(
    from,
    Array.from({ length: 80 }, (_, n) => ({ MessageBody: String(n) })),
  );
  const { report } = await run(to, '--limit', '33');
  assert.deepEqual([report.moved, report.stoppedBy], [33, 'limit']);
  assert.deepEqual(
    [await counts(from), await counts(to)],
    [
      [47, 0],
      [33, 0],
    ],
  );
});

test('a FIFO queue keeps group and order; a deduplication id of the last minutes is replaced', async () => {
  const { to, from } = await makeQueues({ FifoQueue: 'true' });
  const entries = Array.from({ length: 30 }, (_, n) => ({
    MessageBody: `${n}`,
    MessageGroupId: `g${n % 3}`,
    MessageDeduplicationId: `d${n}`,
  }));
  // The destination has seen the same ids just now: with them SQS would drop the messages without a word.
  await send(to, entries);
  await send(from, entries);
  const { report, stderr } = await run(to);
  assert.equal(report.moved, 30, stderr);
  assert.deepEqual(await counts(from), [0, 0]);
  const found = await drain(to);
  assert.equal(found.length, 60);
  for (const group of ['g0', 'g1', 'g2']) {
    const bodies = found
      .filter(({ Attributes }) => Attributes?.MessageGroupId === group)
      .map(({ Body }) => Number(Body));
    const inOrder = bodies.slice(0, 10).toSorted((a, b) => a - b);
    assert.deepEqual(bodies, [...inOrder, ...inOrder]);
  }
});

/** Receives and deletes, as a consumer does: what is in work holds up its group. */
async function drain(queue: string): Promise<Message[]> {
  const QueueUrl = await urlOf(queue);
  const found: Message[] = [];
  for (let messages = await receive(queue); messages.length > 0; messages = await receive(queue)) {
    found.push(...messages);
    for (const { ReceiptHandle } of messages) await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return found;
}

test('a message that the destination refuses stays in the source, and the others move', async () => {
  const { to, from } = await makeQueues();
  const command = { QueueUrl: await urlOf(to), Attributes: { MaximumMessageSize: '1024' } };
  await aws.sqs.send(new SetQueueAttributesCommand(command));
  const large = { MessageBody: 'x'.repeat(2_000) };
  await send(from, [{ MessageBody: 'a' }, large, { MessageBody: 'b' }, { MessageBody: 'c' }, large]);
  const { report, status } = await run(to);
  assert.deepEqual([report.moved, report.failed, status], [3, 2, 1]);
  assert.equal(report.failures.length, 1);
  assert.deepEqual((await receive(to)).map(({ Body }) => Body).sort(), ['a', 'b', 'c']);
  assert.deepEqual(await counts(from), [2, 0]);
});

test('says which queue is not there, and where', async () => {
  const { status, stderr } = await run('nowhere');
  assert.equal(status, 2);
  assert.match(stderr, /cannot find source queue nowhere-dlq in region us-east-1/);
});
