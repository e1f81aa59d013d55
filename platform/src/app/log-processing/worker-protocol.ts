/** What the main thread and a log processor's thread say to each other. */
import type { Config } from '../config.ts';

export interface WorkerSettings {
  readonly root: string;
  readonly contentDir: string;
  readonly logFormat: 'text' | 'json';
  /** What adapters read of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Pick<Config, 'minFreeDiskMb' | 'aws' | 'state' | 'lakeCacheMb' | 'leaseSeconds'>;
}

/** To the worker. `reload`: detections or log types have changed. */
export type WorkerCommand = { readonly kind: 'stop' } | { readonly kind: 'reload' };

/** From the worker, once it takes messages. */
export type WorkerReport = { readonly kind: 'ready' };
