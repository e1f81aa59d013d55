/** The ports of a Panther, as its configuration chooses their adapters. */
import type { SqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import type { LakeFiles } from '../lake/lake-files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics, MetricsReader } from '../ports/metrics.ts';
import type { Objects } from '../ports/objects.ts';
import type { Queue } from '../ports/queue.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { State } from '../ports/state/state.ts';
import type { Config } from './config.ts';
import type { DataDir } from './data-dir.ts';
import type { Log } from './log.ts';

export interface Adapters {
  readonly state: State;
  readonly queue: Queue;
  readonly objects: Objects;
  readonly secrets: Secrets;
  readonly metrics: Metrics & MetricsReader;
  readonly lakeFiles: LakeFiles;
  /** Where new files of the lake are announced; their bucket as others know it. */
  readonly lakeTopic?: { readonly bucket: string };
  /** What is in the data folder: no process without this folder can have work in it. The rest may be shared by many. */
  readonly local: {
    readonly queue: SqliteQueue | undefined;
    readonly hasObjects: boolean;
    readonly hasState: boolean;
  };
  close(): Promise<void>;
}

export interface AdapterOptions {
  readonly config: AdapterConfig;
  readonly dir: DataDir;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The part of the configuration that chooses adapters. */
export type AdapterConfig = Pick<Config, 'aws' | 'state' | 'lakeCacheMb'> & Partial<Pick<Config, 'lakeNotifications'>>;

/** Nothing of a service is loaded that is not configured. */
export async function openAdapters(options: AdapterOptions): Promise<Adapters> {
  const adapters = await openStores(options);
  if (options.config.aws === undefined && options.config.lakeNotifications === undefined) return adapters;
  const { withTopics } = await import('./topics.ts');
  return withTopics(adapters, options);
}

async function openStores(options: AdapterOptions): Promise<Adapters> {
  if (options.config.aws === undefined && options.config.state === undefined) {
    const { openEmbedded } = await import('./embedded.ts');
    return openEmbedded(options.dir, options.clock);
  }
  const { openServiceAdapters } = await import('./service-adapters.ts');
  return openServiceAdapters(options);
}
