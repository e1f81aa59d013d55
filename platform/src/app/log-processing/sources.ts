/** Wires the sources: what each is given, and the limits of intake. */
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { relayOutbox } from '../../alerts/outbox.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Objects } from '../../ports/objects.ts';
import type { SourcesDeps } from '../../sources/configured.ts';
import { createPressure } from '../../sources/pressure.ts';
import type { S3Access } from '../../sources/source.ts';
import type { Adapters } from '../adapters.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

export interface SourcesOptions {
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  /** The data folder; its disk is what can fill up. */
  readonly root: string;
  readonly config: Pick<Config, 'minFreeDiskMb' | 'maxBacklogObjects' | 'aws'>;
}

export function sourcesDeps({ adapters, clock, log, root, config }: SourcesOptions): SourcesDeps {
  const { state, queue, objects, metrics, secrets } = adapters;
  return {
    state,
    queue,
    objects,
    metrics,
    secrets,
    openS3: createOpenS3(config.aws, clock),
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

/** A client for each way to reach S3; the SDK is loaded by the first. */
function createOpenS3(aws: Config['aws'], clock: Clock) {
  const opened = new Map<string, Promise<Objects>>();

  async function open(access: S3Access): Promise<Objects> {
    const { createS3Client } = await import('../../adapters/aws/aws-client.ts');
    const { openS3Objects } = await import('../../adapters/aws/s3-objects.ts');
    const given = Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined));
    return openS3Objects({ s3: await createS3Client({ ...aws, ...given }), clock });
  }

  return (access: S3Access): Promise<Objects> => {
    const key = JSON.stringify(access);
    const known = opened.get(key) ?? open(access);
    opened.set(key, known);
    return known;
  };
}

/** Of the disk that a folder is on, for a process without privileges. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
