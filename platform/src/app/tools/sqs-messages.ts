/** Messages of SQS, for `requeue`. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSqsClient } from '../../adapters/aws/aws-client.ts';
import { openSqsRawQueue } from '../../adapters/aws/sqs-raw-queue.ts';
import type { MessagesOptions, OpenMessages } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import { queueSource } from '../../operations/requeue/queue-source.ts';

/** As the tool has always had it. */
const MOVE_VISIBILITY_MS = 40_000;
/** What is left must stay hidden until the end of the run, which is not known: time for each message, generously. */
const LEAVE_MS_PER_MESSAGE = 20;
const MIN_LEAVE_VISIBILITY_MS = 120_000;
const MAX_VISIBILITY_MS = 43_200_000;
const MAX_CONCURRENCY = 64;

export async function openSqsMessages(options: MessagesOptions): Promise<OpenMessages> {
  const { from, to, aws, waitMs } = options;
  const client = await createSqsClient(aws);
  const queue = await openSqsRawQueue(client);
  const region = await client.config.region().catch(() => 'unknown');
  for (const [kind, name] of [
    ['source', from],
    ['destination', to],
  ] as const) {
    if (await queue.exists(name)) continue;
    await queue.close();
    throw new UserError(`cannot find ${kind} queue ${name} in region ${region}`);
  }
  const visible = await queue.visible(from);
  return {
    source: queueSource({
      queue,
      from,
      to,
      waitMs,
      visibilityTimeoutMs: visibilityFor(options, visible),
      startedAt: new Date(),
      now: () => new Date(),
      pause: (ms) => delay(ms),
    }),
    visible,
    maxConcurrency: MAX_CONCURRENCY,
    close: () => queue.close(),
  };
}

function visibilityFor({ isLeaving, perSecond }: MessagesOptions, visible: number): number {
  if (!isLeaving) return MOVE_VISIBILITY_MS;
  const perMessageMs = perSecond === 0 ? LEAVE_MS_PER_MESSAGE : LEAVE_MS_PER_MESSAGE + 1_000 / perSecond;
  return Math.min(MAX_VISIBILITY_MS, Math.max(MIN_LEAVE_VISIBILITY_MS, visible * perMessageMs));
}
