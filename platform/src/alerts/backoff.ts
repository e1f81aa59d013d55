/** When a failed delivery is tried again. */
import type { DeliveryResult } from '../core/alert.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** After the first, second, … failure; the last one repeats. Most failures are over within seconds. */
const DELAYS_MS = [1 * SECOND, 5 * SECOND, 30 * SECOND, 1 * MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 15 * MINUTE];

/** A destination cannot put its alerts off for longer than this. */
const MAX_RETRY_AFTER_MS = 60 * MINUTE;

/**
 * How long to wait after the `tries`-th failure (from 1), `random` being in [0, 1): between 80 % and 120 % of the
 * step, so that deliveries which failed together do not come back together; never before the destination's
 * Retry-After.
 */
export function retryDelayMs(tries: number, result: Pick<DeliveryResult, 'retryAfterMs'>, random: number): number {
  const step = DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? SECOND;
  const wait = step * (0.8 + 0.4 * random);
  const asked = Math.min(result.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return Math.round(Math.max(wait, asked));
}
