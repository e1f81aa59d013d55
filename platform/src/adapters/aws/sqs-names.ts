/** Names of queues here and in SQS, where the name of every FIFO queue has to end in `.fifo`. */
import { deadLetterQueue } from '../../ports/queue.ts';

const DLQ = '-dlq';
const FIFO = '.fifo';

/** `x.fifo-dlq` → `<prefix>x-dlq.fifo`; others get the prefix only. */
export function physicalName(prefix: string, queue: string): string {
  if (!queue.endsWith(FIFO + DLQ)) return prefix + queue;
  return prefix + queue.slice(0, -(FIFO + DLQ).length) + DLQ + FIFO;
}

/** The other way round, from the URL of a queue. */
export function logicalName(prefix: string, url: string): string {
  const name = url.slice(url.lastIndexOf('/') + 1).slice(prefix.length);
  return name.endsWith(DLQ + FIFO) ? name.slice(0, -(DLQ + FIFO).length) + FIFO + DLQ : name;
}

export function deadLettersOf(queue: string): string {
  return deadLetterQueue(queue);
}

export function isDeadLetters(queue: string): boolean {
  return queue.endsWith(DLQ);
}

/** The queue whose dead letters these are. */
export function sourceOf(deadLetters: string): string {
  return deadLetters.slice(0, -DLQ.length);
}
