/** Tells consumers in the same process, whatever their thread, that a queue has a message. */
import { BroadcastChannel } from 'node:worker_threads';

/** Consumers look this often for messages of other processes, and for delayed ones. */
const POLL_MS = 50;

export interface Waiter {
  /** Resolves when the queue is announced, `signal` aborts, or it is time to look again. */
  wait(maxMs: number): Promise<void>;
  cancel(): void;
}

/** @param name the same for everybody who opens the same queues */
export function createQueueWakeUp(name: string) {
  const channel = new BroadcastChannel(`panther-queue:${name}`);
  const listeners = new Map<string, Set<() => void>>();
  const notify = (queue: string) => {
    for (const wake of listeners.get(queue) ?? []) wake();
  };
  channel.onmessage = (event) => notify(String((event as MessageEvent).data));
  channel.unref();

  return {
    announce(queue: string): void {
      notify(queue);
      channel.postMessage(queue);
    },

    /** Listens from now on, so that what is announced before `wait` is not missed. */
    listen(queue: string, signal: AbortSignal | undefined): Waiter {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = listeners.get(queue) ?? new Set();
      const wake = () => resolve();
      listeners.set(queue, waiting.add(wake));
      signal?.addEventListener('abort', wake);
      const cancel = () => {
        waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
      };
      return {
        cancel,
        wait: async (maxMs) => {
          const timer = setTimeout(resolve, Math.min(maxMs, POLL_MS));
          await promise;
          clearTimeout(timer);
          cancel();
        },
      };
    },

    close(): void {
      for (const queue of listeners.keys()) notify(queue);
      channel.close();
    },
  };
}
