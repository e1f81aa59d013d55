/**
 * Small messages share objects of the spool: one per 100 ms or 4 MiB of `<length> <bytes>` frames (suffix `.octet`), so
 * that a message may contain anything. What cannot be stored is kept in memory and tried again; `isFull` asks the
 * sender to wait, so memory is bounded.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import type { SourceContext } from '../source.ts';
import { storeInput } from './store-input.ts';

const BATCH_MS = 100;
const BATCH_BYTES = 4 << 20;
const MAX_WAITING_BYTES = 32 << 20;
const MAX_RETRY_MS = 10_000;

export class MessageBatches {
  readonly #context: SourceContext;
  #open: Buffer[] = [];
  #openBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Frames of batches that are not stored yet, the open one among them. */
  #waitingBytes = 0;
  /** Stores one batch after the other. */
  #storing: Promise<void> = Promise.resolve();
  #drained = Promise.withResolvers<void>();
  #isStopping = false;
  #stopped = new AbortController();

  constructor(context: SourceContext) {
    this.#context = context;
  }

  /** True: do not read on until `drained`. What is added all the same is taken. */
  get isFull(): boolean {
    return this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  /** Resolves when there is room again. */
  get drained(): Promise<void> {
    return this.isFull ? this.#drained.promise : Promise.resolve();
  }

  add(message: Buffer): void {
    const length = Buffer.from(`${message.length} `);
    this.#open.push(length, message);
    this.#openBytes += length.length + message.length;
    this.#waitingBytes += length.length + message.length;
    if (this.#openBytes >= BATCH_BYTES) this.#close();
    else this.#timer ??= setTimeout(() => this.#close(), BATCH_MS);
  }

  /** Stores what there is. Gives up on a store that keeps failing: resolves to the number of bytes that are lost. */
  async stop(graceMs: number): Promise<number> {
    this.#isStopping = true;
    this.#close();
    const timer = setTimeout(() => this.#stopped.abort(), graceMs);
    await this.#storing;
    clearTimeout(timer);
    return this.#waitingBytes;
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open.length === 0) return;
    const batch = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    this.#storing = this.#storing.then(() => this.#store(batch));
  }

  async #store(batch: Buffer): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#checkPressure();
        await storeInput(this.#context, batch, '.octet');
        break;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        await this.#reportFailure(error);
      }
      const { signal } = this.#stopped;
      await delay(Math.min(100 * 2 ** attempt, MAX_RETRY_MS), undefined, { signal }).catch(() => undefined);
    }
    this.#waitingBytes -= batch.length;
    await this.#report('healthy', '');
    if (this.isFull) return;
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }

  /** Waits for room, so that senders do; at the stop what is in memory is stored whatever the pressure. */
  async #checkPressure(): Promise<void> {
    const pressure = this.#isStopping ? undefined : await this.#context.pressure();
    if (pressure) throw new ExternalError(pressure.message, { retryable: true });
  }

  #reportFailure(error: unknown): Promise<void> {
    this.#context.log.error({ source: this.#context.source.name, error }, 'messages cannot be stored');
    return this.#report('unhealthy', `messages cannot be stored, senders wait: ${errorMessage(error)}`);
  }

  /** The state may be on the same full disk. */
  async #report(status: 'healthy' | 'unhealthy', message: string): Promise<void> {
    await this.#context.reportHealth({ status, message }).catch(() => undefined);
  }
}
