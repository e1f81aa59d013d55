/** Spreads work over time: so many items a second, however many workers share it. */

export interface Pacer {
  /** How many items one step may take, so that a slow rate does not come in bursts. */
  readonly step: number;
  /** Books `items` at `nowMs`; the answer is how long to wait before they may be sent. Time left unused is not saved up. */
  book(items: number, nowMs: number): number;
  /** How long to wait until what is booked next may be sent at once. */
  delayMs(nowMs: number): number;
}

/** `perSecond` 0: without limit. */
export function createPacer(perSecond: number, most = 10): Pacer {
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return {
    step: perSecond === 0 ? most : Math.max(1, Math.min(most, Math.floor(perSecond))),
    book(items, nowMs) {
      if (perSecond === 0) return 0;
      const startMs = Math.max(freeAtMs, nowMs);
      freeAtMs = startMs + (items * 1_000) / perSecond;
      return startMs - nowMs;
    },
    delayMs: (nowMs) => Math.max(0, freeAtMs - nowMs),
  };
}
