/** Queues and what is in their dead-letter queues. */
import { deadLetterQueue, type Queue as QueuePort } from '../../ports/queue.ts';
import type { Queue, queueRoutes } from '../contract/queues.ts';
import { HttpError, notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';

const BATCH = 10;

export const queueHandlers: Handlers<typeof queueRoutes> = {
  async listQueues({ deps }) {
    return { items: await readQueues(deps.queue) };
  },
  async listDeadLetters({ deps, params, query }) {
    const messages = await deps.queue.peek(await deadLettersOf(deps.queue, params.name), query.limit ?? 50);
    return {
      items: messages.map(({ id, body, attributes, receiveCount, sentAt, lastError }) => ({
        id,
        body,
        attributes: { ...attributes },
        receiveCount,
        sentAt: sentAt.toISOString(),
        lastError: lastError ?? null,
      })),
    };
  },
  async redriveDeadLetters({ deps, params }) {
    return { moved: await redrive(deps.queue, params.name, await deadLettersOf(deps.queue, params.name)) };
  },
  async purgeDeadLetters({ deps, params }) {
    const name = await deadLettersOf(deps.queue, params.name);
    const { visible, inFlight, delayed } = await deps.queue.counts(name);
    await deps.queue.purge(name);
    return { deleted: visible + inFlight + delayed };
  },
};

export async function readQueues(queue: QueuePort): Promise<Queue[]> {
  const names = await queue.list();
  const main = names.filter((name) => names.includes(deadLetterQueue(name)));
  return Promise.all(
    main.map(async (name) => {
      const [counts, dead] = await Promise.all([queue.counts(name), queue.counts(deadLetterQueue(name))]);
      return { name, ...counts, deadLetters: dead.visible + dead.inFlight + dead.delayed };
    }),
  );
}

async function deadLettersOf(queue: QueuePort, name: string): Promise<string> {
  const names = await queue.list();
  if (!names.includes(name) || !names.includes(deadLetterQueue(name))) throw notFound('queue', name);
  return deadLetterQueue(name);
}

/** Sent before it is deleted: a crash in between leaves two copies, which their consumer takes for one. */
async function redrive(queue: QueuePort, name: string, from: string): Promise<number> {
  const { visible } = await queue.counts(from);
  let moved = 0;
  // What fails again at once and comes back must not go round for ever.
  while (moved < visible) {
    const messages = await queue.receive(from, { maxMessages: Math.min(BATCH, visible - moved), waitMs: 0 });
    if (messages.length === 0) return moved;
    const refused = await queue.send(name, messages);
    const indexes = new Set(refused.map(({ index }) => index));
    const sent = messages.filter((_, index) => !indexes.has(index));
    await queue.delete(
      from,
      sent.map(({ receipt }) => receipt),
    );
    moved += sent.length;
    if (refused[0] !== undefined) throw new HttpError(502, 'external', `${name} refused: ${refused[0].reason}`);
  }
  return moved;
}
