/** How much more can be taken in: what waits to be processed, and what is left of the disk. */
import { INPUT_QUEUE, type Queue } from '../ports/queue.ts';
import type { Pressure } from './source.ts';

export interface PressureOptions {
  readonly queue: Queue;
  readonly maxBacklogObjects: number;
  readonly minFreeDiskBytes: number;
  freeDiskBytes(): Promise<number>;
}

/** Looked at so often at most, however many requests come. */
const FRESH_MS = 500;

export function createPressure(options: PressureOptions): () => Promise<Pressure | undefined> {
  let last: Promise<Pressure | undefined> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (last === undefined || performance.now() - lookedAt > FRESH_MS) {
      lookedAt = performance.now();
      last = look(options);
    }
    return last;
  };
}

async function look(options: PressureOptions): Promise<Pressure | undefined> {
  const free = await options.freeDiskBytes();
  if (free < options.minFreeDiskBytes) {
    const message = `the disk is full: ${Math.round(free / 1e6)} MB are free, ${Math.round(options.minFreeDiskBytes / 1e6)} MB are needed`;
    return { kind: 'full', message, retryAfterSeconds: 30 };
  }
  const { visible } = await options.queue.counts(INPUT_QUEUE);
  if (visible < options.maxBacklogObjects) return undefined;
  return { kind: 'busy', message: `processing is behind: ${visible} objects are waiting`, retryAfterSeconds: 5 };
}
