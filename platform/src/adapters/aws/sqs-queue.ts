/**
 * Queues of SQS. What SQS does not have is made up for here, and this file is long because it is read together:
 *
 * - The reason of a failure. SQS cannot change a message, so the reason of an attempt is remembered in this process. At
 *   the last attempt, and when a message is rejected, it is sent to the dead-letter queue with the reason in the
 *   attribute `panther-last-error`, and only then deleted: a crash in between leaves it in both queues, never in none.
 *   What nobody finishes is moved by SQS itself (redrive policy), without a reason: it is told from its receive count.
 * - Looking at messages. `peek` receives them and gives them back: it counts as a receive, as in the console of AWS.
 * - The age of the oldest message, which SQS tells CloudWatch only: the oldest that this process has in work, a lower
 *   bound; 0 when the queue is empty. Alarms on the age of a backlog use the metric of SQS.
 * - Counts are approximate, and late by up to a minute.
 *
 * A name that ends in `.fifo` is a FIFO queue: its messages keep their order (one group), and have no delay of their own.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ExternalError, UserError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutgoingMessage, Queue, QueueCounts, QueueMessage, QueueOptions } from '../../ports/queue.ts';
import { awsError, errorCode } from './aws-error.ts';
import { createSqsHeld, type HeldMessage } from './sqs-held.ts';
import { batches, MAX_BATCH, outgoing, queueMessage, refusal, withReason } from './sqs-messages.ts';
import { deadLettersOf, isDeadLetters, logicalName, physicalName, sourceOf } from './sqs-names.ts';

export interface SqsQueueOptions {
  readonly sqs: SQSClient;
  readonly clock: Clock;
  /** Stands before the names of the queues. */
  readonly queuePrefix?: string;
  /** `ensure` makes queues that do not exist; otherwise it only checks them. */
  readonly createMissing?: boolean;
}

export interface SqsQueue extends Queue {
  /** For subscriptions to topics. */
  address(queue: string): Promise<{ readonly url: string; readonly arn: string }>;
  close(): Promise<void>;
}

type Refused = { readonly index: number; readonly reason: string };

const MAX_WAIT_S = 20;
const MAX_VISIBILITY_S = 43_200;
const RETENTION_S = 1_209_600;
const MAX_PEEK = 100;
const PEEK_VISIBILITY_S = 30;
const ATTEMPTS = 6;
const BACK_OFF_MS = 100;
const MISSING = /NonExistentQueue|QueueDoesNotExist/;
const STALE = /ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue|InvalidIdFormat/;

