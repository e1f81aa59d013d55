/** The embedded adapters over one data folder. Every thread and process opens its own. */
import { mkdir } from 'node:fs/promises';
import { openFolderObjects } from '../adapters/embedded/folder-objects.ts';
import { openKeyFileSecrets } from '../adapters/embedded/key-file-secrets.ts';
import { openSqliteMetrics, type SqliteMetrics } from '../adapters/embedded/sqlite-metrics.ts';
import { openSqliteQueue, type SqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';
import { QUEUES } from '../ports/queue.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { State } from '../ports/state/state.ts';
import type { DataDir } from './data-dir.ts';

export interface Adapters {
  readonly state: State;
  readonly queue: SqliteQueue;
  readonly objects: Objects;
  readonly secrets: Secrets;
  readonly metrics: SqliteMetrics;
  close(): Promise<void>;
}

export async function openEmbedded(dir: DataDir, clock: Clock): Promise<Adapters> {
  await mkdir(dir.root, { recursive: true, mode: 0o700 });
  await mkdir(dir.tmp, { recursive: true });
  const state = openSqliteState(dir.stateFile);
  await state.migrate();
  const queue = await openSqliteQueue({ path: dir.queueFile, clock });
  for (const [name, options] of Object.entries(QUEUES)) await queue.ensure(name, options);
  const objects = openFolderObjects(dir.objects);
  const secrets = await openKeyFileSecrets(dir.secretsFile);
  const metrics = await openSqliteMetrics({ path: dir.metricsFile, clock });
  return {
    state,
    queue,
    objects,
    secrets,
    metrics,
    async close() {
      await metrics.close();
      await queue.close();
      await state.close();
    },
  };
}

export const systemClock: Clock = { now: () => new Date() };
