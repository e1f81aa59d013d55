/** The embedded adapters over one data folder. Every thread and process opens its own. */
import { mkdir } from 'node:fs/promises';
import { openFolderObjects } from '../adapters/embedded/folder-objects.ts';
import { openKeyFileSecrets } from '../adapters/embedded/key-file-secrets.ts';
import { openSqliteMetrics } from '../adapters/embedded/sqlite-metrics.ts';
import { openSqliteQueue, type SqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import { filesInPlace } from '../lake/lake-files.ts';
import type { Clock } from '../ports/clock.ts';
import { QUEUES } from '../ports/queue.ts';
import type { Adapters } from './adapters.ts';
import type { DataDir } from './data-dir.ts';

export interface EmbeddedAdapters extends Adapters {
  readonly queue: SqliteQueue;
}

export async function openEmbedded(dir: DataDir, clock: Clock): Promise<EmbeddedAdapters> {
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
    lakeFiles: filesInPlace(objects),
    local: { queue, hasObjects: true, hasState: true },
    async close() {
      await metrics.close();
      await queue.close();
      await state.close();
    },
  };
}

export const systemClock: Clock = { now: () => new Date() };
