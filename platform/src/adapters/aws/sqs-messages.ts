/** Messages of Panther as SQS has them, and its limits. */
import { randomUUID } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import type { OutgoingMessage, QueueMessage } from '../../ports/queue.ts';
import { LAST_ERROR_ATTRIBUTE } from './sqs-raw-queue.ts';

export const MAX_BATCH = 10;
/** Of a batch. SQS takes more since 2025, servers like it do not. A larger message goes alone. */
const MAX_BATCH_BYTES = 262_144;
/** Body and attributes. */
const MAX_MESSAGE_BYTES = 1_048_576;
const MAX_ATTRIBUTES = 10;
const MAX_DELAY_MS = 900_000;
const MAX_REASON_LENGTH = 2_000;
const ATTRIBUTE_NAME = /^(?!AWS\.|Amazon\.|\.)[A-Za-z0-9_.-]{1,256}$/i;
/** All that SQS takes, as XML does. */
const TEXT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

function sizeOf({ body, attributes = {} }: OutgoingMessage): number {
  const entries = Object.entries(attributes);
  return entries.reduce(
    (sum, pair) => sum + Buffer.byteLength(pair.join('')) + 'String'.length,
    Buffer.byteLength(body),
  );
}

/** Why SQS would not take a message. */
export function refusal(message: OutgoingMessage, isFifo: boolean): string | undefined {
  const { body, attributes = {}, delayMs = 0 } = message;
  if (body === '') return 'the body is empty';
  const bytes = sizeOf(message);
  if (bytes > MAX_MESSAGE_BYTES) return `the message has ${bytes} bytes, more than ${MAX_MESSAGE_BYTES}`;
  if (!TEXT.test(body)) return 'the body has a character that SQS does not take';
  const names = Object.keys(attributes);
  if (names.length > MAX_ATTRIBUTES) return `there are ${names.length} attributes, more than ${MAX_ATTRIBUTES}`;
  const wrong = names.find(
    (name) => !ATTRIBUTE_NAME.test(name) || attributes[name] === '' || !isText(attributes[name]),
  );
  if (wrong !== undefined) return `SQS does not take the attribute ${JSON.stringify(wrong)}`;
  if (isFifo && delayMs > 0) return 'a message of a FIFO queue cannot be delayed';
  if (delayMs >= 0 && delayMs <= MAX_DELAY_MS) return undefined;
  return `the delay of ${delayMs} ms is not between 0 and ${MAX_DELAY_MS}`;
}

function isText(value: string | undefined): boolean {
  return TEXT.test(value ?? '');
}

/** Groups of at most ten messages that fit into one request, in their order. */
export function* batches(
  messages: readonly (readonly [number, OutgoingMessage])[],
): Generator<readonly (readonly [number, OutgoingMessage])[]> {
  let batch: (readonly [number, OutgoingMessage])[] = [];
  let bytes = 0;
  for (const entry of messages) {
    const size = sizeOf(entry[1]);
    if (batch.length === MAX_BATCH || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** The part of an entry of a batch that is not its id. */
export function outgoing({ body, attributes = {}, delayMs = 0 }: OutgoingMessage, isFifo: boolean) {
  const entries = Object.entries(attributes);
  return {
    MessageBody: body,
    ...(entries.length === 0 ? {} : { MessageAttributes: Object.fromEntries(entries.map(stringAttribute)) }),
    ...(delayMs > 0 ? { DelaySeconds: Math.ceil(delayMs / 1_000) } : {}),
    // Makes an attempt whose answer was lost no second message.
    ...(isFifo ? { MessageGroupId: 'panther', MessageDeduplicationId: randomUUID() } : {}),
  };
}

export function stringAttribute([name, value]: readonly [string, string]) {
  return [name, { DataType: 'String', StringValue: value }] as const;
}

/** With why it failed; as it is when it has as many attributes as a message can have. */
export function withReason({ body, attributes = {} }: OutgoingMessage, error: string): OutgoingMessage {
  if (Object.keys(attributes).length >= MAX_ATTRIBUTES) return { body, attributes };
  const text = [...error.toWellFormed().slice(0, MAX_REASON_LENGTH)].map((char) => (TEXT.test(char) ? char : '\uFFFD'));
  return { body, attributes: { ...attributes, [LAST_ERROR_ATTRIBUTE]: text.join('') || 'no reason was given' } };
}

export function queueMessage({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): QueueMessage {
  const { [LAST_ERROR_ATTRIBUTE]: lastError, ...attributes } = MessageAttributes ?? {};
  const texts = Object.entries(attributes).map(([name, { StringValue, BinaryValue }]) => {
    return [name, StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64')] as const;
  });
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: Object.fromEntries(texts),
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    ...(lastError?.StringValue === undefined ? {} : { lastError: lastError.StringValue }),
  };
}
