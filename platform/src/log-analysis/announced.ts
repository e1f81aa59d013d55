/** From a notification to the input objects of the log processor. */
import type { InputObject } from '../core/unit.ts';
import { INPUT_QUEUE, type Queue, type QueueMessage } from '../ports/queue.ts';
import type { Announced, AnnouncedObject } from './notifications.ts';

export interface AnnouncedDeps {
  readonly queue: Queue;
  claim(object: AnnouncedObject): Promise<InputObject | string>;
}

/** Messages of one send. */
const SEND = 10;

/**
 * The one object of a notification, or why there is none. Several go back to the queue on their own, so that each can
 * fail on its own; then, as when there is nothing to do, the notification is deleted and the result is undefined.
 */
export async function resolveAnnounced(
  { queue, claim }: AnnouncedDeps,
  message: QueueMessage,
  announced: Announced,
): Promise<InputObject | string | undefined> {
  if (typeof announced === 'string') return announced;
  const objects: InputObject[] = [];
  for (const each of announced) {
    const object = await claim(each);
    if (typeof object === 'string') return object;
    objects.push(object);
  }
  if (objects.length === 1) return objects[0];
  await sendSingly(queue, objects);
  await queue.delete(INPUT_QUEUE, [message.receipt]);
  return undefined;
}

async function sendSingly(queue: Queue, objects: readonly InputObject[]): Promise<void> {
  for (let start = 0; start < objects.length; start += SEND) {
    const messages = objects.slice(start, start + SEND).map((object) => ({ body: JSON.stringify(object) }));
    const [refused] = await queue.send(INPUT_QUEUE, messages);
    if (refused !== undefined) throw new Error(`the input queue refused an object: ${refused.reason}`);
  }
}
