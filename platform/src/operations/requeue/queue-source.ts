/** Messages of any queue: received, sent to the other queue, and only then deleted. */
import { createHash } from 'node:crypto';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import { RAW_BATCH, type RawContent, type RawFailure, type RawMessage, type RawQueue } from '../../ports/raw-queue.ts';
import type { MessageSource, Refusal } from './requeue.ts';
import type { Candidate } from './selection.ts';

export interface QueueSourceOptions {
  readonly queue: RawQueue;
  readonly from: string;
  readonly to: string;
  /** How long to wait for a message before there are none. */
  readonly waitMs: number;
  /** For how long a message that is left is not given out again. */
  readonly visibilityTimeoutMs: number;
  /** What arrives later is not looked at: a message that fails again at once must not go round for ever. */
  readonly startedAt: Date;
  now(): Date;
  pause(ms: number): Promise<void>;
}

export interface QueueCandidate extends Candidate {
  readonly message: RawMessage;
}

/** In bytes; SQS takes a little more. */
const MAX_BATCH_BYTES = 260_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;
/** SQS forgets a deduplication id after this long. */
const DEDUPLICATION_MS = 300_000;
/** Gives messages back with so many calls at once. */
const RELEASES = 8;

export function queueSource(options: QueueSourceOptions): MessageSource<QueueCandidate> {
  const { queue, from, to, visibilityTimeoutMs } = options;
  const held = new Map<string, string>();
  const notes: string[] = [];
  let late = 0;
  let undeleted = 0;

  function isLate({ sentAt }: RawMessage): boolean {
    return sentAt >= options.startedAt;
  }

  function hold(messages: readonly RawMessage[]): void {
    for (const { id, receipt } of messages) held.set(id, receipt);
  }

  async function remove(messages: readonly RawMessage[]): Promise<void> {
    const receipts = messages.map(({ receipt }) => receipt);
    const failures = await again(options.pause, receipts, (some) => queue.delete(from, some)).catch(
      failed('failure deleting moved messages from', from),
    );
    undeleted += failures.length;
    // Visible again they would be moved once more by this run.
    hold(failures.flatMap(({ index }) => messages[index] ?? []));
  }

  return {
    batchSize: RAW_BATCH,

    async take(maxMessages, signal) {
      for (;;) {
        const { waitMs } = options;
        const messages = await queue
          .receive(from, { maxMessages, waitMs, visibilityTimeoutMs, signal })
          .catch((error: unknown) => {
            if (!isOverLimit(error)) return failed('failure receiving messages to move from', from)(error);
            notes.push(`${from} hides no more messages at once: repeat the command to look at the rest`);
            return [];
          });
        const fresh = messages.filter((message) => !held.has(message.id) && !isLate(message));
        late += messages.filter((message) => !held.has(message.id) && isLate(message)).length;
        hold(messages.filter((message) => !fresh.includes(message)));
        if (fresh.length > 0 || messages.length === 0) return fresh.map(candidate);
      }
    },

    async move(candidates) {
      const messages = candidates.map(({ message }) => message);
      const contents = messages.map((message) => redriven(message, options.now()));
      const refusals: Refusal[] = [];
      for (const batch of batches(contents)) {
        const failures = await again(options.pause, batch, (some) => sendEach(queue, to, some)).catch(
          failed('failure moving messages to', to),
        );
        for (const { index, reason } of failures) refusals.push({ index: batch[index]?.index ?? -1, reason });
        const refused = new Set(failures.map(({ index }) => index));
        await remove(batch.filter((_, index) => !refused.has(index)).flatMap(({ index }) => messages[index] ?? []));
      }
      hold(refusals.flatMap(({ index }) => messages[index] ?? []));
      return refusals;
    },

    async leave(candidates) {
      hold(candidates.map(({ message }) => message));
    },

    async end() {
      const receipts = [...held.values()];
      const batchesOfTen = Array.from({ length: Math.ceil(receipts.length / RAW_BATCH) }, (_, index) =>
        receipts.slice(index * RAW_BATCH, (index + 1) * RAW_BATCH),
      );
      const release = async () => {
        // What cannot be given back now comes back by itself.
        for (let some = batchesOfTen.pop(); some; some = batchesOfTen.pop()) {
          await queue.setVisibility(from, some, 0).catch(() => {});
        }
      };
      await Promise.all(Array.from({ length: RELEASES }, release));
    },

    notes() {
      const more: string[] = [...notes];
      if (late > 0) more.push(`${late} messages have arrived in ${from} since the start, and were not looked at`);
      if (undeleted > 0) more.push(`${undeleted} messages could not be deleted from ${from}: they are in both queues`);
      return more;
    },
  };
}

