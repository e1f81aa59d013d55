/** Queues and their dead-letter queues. */
import { z } from 'zod';
import { list, Time } from './common.ts';
import { defineRoutes } from './route.ts';

export const QueueSchema = z
  .object({
    name: z.string(),
    visible: z.int(),
    inFlight: z.int(),
    delayed: z.int(),
    oldestMessageAgeMs: z.number(),
    /** Messages in the dead-letter queue. */
    deadLetters: z.int(),
  })
  .meta({ id: 'Queue' });
export type Queue = z.infer<typeof QueueSchema>;

export const DeadLetterSchema = z
  .object({
    id: z.string(),
    body: z.string(),
    attributes: z.record(z.string(), z.string()),
    receiveCount: z.int(),
    sentAt: Time,
    lastError: z.string().nullable(),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetterSchema>;

const QueueParams = z.object({ name: z.string().min(1).max(100) });

export const queueRoutes = defineRoutes({
  listQueues: {
    method: 'GET',
    path: '/queues',
    summary: 'List queues with their depths',
    role: 'read-only',
    response: list(QueueSchema),
  },
  listDeadLetters: {
    method: 'GET',
    path: '/queues/:name/dead-letters',
    summary: 'Look at messages in the dead-letter queue of a queue, without taking them',
    role: 'admin',
    params: QueueParams,
    query: z.object({ limit: z.int().min(1).max(100).optional() }),
    response: list(DeadLetterSchema),
  },
  redriveDeadLetters: {
    method: 'POST',
    path: '/queues/:name/redrive',
    summary: 'Move every message of the dead-letter queue back to its queue, as it was sent',
    role: 'admin',
    params: QueueParams,
    response: z.object({ moved: z.int() }),
    audit: 'queue.redrive',
  },
  purgeDeadLetters: {
    method: 'POST',
    path: '/queues/:name/purge',
    summary: 'Delete every message of the dead-letter queue of a queue',
    role: 'admin',
    params: QueueParams,
    response: z.object({ deleted: z.int() }),
    audit: 'queue.purge',
  },
});
