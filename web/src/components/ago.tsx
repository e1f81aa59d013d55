import { useSyncExternalStore } from 'react';
import { formatAgo, formatTime } from './format.ts';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(tick, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

/** A time relative to now, with the exact time in UTC on hover. `null` shows `never` or what `none` says. */
export function Ago({ time, none = 'never' }: { readonly time: string | null; readonly none?: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (time === null) return <span>{none}</span>;
  return (
    <time dateTime={time} title={formatTime(time)}>
      {formatAgo(time, current)}
    </time>
  );
}