export async function openSqsQueue(options: SqsQueueOptions): Promise<SqsQueue> {
  const sdk = await import('@aws-sdk/client-sqs');
  const { sqs, queuePrefix = '', createMissing = true } = options;
  const urls = new Map<string, Promise<string>>();
  const policies = new Map<string, Promise<number | undefined>>();
  const held = createSqsHeld(() => performance.now());

  function urlOf(queue: string): Promise<string> {
    const url = urls.get(queue) ?? findUrl(queue);
    urls.set(queue, url);
    url.catch(() => urls.delete(queue));
    return url;
  }

  async function findUrl(queue: string): Promise<string> {
    const QueueName = physicalName(queuePrefix, queue);
    try {
      return (await sqs.send(new sdk.GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
    } catch (error) {
      if (MISSING.test(errorCode(error))) throw new UserError(`there is no queue ${QueueName}`, {}, { cause: error });
      throw awsError(error, `cannot find the queue ${QueueName}`);
    }
  }

  async function call<T>(queue: string, what: string, run: (QueueUrl: string) => Promise<T>): Promise<T> {
    const url = await urlOf(queue);
    try {
      return await run(url);
    } catch (error) {
      if (MISSING.test(errorCode(error))) {
        urls.delete(queue);
        throw new UserError(`there is no queue ${queuePrefix}${queue}`, {}, { cause: error });
      }
      throw awsError(error, `cannot ${what} the queue ${physicalName(queuePrefix, queue)}`);
    }
  }

  function attributesOf(queue: string): Promise<Partial<Record<string, string>>> {
    return call(queue, 'look at', async (QueueUrl) => {
      const command = new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
      return (await sqs.send(command)).Attributes ?? {};
    });
  }

  const arnOf = async (queue: string): Promise<string> => (await attributesOf(queue)).QueueArn ?? '';

  async function create(queue: string, attributes: Record<string, string>): Promise<void> {
    const isFifo = physicalName('', queue).endsWith('.fifo');
    const Attributes = isFifo ? { ...attributes, FifoQueue: 'true' } : attributes;
    const QueueName = physicalName(queuePrefix, queue);
    try {
      const { QueueUrl = '' } = await sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes }));
      urls.set(queue, Promise.resolve(QueueUrl));
    } catch (error) {
      if (!/QueueNameExists|QueueAlreadyExists/.test(errorCode(error)))
        throw awsError(error, `cannot create the queue ${QueueName}`);
    }
    // Creating a queue that exists leaves it as it was.
    const set = (QueueUrl: string) => sqs.send(new sdk.SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
    await call(queue, 'configure', set);
  }

  async function existing(queue: string): Promise<void> {
    await urlOf(queue).catch((cause: unknown) => {
      if (!(cause instanceof UserError) || !MISSING.test(errorCode(cause.cause))) throw cause;
      throw new UserError(`${cause.message}: create it, or allow it with createMissing: true`, {}, { cause });
    });
  }

  async function ensure(queue: string, { visibilityTimeoutMs, maxReceiveCount }: QueueOptions): Promise<void> {
    policies.delete(queue);
    const dead = deadLettersOf(queue);
    if (!createMissing) return void (await Promise.all([existing(queue), existing(dead)]));
    const common = {
      VisibilityTimeout: String(seconds(visibilityTimeoutMs)),
      MessageRetentionPeriod: String(RETENTION_S),
    };
    await create(dead, common);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await arnOf(dead), maxReceiveCount });
    await create(queue, { ...common, RedrivePolicy });
  }

  async function list(): Promise<readonly string[]> {
    const names: string[] = [];
    const prefix = queuePrefix === '' ? {} : { QueueNamePrefix: queuePrefix };
    try {
      for await (const { QueueUrls = [] } of sdk.paginateListQueues({ client: sqs, pageSize: 1_000 }, prefix))
        names.push(...QueueUrls.map((url) => logicalName(queuePrefix, url)));
    } catch (error) {
      throw awsError(error, 'cannot list the queues');
    }
    return names.toSorted();
  }

  /** Tries again what SQS did not take for reasons of its own. */
  async function sendBatch(queue: string, batch: readonly (readonly [number, OutgoingMessage])[]): Promise<Refused[]> {
    const isFifo = physicalName('', queue).endsWith('.fifo');
    let entries = batch.map(([index, message]) => ({ Id: String(index), ...outgoing(message, isFifo) }));
    for (let attempt = 1; ; attempt++) {
      const { Failed = [] } = await call(queue, 'send to', (QueueUrl) =>
        sqs.send(new sdk.SendMessageBatchCommand({ QueueUrl, Entries: entries })),
      );
      const final = Failed.filter(({ SenderFault }) => SenderFault === true || attempt === ATTEMPTS);
      const refused = final.map(({ Id, Code, Message }) => ({
        index: Number(Id),
        reason: [Code, Message].filter(Boolean).join(': ') || 'SQS gave no reason',
      }));
      if (final.length === Failed.length) return refused;
      const again = new Set(Failed.filter((entry) => !final.includes(entry)).map(({ Id }) => Id));
      entries = entries.filter(({ Id }) => again.has(Id));
      await delay(backOffMs(attempt));
      if (refused.length > 0)
        return [
          ...refused,
          ...(await sendBatch(
            queue,
            batch.filter(([i]) => again.has(String(i))),
          )),
        ];
    }
  }

  async function send(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly Refused[]> {
    await urlOf(queue);
    const isFifo = physicalName('', queue).endsWith('.fifo');
    const refused: Refused[] = [];
    const good: (readonly [number, OutgoingMessage])[] = [];
    messages.forEach((message, index) => {
      const reason = refusal(message, isFifo);
      if (reason === undefined) good.push([index, message]);
      else refused.push({ index, reason });
    });
    let accepted = 0;
    for (const batch of batches(good)) {
      try {
        const failed = await sendBatch(queue, batch);
        refused.push(...failed);
        accepted += batch.length - failed.length;
      } catch (error) {
        // To send everything again would double what is in the queue by now.
        if (accepted === 0) throw error;
        refused.push(...batch.map(([index]) => ({ index, reason: String((error as Error).message) })));
      }
    }
    return refused.toSorted((a, b) => a.index - b.index);
  }

  function maxReceivesOf(queue: string): Promise<number | undefined> {
    const found = policies.get(queue) ?? readMaxReceives(queue);
    policies.set(queue, found);
    found.catch(() => policies.delete(queue));
    return found;
  }

  async function readMaxReceives(queue: string): Promise<number | undefined> {
    const { RedrivePolicy } = await attributesOf(queue);
    if (RedrivePolicy === undefined) return undefined;
    return Number((JSON.parse(RedrivePolicy) as { maxReceiveCount: number | string }).maxReceiveCount);
  }

  /** Why a message is in a dead-letter queue into which SQS has moved it. */
  async function movedBySqs(queue: string): Promise<string | undefined> {
    if (!isDeadLetters(queue)) return undefined;
    const receives = await maxReceivesOf(sourceOf(queue)).catch(() => undefined);
    return `was received ${receives === undefined ? 'too many' : receives} times and never finished`;
  }

  async function receiveOnce(queue: string, maxMessages: number, waitS: number, input: object, signal?: AbortSignal) {
    return call(queue, 'receive from', async (QueueUrl) => {
      const command = new sdk.ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(MAX_BATCH, maxMessages),
        WaitTimeSeconds: waitS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        ...input,
      });
      try {
        const { Messages = [] } = await sqs.send(command, signal === undefined ? {} : { abortSignal: signal });
        return Messages.map(queueMessage);
      } catch (error) {
        if (signal?.aborted) return [];
        throw error;
      }
    });
  }

  async function withLastError(queue: string, message: QueueMessage): Promise<QueueMessage> {
    const lastError = message.lastError ?? held.reasonOf(message.id) ?? (await movedBySqs(queue));
    return lastError === undefined ? message : { ...message, lastError };
  }

  async function receive(queue: string, { maxMessages, waitMs, signal }: Parameters<Queue['receive']>[1]) {
    const deadline = performance.now() + waitMs;
    for (;;) {
      if (signal?.aborted) return [];
      const leftS = Math.ceil(Math.max(0, deadline - performance.now()) / 1_000);
      const found = await receiveOnce(queue, maxMessages, Math.min(MAX_WAIT_S, leftS), {}, signal);
      for (const message of found) held.add(queue, message);
      if (found.length > 0) return Promise.all(found.map((message) => withLastError(queue, message)));
      if (performance.now() >= deadline) return [];
    }
  }

  async function deleteBatch(queue: string, receipts: readonly string[]): Promise<void> {
    let entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    for (let attempt = 1; entries.length > 0; attempt++) {
      const { Failed = [] } = await call(queue, 'delete from', (QueueUrl) =>
        sqs.send(new sdk.DeleteMessageBatchCommand({ QueueUrl, Entries: entries })),
      );
      const failed = Failed.filter(({ Code = '' }) => !STALE.test(Code));
      if (failed.length === 0) return;
      if (attempt === ATTEMPTS || failed.some(({ SenderFault }) => SenderFault)) throw notDeleted(queue, failed);
      const again = new Set(failed.map(({ Id }) => Id));
      entries = entries.filter(({ Id }) => again.has(Id));
      await delay(backOffMs(attempt));
    }
  }

  async function remove(queue: string, receipts: readonly string[]): Promise<void> {
    const valid = [...new Set(receipts)].filter((receipt) => !held.isStale(receipt));
    for (let at = 0; at < valid.length; at += MAX_BATCH) await deleteBatch(queue, valid.slice(at, at + MAX_BATCH));
    for (const receipt of valid) held.drop(receipt);
  }

  /** False when the receipt is stale. */
  async function setVisibility(queue: string, receipt: string, timeoutMs: number): Promise<boolean> {
    if (held.isStale(receipt)) return false;
    return call(queue, 'change a message of', async (QueueUrl) => {
      const VisibilityTimeout = Math.min(MAX_VISIBILITY_S, seconds(timeoutMs));
      try {
        await sqs.send(new sdk.ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout }));
        return true;
      } catch (error) {
        if (STALE.test(errorCode(error))) return false;
        throw error;
      }
    });
  }

  /** First into the dead-letter queue, then out of this one. */
  async function bury(queue: string, message: HeldMessage, error: string): Promise<void> {
    const [refused] = await sendBatch(deadLettersOf(queue), [[0, withReason(message, error)]]);
    if (refused !== undefined) {
      const [again] = await sendBatch(deadLettersOf(queue), [[0, message]]);
      if (again !== undefined) throw new ExternalError(`${deadLettersOf(queue)}: ${again.reason}`, { retryable: true });
    }
    await remove(queue, [message.receipt]);
    held.forget(message.id);
  }

  async function release(queue: string, receipt: string, { error, delayMs }: Parameters<Queue['release']>[2]) {
    const message = held.get(receipt);
    if (message !== undefined) {
      const maxReceives = await maxReceivesOf(queue);
      if (maxReceives !== undefined && message.receiveCount >= maxReceives) return bury(queue, message, error);
      held.remember(message.id, error);
    }
    await setVisibility(queue, receipt, delayMs);
    held.drop(receipt);
  }

  async function reject(queue: string, receipt: string, error: string): Promise<void> {
    const message = held.get(receipt);
    if (message !== undefined) await bury(queue, message, error);
  }

  async function peek(queue: string, limit: number): Promise<readonly Omit<QueueMessage, 'receipt'>[]> {
    const found = new Map<string, QueueMessage>();
    const wanted = Math.min(limit, MAX_PEEK);
    try {
      while (found.size < wanted) {
        const input = { VisibilityTimeout: PEEK_VISIBILITY_S };
        const more = await receiveOnce(queue, wanted - found.size, 0, input);
        if (more.length === 0) break;
        for (const message of more) found.set(message.receipt, message);
      }
    } finally {
      await Promise.all([...found.keys()].map((receipt) => setVisibility(queue, receipt, 0)));
    }
    const messages = await Promise.all([...found.values()].map((message) => withLastError(queue, message)));
    const oldestFirst = messages.toSorted((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
    return oldestFirst.map(({ receipt: _, ...rest }) => rest);
  }

  async function counts(queue: string): Promise<QueueCounts> {
    const attributes = await attributesOf(queue);
    const visible = Number(attributes.ApproximateNumberOfMessages ?? 0);
    const inFlight = Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
    const delayed = Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0);
    const oldest = inFlight === 0 ? undefined : held.oldest(queue);
    const ageMs = oldest === undefined ? 0 : options.clock.now().getTime() - oldest;
    return { visible, inFlight, delayed, oldestMessageAgeMs: Math.max(0, ageMs) };
  }

  return {
    ensure,
    list,
    send,
    receive,
    delete: remove,
    extend: setVisibility,
    release,
    reject,
    peek,
    purge: (queue) =>
      call(queue, 'purge', async (QueueUrl) => void (await sqs.send(new sdk.PurgeQueueCommand({ QueueUrl })))),
    counts,
    address: async (queue) => ({ url: await urlOf(queue), arn: await arnOf(queue) }),
    close: async () => sqs.destroy(),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

function backOffMs(attempt: number): number {
  return BACK_OFF_MS * 2 ** attempt * (0.5 + (Number.parseInt(randomUUID().slice(0, 4), 16) / 65_536) * 0.5);
}

function notDeleted(queue: string, failed: readonly { Code?: string | undefined; Message?: string | undefined }[]) {
  const reason = [failed[0]?.Code, failed[0]?.Message].filter(Boolean).join(': ');
  return new ExternalError(`cannot delete ${failed.length} messages of ${queue}: ${reason}`, { retryable: true });
}
