/** Lets a number of things happen at a time; others wait their turn. */
export interface Limiter {
  /** Resolves to the function that gives the place back. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<() => void>;
}

export function createLimiter(places: number): Limiter {
  const waiting: (() => void)[] = [];
  let taken = 0;

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  }

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (taken < places) taken += 1;
      else await turn(signal);
      let isReleased = false;
      return () => {
        if (!isReleased) release();
        isReleased = true;
      };
    },
  };

  function turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = () => {
        waiting.splice(waiting.indexOf(take), 1);
        reject(signal.reason);
      };
      waiting.push(take);
      signal.addEventListener('abort', give, { once: true });
    });
  }
}
