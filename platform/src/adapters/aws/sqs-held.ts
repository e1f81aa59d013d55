/** What this process has received from SQS and not yet finished, and why attempts of it failed. */
import type { QueueMessage } from '../../ports/queue.ts';

export type HeldMessage = QueueMessage;

/** SQS keeps no message invisible for longer. */
const MAX_HELD_MS = 43_200_000;
const MAX_REASONS = 10_000;

interface Entry {
  readonly message: HeldMessage;
  readonly sinceMs: number;
  readonly queue: string;
  readonly isStale: boolean;
}

/** @param now milliseconds of a clock that only goes forward */
export function createSqsHeld(now: () => number) {
  /** By receipt, in the order in which they were received. */
  const entries = new Map<string, Entry>();
  const latest = new Map<string, string>();
  const reasons = new Map<string, string>();

  function prune(): void {
    for (const [receipt, { sinceMs, message }] of entries) {
      if (now() - sinceMs < MAX_HELD_MS) return;
      entries.delete(receipt);
      if (latest.get(message.id) === receipt) latest.delete(message.id);
    }
  }

  return {
    add(queue: string, message: QueueMessage): void {
      prune();
      const before = entries.get(latest.get(message.id) ?? '');
      if (before !== undefined && before.message.receipt !== message.receipt) {
        const withoutBody = { ...before.message, body: '' };
        entries.set(before.message.receipt, { ...before, message: withoutBody, isStale: true });
      }
      latest.set(message.id, message.receipt);
      entries.set(message.receipt, { message, sinceMs: now(), queue, isStale: false });
    },
    /** The message of a receipt that is not stale, as far as this process knows. */
    get(receipt: string): HeldMessage | undefined {
      const entry = entries.get(receipt);
      return entry?.isStale === false ? entry.message : undefined;
    },
    /** This process has received the message again since. */
    isStale: (receipt: string): boolean => entries.get(receipt)?.isStale === true,
    /** The message is not in work any more. */
    drop(receipt: string): void {
      const id = entries.get(receipt)?.message.id;
      entries.delete(receipt);
      if (id !== undefined && latest.get(id) === receipt) latest.delete(id);
    },
    /** Epoch milliseconds at which the oldest message in work was sent. */
    oldest(queue: string): number | undefined {
      const sent = [...entries.values()].filter((entry) => entry.queue === queue && !entry.isStale);
      const times = sent.map(({ message }) => message.sentAt.getTime());
      return times.length === 0 ? undefined : Math.min(...times);
    },
    reasonOf: (id: string): string | undefined => reasons.get(id),
    remember(id: string, reason: string): void {
      reasons.delete(id);
      reasons.set(id, reason);
      const [first] = reasons.keys();
      if (reasons.size > MAX_REASONS && first !== undefined) reasons.delete(first);
    },
    forget: (id: string): void => void reasons.delete(id),
  };
}
