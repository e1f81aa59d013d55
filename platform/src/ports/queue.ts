/**
 * Message queue with at-least-once delivery: SQS, or SQLite.
 *
 * A received message is invisible for the queue's visibility timeout, then comes back with its receive count raised.
 * After `maxReceiveCount` receives it moves to `<name>-dlq` with the last error kept beside it.
 */

export interface QueueOptions {
  readonly visibilityTimeoutMs: number;
  readonly maxReceiveCount: number;
}

export interface OutgoingMessage {
  readonly body: string;
  /** At most 10, as in SQS. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Invisible for this long after the send; at most 15 minutes. */
  readonly delayMs?: number;
}

export interface QueueMessage {
  readonly id: string;
  /** Names this receive; stale after the message has become visible again. */
  readonly receipt: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** 1 on the first receive. */
  readonly receiveCount: number;
  readonly sentAt: Date;
  /** Why the last attempt failed, when an attempt said so. In a dead-letter queue: why it is there. */
  readonly lastError?: string;
}

/** Name of the queue for messages of a queue that failed too often. */
export function deadLetterQueue(queue: string): string {
  return `${queue}-dlq`;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** 0 when the queue is empty. */
  readonly oldestMessageAgeMs: number;
}

export interface Queue {
  /** Idempotent; creates `<name>-dlq` as well. */
  ensure(queue: string, options: QueueOptions): Promise<void>;
  list(): Promise<readonly string[]>;
  /** All or nothing is not promised: each message that was not accepted is in the result with its reason. */
  send(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly { index: number; reason: string }[]>;
  /** Waits up to `waitMs` for a first message; at most 10 messages. Resolves to none when `signal` aborts. */
  receive(
    queue: string,
    options: { readonly maxMessages: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly QueueMessage[]>;
  /** Deleting a message that is gone, or whose receipt is stale, is success. */
  delete(queue: string, receipts: readonly string[]): Promise<void>;
  /** Keeps a message invisible for `timeoutMs` from now. False when the receipt is stale. */
  extend(queue: string, receipt: string, timeoutMs: number): Promise<boolean>;
  /** Gives a message back after a failed attempt, visible after `delayMs`, with the reason kept. */
  release(queue: string, receipt: string, failure: { readonly error: string; readonly delayMs: number }): Promise<void>;
  /** Moves a message to the dead-letter queue now: the failure is permanent. */
  reject(queue: string, receipt: string, error: string): Promise<void>;
  /** The oldest messages, for operators to look at; changes nothing. At most 100. */
  peek(queue: string, limit: number): Promise<readonly Omit<QueueMessage, 'receipt'>[]>;
  purge(queue: string): Promise<void>;
  counts(queue: string): Promise<QueueCounts>;
}

/** The queues of Panther, with the numbers operators know. */
export const QUEUES = {
  'panther-input-data-notifications-queue': { visibilityTimeoutMs: 900_000, maxReceiveCount: 4 },
  'panther-alerts-queue': { visibilityTimeoutMs: 60_000, maxReceiveCount: 10 },
  'panther-aws-events-queue': { visibilityTimeoutMs: 120_000, maxReceiveCount: 10 },
  'panther-snapshot-queue': { visibilityTimeoutMs: 900_000, maxReceiveCount: 10 },
  'panther-resources-queue': { visibilityTimeoutMs: 180_000, maxReceiveCount: 10 },
  'panther-alert-processor-queue': { visibilityTimeoutMs: 60_000, maxReceiveCount: 10 },
  'panther-remediation-queue': { visibilityTimeoutMs: 120_000, maxReceiveCount: 10 },
} as const satisfies Record<string, QueueOptions>;

export type QueueName = keyof typeof QUEUES;

/** Names the input objects that the log processor is to read. */
export const INPUT_QUEUE: QueueName = 'panther-input-data-notifications-queue';
