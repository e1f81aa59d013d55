/** When what is scheduled would have run between two times. */
import { UserError } from '../../core/errors.ts';
import { type Schedule, slotsBetween } from '../../detections/schedule/slots.ts';

/** Of all schedules of a detection together: a month of runs every five minutes. */
const MAX_RUNS = 10_000;

export interface PastRun<T> {
  readonly of: T;
  readonly at: Date;
}

/** In the order of their times; one at `from` counts, one at `to` does not. @throws UserError when they are too many. */
export function pastRuns<T>(
  schedules: readonly { readonly of: T; readonly schedule: Schedule }[],
  from: Date,
  to: Date,
): readonly PastRun<T>[] {
  const [after, until] = [new Date(from.getTime() - 1), new Date(to.getTime() - 1)];
  const found = schedules.map(({ of, schedule }) => ({ of, ...slotsBetween(schedule, after, until, MAX_RUNS) }));
  const runs = found.flatMap(({ of, times }) => times.map((at) => ({ of, at })));
  if (runs.length > MAX_RUNS || found.some(({ earlier }) => earlier > 0))
    throw new UserError(`there are more than ${MAX_RUNS} runs in this time: choose a shorter one`, { field: 'from' });
  return runs.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}
