/** Wires the sources: what each is given, and the limits of intake. */
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { relayOutbox } from '../alerts/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { SourcesDeps } from '../sources/configured.ts';
import { createPressure } from '../sources/pressure.ts';
import type { Adapters } from './adapters.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

export interface SourcesOptions {
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  /** The data folder; its disk is what can fill up. */
  readonly root: string;
  readonly config: Pick<Config, 'minFreeDiskMb' | 'maxBacklogObjects'>;
}

export function sourcesDeps({ adapters, clock, log, root, config }: SourcesOptions): SourcesDeps {
  const { state, queue, objects, metrics, secrets } = adapters;
  return {
    state,
    queue,
    objects,
    metrics,
    secrets,
    clock,
    log,
    newId: () => randomUUID(),
    async relayOutbox() {
      await relayOutbox({ state, queue, log });
    },
    pressure: createPressure({
      queue,
      maxBacklogObjects: config.maxBacklogObjects,
      minFreeDiskBytes: config.minFreeDiskMb * 1e6,
      freeDiskBytes: () => freeDiskBytes(root),
    }),
  };
}

/** Of the disk that a folder is on, for a process without privileges. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
