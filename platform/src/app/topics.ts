/**
 * The topic `panther-processed-data-notifications`: it is told of each new file of the lake, at least once, when its
 * rows can be found. On SNS whoever has subscribed to it hears of them; the queues that are configured always do.
 */
import type { Transaction } from 'kysely';
import { UserError } from '../core/errors.ts';
import type { LakeFile } from '../lake/layout.ts';
import { createAttributesOf, publishedEvent } from '../operations/s3sns/published.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Queue } from '../ports/queue.ts';
import type { Tables } from '../ports/state/tables.ts';
import { PROCESSED_DATA_TOPIC, type Topic } from '../ports/topic.ts';
import type { AdapterOptions, Adapters } from './adapters.ts';
import type { AwsConfig } from './config-aws.ts';

/** How the outbox names a topic among its queues. */
const ADDRESS = 'topic:';

type ClosableTopic = Topic & { close(): Promise<void> };
type Options = Pick<AdapterOptions, 'config' | 'dir' | 'clock'>;

/** Adapters whose queue takes what the outbox owes to topics. As they are where nothing is to be published. */
export async function withTopics(adapters: Adapters, options: Options): Promise<Adapters> {
  const { aws, lakeNotifications: readers = [] } = options.config;
  const onSns = aws?.use.includes('topic') ? aws : undefined;
  if (onSns === undefined && readers.length === 0) return adapters;
  if (onSns !== undefined && readers.length > 0 && !onSns.use.includes('queue'))
    throw new UserError('queues that SNS sends to are those of SQS: use queue as well', { field: 'lakeNotifications' });
  const topic = onSns === undefined ? await openInProcess(adapters, options) : await openSns(onSns, options.clock);
  const known = new Set(readers.length > 0 ? await adapters.queue.list() : []);
  for (const reader of readers) {
    if (!known.has(reader)) await adapters.queue.ensure(reader, READER);
    await topic.subscribe(PROCESSED_DATA_TOPIC, reader);
  }
  return {
    ...adapters,
    queue: publishing(adapters.queue, topic),
    lakeTopic: { bucket: (adapters.local.hasObjects ? '' : (aws?.bucketPrefix ?? '')) + BUCKETS.processedData },
    async close() {
      await topic.close();
      await adapters.close();
    },
  };
}

const READER = { visibilityTimeoutMs: 900_000, maxReceiveCount: 10 };

async function openInProcess({ queue }: Adapters, { dir }: Options): Promise<ClosableTopic> {
  const { openInProcessTopic } = await import('../adapters/embedded/in-process-topic.ts');
  return openInProcessTopic({ path: dir.queueFile, queue });
}

async function openSns(aws: AwsConfig, clock: Clock): Promise<ClosableTopic> {
  const [{ createSnsClient, createSqsClient }, { openSnsTopic }, { openSqsQueue }] = await Promise.all([
    import('../adapters/aws/aws-client.ts'),
    import('../adapters/aws/sns-topic.ts'),
    import('../adapters/aws/sqs-queue.ts'),
  ]);
  const sqs = await createSqsClient(aws);
  const queue = await openSqsQueue({ ...aws, sqs, clock });
  const { createMissing, queuePrefix: topicPrefix } = aws;
  const topic = await openSnsTopic({ sns: await createSnsClient(aws), sqs, queue, topicPrefix, createMissing });
  await topic.ensure(PROCESSED_DATA_TOPIC);
  return {
    ...topic,
    async close() {
      await topic.close();
      await queue.close();
    },
  };
}

function publishing(queue: Queue, topic: Topic): Queue {
  return {
    ensure: (name, options) => queue.ensure(name, options),
    list: () => queue.list(),
    async send(name, messages) {
      if (!name.startsWith(ADDRESS)) return queue.send(name, messages);
      for (const [index, message] of messages.entries()) {
        try {
          await topic.publish(name.slice(ADDRESS.length), message);
        } catch (error) {
          // Those after it wait too; what is owed to queues does not.
          return messages.slice(index).map((_, rest) => ({ index: index + rest, reason: String(error) }));
        }
      }
      return [];
    },
    receive: (name, options) => queue.receive(name, options),
    delete: (name, receipts) => queue.delete(name, receipts),
    extend: (name, receipt, timeoutMs) => queue.extend(name, receipt, timeoutMs),
    release: (name, receipt, failure) => queue.release(name, receipt, failure),
    reject: (name, receipt, reason) => queue.reject(name, receipt, reason),
    peek: (name, max) => queue.peek(name, max),
    purge: (name) => queue.purge(name),
    counts: (name) => queue.counts(name),
  };
}

/** Part of a commit: makes the outbox owe a message for each file. */
export function createAnnounce(bucket: string, logTypes: Iterable<string>, clock: Clock) {
  const attributesOf = createAttributesOf(logTypes);
  return async function announce(tx: Transaction<Tables>, files: readonly LakeFile[]): Promise<void> {
    const created_at = clock.now().toISOString();
    for (const { objectKey, sizeBytes } of files) {
      const body = publishedEvent({ bucket, key: objectKey, sizeBytes });
      const attributes = JSON.stringify(attributesOf(objectKey));
      await tx
        .insertInto('outbox')
        .values({ queue: ADDRESS + PROCESSED_DATA_TOPIC, body, attributes, created_at })
        .execute();
    }
  };
}
