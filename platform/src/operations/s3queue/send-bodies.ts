/** Sends a batch to a queue, again for a minute while the queue refuses some of it. */
import { ExternalError } from '../../core/errors.ts';
import type { RawQueue } from '../../ports/raw-queue.ts';

export interface Waiting {
  /** Milliseconds that only grow. */
  now(): number;
  pause(ms: number): Promise<void>;
}

const MAX_ELAPSED_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** @throws ExternalError when one of at most ten messages cannot be sent. */
export async function sendBodies(
  queue: RawQueue,
  name: string,
  bodies: readonly string[],
  waiting: Waiting,
): Promise<void> {
  const until = waiting.now() + MAX_ELAPSED_MS;
  let rest = bodies.map((body) => ({ body, attributes: {} }));
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const failures = await queue.send(name, rest);
    if (failures.length === 0) return;
    const [final] = failures.filter(({ retryable }) => !retryable || waiting.now() + pauseMs > until);
    if (final) throw new ExternalError(`${name} refused a message: ${final.reason}`, { retryable: final.retryable });
    rest = failures.flatMap(({ index }) => rest[index] ?? []);
    await waiting.pause(pauseMs);
  }
}
