/** What the main thread and a log processor's thread say to each other. */
import type { Config } from './config.ts';

export interface WorkerSettings {
  readonly root: string;
  readonly contentDir: string;
  readonly logFormat: 'text' | 'json';
  readonly config: Pick<Config, 'minFreeDiskMb'>;
}

/** To the worker. `reload`: detections or log types have changed. */
export type WorkerCommand = { readonly kind: 'stop' } | { readonly kind: 'reload' };

/** From the worker, once it takes messages. */
export type WorkerReport = { readonly kind: 'ready' };
