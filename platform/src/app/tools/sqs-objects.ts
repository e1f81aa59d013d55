/** Objects of S3 as messages of SQS, for `s3queue`. */
import { setTimeout as delay } from 'node:timers/promises';
import { createS3Client, createSqsClient } from '../../adapters/aws/aws-client.ts';
import { findCaller } from '../../adapters/aws/caller.ts';
import { openSourceBucket } from '../../adapters/aws/s3-source-bucket.ts';
import { openSqsRawQueue } from '../../adapters/aws/sqs-raw-queue.ts';
import type { ObjectsOptions, OpenObjects } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import { fakeNotification, inputObjectMessage } from '../../operations/s3queue/notification.ts';
import { sendContents } from '../../operations/send-contents.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { findProcessed } from './processed-units.ts';
import { openStateOf } from './tool-state.ts';

type Target = Extract<ObjectsOptions['to'], { queue: string }>;

const MAX_CONCURRENCY = 1_000;

export async function openSqsObjects({ from, aws, processedIn }: ObjectsOptions, to: Target): Promise<OpenObjects> {
  if ('path' in from) throw new UserError('needs --data-dir', { field: '--path' });
  const client = await createSqsClient(aws);
  const queue = await openSqsRawQueue(client);
  const region = await client.config.region().catch(() => 'unknown');
  if (!(await queue.exists(to.queue))) throw new UserError(`cannot find queue ${to.queue} in region ${region}`);
  const body = await bodyOf(from.bucket, to, async () => to.account ?? (await findCaller(aws)).account);
  const objects = await openSourceBucket(await createS3Client(aws), from.bucket);
  const state = processedIn === undefined ? undefined : await openStateOf(processedIn);
  const waiting = { now: () => performance.now(), pause: (ms: number) => delay(ms) };
  return {
    list: (after) => objects.list(from.prefix, after),
    send(some) {
      const contents = some.map((object) => ({ body: body(object), attributes: {} }));
      return sendContents((rest) => queue.send(to.queue, rest), to.queue, contents, waiting);
    },
    ...(state && { processed: (some: readonly ObjectInfo[]) => findProcessed(state, from.bucket, some) }),
    destination: `${to.queue} (${region})`,
    maxConcurrency: MAX_CONCURRENCY,
    async close() {
      objects.close();
      await queue.close();
      await state?.close();
    },
  };
}

/** A notification as of S3, or Panther's own message when the source is known. */
async function bodyOf(bucket: string, { sourceId }: Target, account: () => Promise<string>) {
  if (sourceId !== undefined) {
    return ({ key, sizeBytes, version }: ObjectInfo) =>
      inputObjectMessage({ sourceId, bucket, key, sizeBytes, version });
  }
  const id = await account();
  return ({ key, sizeBytes }: ObjectInfo) => fakeNotification({ bucket, key, sizeBytes }, id);
}
