/** Writing to a stream without filling memory, and without noise when the reader goes away (`| head`). */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface Output {
  /** Resolves when more can be taken. Rejects with `OutputClosed` when the reader is gone. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
}

/** The reader closed the pipe. `main` ends the command quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

const BUFFER_CHARACTERS = 64 * 1024;

/** Gathers small texts into large writes; what is gathered leaves at the latest on the next turn of the event loop. */
export function streamOutput(stream: Writable): Output {
  let buffered = '';
  let isScheduled = false;
  let failure: Error | undefined;
  let draining: Promise<void> | undefined;
  const taken = Promise.resolve();

  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code === 'EPIPE' ? new OutputClosed('the reader closed the output') : error;
  });

  /** One wait for a full stream, shared by everyone who writes meanwhile. */
  function send(chunk: string | Uint8Array): Promise<void> {
    if (failure) return Promise.reject(failure);
    if (stream.write(chunk)) return taken;
    if (!draining) {
      draining = drained(stream, () => failure).finally(() => {
        draining = undefined;
      });
      // Whoever writes next is told; here it is only kept from being unhandled.
      draining.catch(() => {});
    }
    return draining;
  }

  function sendBuffered(): Promise<void> {
    const text = buffered;
    buffered = '';
    return text === '' ? taken : send(text);
  }

  function sendSoon(): void {
    // A failure is kept, and thrown to the next caller of write or flush.
    if (draining) {
      draining.then(sendSoon, () => {});
      return;
    }
    isScheduled = false;
    sendBuffered().catch(() => {});
  }

  return {
    write(chunk) {
      if (failure) return Promise.reject(failure);
      if (typeof chunk !== 'string') return sendBuffered().then(() => send(chunk));
      buffered += chunk;
      if (buffered.length >= BUFFER_CHARACTERS) return sendBuffered();
      if (!isScheduled) {
        isScheduled = true;
        setImmediate(sendSoon);
      }
      return draining ?? taken;
    },
    async flush() {
      await sendBuffered();
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure) throw failure;
    },
  };
}

async function drained(stream: Writable, failure: () => Error | undefined): Promise<void> {
  try {
    await once(stream, 'drain');
  } catch (error) {
    throw failure() ?? error;
  }
}
