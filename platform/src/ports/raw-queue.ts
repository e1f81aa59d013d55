/**
 * A queue as operators' tools need it: messages with all that they carry, and an answer for each entry of a batch.
 * `Queue` is for Panther's own messages; this moves those of anybody.
 */

/** At most so many messages in one call. */
export const RAW_BATCH = 10;

/** `type`: `String`, `Number` or `Binary`, with a label behind a dot if there is one. */
export interface RawAttribute {
  readonly type: string;
  readonly value: string | Uint8Array;
}

export interface RawContent {
  readonly body: string;
  readonly attributes: Readonly<Record<string, RawAttribute>>;
  /** FIFO queues only. */
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** AWS X-Ray. */
  readonly traceHeader?: string;
}

export interface RawMessage extends RawContent {
  readonly id: string;
  readonly receipt: string;
  readonly receiveCount: number;
  readonly sentAt: Date;
  /** Why it is in a dead-letter queue of Panther. */
  readonly lastError?: string;
}

/** An entry of a batch that was refused. */
export interface RawFailure {
  readonly index: number;
  readonly reason: string;
  /** A later attempt can help. */
  readonly retryable: boolean;
}

export interface RawReceiveOptions {
  readonly maxMessages: number;
  readonly waitMs: number;
  readonly visibilityTimeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface RawQueue {
  exists(queue: string): Promise<boolean>;
  /** About how many messages can be received now. */
  visible(queue: string): Promise<number>;
  receive(queue: string, options: RawReceiveOptions): Promise<readonly RawMessage[]>;
  /** In the order given; what is not in the result is durable in the queue. */
  send(queue: string, messages: readonly RawContent[]): Promise<readonly RawFailure[]>;
  delete(queue: string, receipts: readonly string[]): Promise<readonly RawFailure[]>;
  /** 0 makes messages visible at once. */
  setVisibility(queue: string, receipts: readonly string[], timeoutMs: number): Promise<readonly RawFailure[]>;
  close(): Promise<void>;
}