function candidate(message: RawMessage): QueueCandidate {
  const attributes = Object.entries(message.attributes).map(([name, { value }]) => {
    return [name, typeof value === 'string' ? value : Buffer.from(value).toString('base64')] as const;
  });
  const { body, sentAt, lastError } = message;
  return {
    message,
    body,
    attributes: Object.fromEntries(attributes),
    sentAt,
    ...(lastError === undefined ? {} : { reason: lastError }),
  };
}

/**
 * What is sent. A deduplication id of the last five minutes would make SQS drop the message without a word, so such a
 * one gets another, the same on each attempt; an older one is kept.
 */
export function redriven(message: RawMessage, now: Date): RawContent {
  const { body, attributes, groupId, deduplicationId, traceHeader, sentAt } = message;
  const isFresh = now.getTime() - sentAt.getTime() < DEDUPLICATION_MS + 1_000;
  const id = deduplicationId === undefined || !isFresh ? deduplicationId : derivedId(message, deduplicationId);
  return {
    body,
    attributes,
    ...(groupId === undefined ? {} : { groupId }),
    ...(id === undefined ? {} : { deduplicationId: id }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

function derivedId({ id, sentAt }: RawMessage, deduplicationId: string): string {
  return createHash('sha256').update([deduplicationId, id, sentAt.toISOString()].join('\0')).digest('hex');
}

/** Splits by size; each keeps its place among all. A message that is too large alone is for the queue to refuse. */
function batches(contents: readonly RawContent[]): Outgoing[][] {
  const result: Outgoing[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [index, content] of contents.entries()) {
    const size = sizeOf(content);
    if (bytes + size > MAX_BATCH_BYTES) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1)?.push({ index, content });
    bytes += size;
  }
  return result;
}

function sizeOf({ body, attributes }: RawContent): number {
  const sizes = Object.entries(attributes).map(
    ([name, { type, value }]) => Buffer.byteLength(name) + type.length + Buffer.byteLength(value),
  );
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}

interface Outgoing {
  readonly index: number;
  readonly content: RawContent;
}

/** When a queue refuses a whole batch for one of its messages, the others go alone. */
async function sendEach(queue: RawQueue, to: string, batch: readonly Outgoing[]): Promise<readonly RawFailure[]> {
  try {
    return await queue.send(
      to,
      batch.map(({ content }) => content),
    );
  } catch (error) {
    if (batch.length === 1 || (error instanceof ExternalError && error.retryable)) throw error;
    const failures = await Promise.all(batch.map((one, index) => sendAlone(queue, to, one, index)));
    if (failures.every((failure) => failure?.isThrown)) throw error;
    return failures.filter((failure) => failure !== undefined);
  }
}

async function sendAlone(queue: RawQueue, to: string, { content }: Outgoing, index: number) {
  try {
    const [failure] = await queue.send(to, [content]);
    return failure === undefined ? undefined : { ...failure, index, isThrown: false };
  } catch (error) {
    return { index, reason: errorMessage(error), retryable: false, isThrown: true };
  }
}

/** Repeats what failed and may succeed later; resolves to what failed for good, by its place in `items`. */
async function again<T>(
  pause: (ms: number) => Promise<void>,
  items: readonly T[],
  attempt: (items: readonly T[]) => Promise<readonly RawFailure[]>,
): Promise<readonly RawFailure[]> {
  let places = items.map((_, index) => index);
  const final: RawFailure[] = [];
  for (let count = 1; places.length > 0; count += 1) {
    const failures = (await attempt(places.map((place) => items[place] as T))).map((failure) => ({
      ...failure,
      index: places[failure.index] ?? -1,
    }));
    const repeatable = failures.filter(({ retryable }) => retryable && count < ATTEMPTS);
    final.push(...failures.filter((failure) => !repeatable.includes(failure)));
    places = repeatable.map(({ index }) => index);
    if (places.length > 0) await pause(FIRST_PAUSE_MS * 2 ** (count - 1));
  }
  return final;
}

function failed(what: string, queue: string): (error: unknown) => never {
  return (error) => {
    const retryable = error instanceof ExternalError && error.retryable;
    throw new ExternalError(`${what} ${queue}: ${errorMessage(error)}`, { retryable, cause: error });
  };
}

/** SQS has a limit for messages in flight: 120,000, or 20,000 of a FIFO queue. */
function isOverLimit(error: unknown): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause) if (/OverLimit/.test(one.name)) return true;
  return false;
}
