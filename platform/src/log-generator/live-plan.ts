/** Files of what happens now: one after each span of time, with as many rows as belong into it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlannedFile, planFile } from './file-plan.ts';

export interface LiveOptions {
  readonly seed: string;
  readonly logTypes: readonly string[];
  readonly documents: ReadonlySet<string>;
  /** A second, over all log types. */
  readonly rate: { readonly rows: number } | { readonly bytes: number };
  readonly rollMs: number;
  /** Ends after it. */
  readonly durationMs: number;
  now(): number;
  readonly signal: AbortSignal;
}

/** When the target is behind, the next span is longer: nothing is left out. Ends quietly when the signal aborts. */
export async function* liveFiles(options: LiveOptions): AsyncGenerator<PlannedFile, void, unknown> {
  const { logTypes, rate, rollMs, durationMs, now, signal } = options;
  const perSecond = ('rows' in rate ? rate.rows : rate.bytes) / logTypes.length;
  const startMs = now();
  const due = new Map(logTypes.map((logType) => [logType, 0]));
  let fromMs = startMs;
  while (fromMs - startMs < durationMs) {
    const waitMs = Math.min(rollMs, startMs + durationMs - fromMs) - (now() - fromMs);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const toMs = Math.min(now(), startMs + durationMs);
    for (const logType of logTypes) {
      const amount = (due.get(logType) ?? 0) + (perSecond * (toMs - fromMs)) / 1_000;
      const whole = Math.floor(amount);
      due.set(logType, amount - whole);
      if (whole > 0)
        yield planFile(options, logType, fromMs, toMs, 'rows' in rate ? { rows: whole } : { bytes: whole });
    }
    fromMs = toMs;
  }
}
