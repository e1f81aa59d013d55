/** One TCP or TLS connection of a syslog sender: its bytes become messages; it waits while the spool is behind. */
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { SourceContext } from '../source.ts';
import type { MessageBatches } from '../spool/message-batches.ts';
import { storeInput } from '../spool/store-input.ts';
import { createFraming } from './framing.ts';

const MAX_MESSAGE_BYTES = 1 << 30;

export interface ConnectionLimits {
  /** Larger messages get an object of their own. */
  readonly batchedMessageBytes: number;
}

/** Resolves when the connection is closed and nothing of it is on its way to the spool besides `batches`. */
export function serveConnection(
  socket: Socket,
  context: SourceContext,
  batches: MessageBatches,
  limits: ConnectionLimits,
): Promise<void> {
  const large = new LargeMessages(context, socket);
  const framing = createFraming(
    {
      message: (bytes) => batches.add(bytes),
      startLarge: (length) => large.start(length),
      large: (piece) => large.write(piece),
      endLarge: () => large.end(),
    },
    limits.batchedMessageBytes,
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    framing.push(chunk);
    if (!batches.isFull) return;
    socket.pause();
    void batches.drained.then(() => socket.resume());
  });
  // A reset by the sender; what it had sent is taken.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    framing.end();
    void large.settled().then(resolve);
  });
  return promise;
}

/** Messages over the limit are streamed into objects of their own; whether they are too large is decided there. */
class LargeMessages {
  readonly #context: SourceContext;
  readonly #socket: Socket;
  #stream: PassThrough | undefined;
  #bytes = 0;
  #storing: Promise<unknown> = Promise.resolve();

  constructor(context: SourceContext, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
  }

  start(length: number): void {
    const stream = new PassThrough({ highWaterMark: 1 << 20 });
    this.#stream = stream;
    this.#bytes = 0;
    if (length >= 0) stream.write(`${length} `);
    const stored = storeInput(this.#context, stream, length >= 0 ? '.octet' : '.log').catch((error: unknown) => {
      const source = this.#context.source.name;
      this.#context.log.error({ source, error }, 'large message cannot be stored');
      this.#context.metrics.count('syslog_dropped_messages', 1, { source });
      stream.destroy();
      // The sender notices, and sends again what it still has.
      this.#socket.destroy();
    });
    this.#storing = Promise.all([this.#storing, stored]);
  }

  write(piece: Buffer): void {
    const stream = this.#stream;
    this.#bytes += piece.length;
    // Whoever sends this is no syslog sender.
    if (this.#bytes > MAX_MESSAGE_BYTES) this.#socket.destroy();
    if (stream === undefined || stream.destroyed || stream.write(piece)) return;
    this.#socket.pause();
    const resume = () => this.#socket.resume();
    stream.once('drain', resume).once('close', resume);
  }

  end(): void {
    this.#stream?.end();
    this.#stream = undefined;
  }

  async settled(): Promise<void> {
    await this.#storing;
  }
}
