/** Changes in folders, as batches. */
import { watch } from 'node:fs';

/** Editors write a file in several steps. */
const QUIET_MS = 150;

/** Yields once after every burst of changes below the paths, until the signal. */
export async function* changesIn(paths: readonly string[], signal: AbortSignal): AsyncGenerator<void> {
  let wake = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const watchers = paths.map((path) =>
    watch(path, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => wake.resolve(), QUIET_MS);
    }),
  );
  const stop = () => wake.resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      await wake.promise;
      if (signal.aborted) return;
      wake = Promise.withResolvers<void>();
      yield;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    for (const one of watchers) one.close();
  }
}
