/** `RawQueue` on SQS: every attribute, and the answer to each entry. */
import type { Message, MessageAttributeValue, SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import type {
  RawAttribute,
  RawContent,
  RawFailure,
  RawMessage,
  RawQueue,
  RawReceiveOptions,
} from '../../ports/raw-queue.ts';
import { awsError } from './aws-error.ts';

/** Beside a message that Panther has put into a dead-letter queue: why. */
export const LAST_ERROR_ATTRIBUTE = 'panther-last-error';

export async function openSqsRawQueue(sqs: SQSClient): Promise<RawQueue> {
  const sdk = await import('@aws-sdk/client-sqs');
  const urls = new Map<string, Promise<string | undefined>>();

  function urlOf(queue: string): Promise<string | undefined> {
    const known = urls.get(queue);
    if (known !== undefined) return known;
    const url = findUrl(queue);
    urls.set(queue, url);
    url.catch(() => urls.delete(queue));
    return url;
  }

  async function findUrl(queue: string): Promise<string | undefined> {
    try {
      const { QueueUrl } = await sqs.send(new sdk.GetQueueUrlCommand({ QueueName: queue }));
      return QueueUrl;
    } catch (error) {
      if (error instanceof Error && /NonExistentQueue|QueueDoesNotExist/.test(error.name)) return undefined;
      throw awsError(error, `cannot find queue ${queue}`);
    }
  }

  async function mustUrl(queue: string): Promise<string> {
    const url = await urlOf(queue);
    if (url === undefined) throw awsError(new Error('it does not exist'), `queue ${queue}`);
    return url;
  }

  async function call<T>(queue: string, what: string, run: (QueueUrl: string) => Promise<T>): Promise<T> {
    try {
      return await run(await mustUrl(queue));
    } catch (error) {
      throw awsError(error, `${what} ${queue}`);
    }
  }

  return {
    exists: async (queue) => (await urlOf(queue)) !== undefined,

    visible: (queue) =>
      call(queue, 'cannot count the messages of', async (QueueUrl) => {
        const AttributeNames = ['ApproximateNumberOfMessages'] as const;
        const { Attributes } = await sqs.send(
          new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
        );
        return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      }),

    receive: (queue, options) =>
      call(queue, 'cannot receive from', async (QueueUrl) => {
        const { signal } = options;
        const command = new sdk.ReceiveMessageCommand({ QueueUrl, ...receiveInput(options) });
        try {
          const { Messages = [] } = await sqs.send(command, signal ? { abortSignal: signal } : {});
          return Messages.map(rawMessage);
        } catch (error) {
          if (signal?.aborted) return [];
          throw error;
        }
      }),

    send: (queue, messages) =>
      call(queue, 'cannot send to', async (QueueUrl) => {
        const Entries = messages.map(entry);
        const { Failed } = await sqs.send(new sdk.SendMessageBatchCommand({ QueueUrl, Entries }));
        return (Failed ?? []).map(rawFailure);
      }),

    delete: (queue, receipts) =>
      call(queue, 'cannot delete from', async (QueueUrl) => {
        const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
        const { Failed } = await sqs.send(new sdk.DeleteMessageBatchCommand({ QueueUrl, Entries }));
        return (Failed ?? []).map(rawFailure);
      }),

    setVisibility: (queue, receipts, timeoutMs) =>
      call(queue, 'cannot give back to', async (QueueUrl) => {
        const VisibilityTimeout = Math.ceil(timeoutMs / 1_000);
        const Entries = receipts.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout,
        }));
        const { Failed } = await sqs.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
        return (Failed ?? []).map(rawFailure);
      }),

    close: async () => sqs.destroy(),
  };
}

function receiveInput({ maxMessages, waitMs, visibilityTimeoutMs }: RawReceiveOptions) {
  return {
    MaxNumberOfMessages: maxMessages,
    WaitTimeSeconds: Math.min(20, Math.ceil(waitMs / 1_000)),
    VisibilityTimeout: Math.min(43_200, Math.ceil(visibilityTimeoutMs / 1_000)),
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All' as const],
  };
}

function rawMessage({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): RawMessage {
  const { SentTimestamp, ApproximateReceiveCount, MessageGroupId, MessageDeduplicationId, AWSTraceHeader } =
    Attributes ?? {};
  const { [LAST_ERROR_ATTRIBUTE]: lastError, ...attributes } = MessageAttributes ?? {};
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, rawAttribute(value)])),
    receiveCount: Number(ApproximateReceiveCount ?? 1),
    sentAt: new Date(Number(SentTimestamp ?? 0)),
    ...(MessageGroupId === undefined ? {} : { groupId: MessageGroupId }),
    ...(MessageDeduplicationId === undefined ? {} : { deduplicationId: MessageDeduplicationId }),
    ...(AWSTraceHeader === undefined ? {} : { traceHeader: AWSTraceHeader }),
    ...(lastError?.StringValue === undefined ? {} : { lastError: lastError.StringValue }),
  };
}

function rawAttribute({ DataType, StringValue, BinaryValue }: MessageAttributeValue): RawAttribute {
  return { type: DataType ?? 'String', value: BinaryValue ?? StringValue ?? '' };
}

/** As SQS and SNS take them. */
export function rawAttributes(attributes: RawContent['attributes']): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => {
      const content = typeof value === 'string' ? { StringValue: value } : { BinaryValue: value };
      return [name, { DataType: type, ...content }];
    }),
  );
}

function entry({ body, attributes, groupId, deduplicationId, traceHeader }: RawContent, index: number) {
  const MessageAttributes = rawAttributes(attributes);
  const result: SendMessageBatchRequestEntry = { Id: String(index), MessageBody: body, MessageAttributes };
  if (groupId !== undefined) result.MessageGroupId = groupId;
  if (deduplicationId !== undefined) result.MessageDeduplicationId = deduplicationId;
  if (traceHeader !== undefined) {
    result.MessageSystemAttributes = { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } };
  }
  return result;
}

export function rawFailure(failed: {
  Id?: string | undefined;
  Code?: string | undefined;
  Message?: string | undefined;
  SenderFault?: boolean | undefined;
}): RawFailure {
  const reason = [failed.Code, failed.Message].filter(Boolean).join(': ');
  return { index: Number(failed.Id), reason, retryable: failed.SenderFault !== true };
}
