/** Token buckets by key, in memory: each refills steadily and holds one period's worth. */
import type { Clock } from '../../ports/clock.ts';

export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

export interface RateLimiter {
  /** Takes one; 0 when it was there, else seconds to wait (at least 1). */
  take(key: string, rate: Rate): number;
  /** Fills a bucket up again. */
  forget(key: string): void;
}

interface Bucket {
  level: number;
  at: number;
  fullAt: number;
}

/** Full buckets say nothing, so they go first; beyond this many the oldest go as well. */
const MAX_BUCKETS = 50_000;

export function createRateLimiter(clock: Clock): RateLimiter {
  const buckets = new Map<string, Bucket>();

  function makeRoom(now: number): void {
    if (buckets.size < MAX_BUCKETS) return;
    for (const [key, bucket] of buckets) if (bucket.fullAt <= now) buckets.delete(key);
    for (const key of buckets.keys()) {
      if (buckets.size < MAX_BUCKETS) return;
      buckets.delete(key);
    }
  }

  return {
    take(key, { count, periodMs }) {
      const now = clock.now().getTime();
      const perMs = count / periodMs;
      const bucket = buckets.get(key) ?? { level: count, at: now, fullAt: now };
      // A clock that was set back must not empty the bucket.
      const level = Math.min(count, bucket.level + Math.max(0, now - bucket.at) * perMs);
      const left = level >= 1 ? level - 1 : level;
      if (!buckets.has(key)) makeRoom(now);
      buckets.set(key, { level: left, at: now, fullAt: now + (count - left) / perMs });
      return level >= 1 ? 0 : Math.max(1, Math.ceil((1 - level) / perMs / 1_000));
    },
    forget: (key) => {
      buckets.delete(key);
    },
  };
}
