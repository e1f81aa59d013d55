/** Sends a batch to a queue, again for a minute while the queue refuses some of it. */
import { ExternalError } from '../core/errors.ts';
import type { RawContent, RawFailure } from '../ports/raw-queue.ts';

export interface Waiting {
  /** Milliseconds that only grow. */
  now(): number;
  pause(ms: number): Promise<void>;
}

const MAX_ELAPSED_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** @throws ExternalError when one of at most ten messages cannot be sent. */
export async function sendContents(
  send: (contents: readonly RawContent[]) => Promise<readonly RawFailure[]>,
  name: string,
  contents: readonly RawContent[],
  waiting: Waiting,
): Promise<void> {
  const until = waiting.now() + MAX_ELAPSED_MS;
  let rest = contents;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const failures = await send(rest);
    if (failures.length === 0) return;
    const [final] = failures.filter(({ retryable }) => !retryable || waiting.now() + pauseMs > until);
    if (final) throw new ExternalError(`${name} refused a message: ${final.reason}`, { retryable: final.retryable });
    const sent = rest;
    rest = failures.flatMap(({ index }) => sent[index] ?? []);
    await waiting.pause(pauseMs);
  }
}
