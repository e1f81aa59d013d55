/** What the health page shows: parts, storage, the process. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiDeps } from '../api/deps.ts';
import { freeDiskBytes } from './log-processing/sources.ts';
import type { Runtime } from './runtime.ts';

export interface Component {
  readonly name: string;
  state(): { readonly status: 'starting' | 'ok' | 'failed' | 'stopped'; readonly message: string };
}

type SystemInfo = Awaited<ReturnType<ApiDeps['system']>>;

export function createSystem(runtime: Runtime, version: string, components: () => readonly Component[]) {
  const startedAt = runtime.clock.now();

  async function describe(): Promise<SystemInfo> {
    return {
      version,
      startedAt: startedAt.toISOString(),
      uptimeMs: runtime.clock.now().getTime() - startedAt.getTime(),
      memoryBytes: process.memoryUsage.rss(),
      components: components().map(({ name, state }) => {
        const { status, message } = state();
        return { name, status: status === 'starting' ? 'degraded' : status, message: message || startText(status) };
      }),
      storage: await storage(runtime),
      freeBytes: await freeDiskBytes(runtime.dir.root),
    };
  }

  function health(): ReturnType<ApiDeps['health']> {
    const states = components().map(({ state }) => state().status);
    if (states.includes('failed')) return 'failing';
    return states.includes('starting') ? 'starting' : 'ok';
  }

  return { describe, health };
}

function startText(status: string): string {
  return status === 'starting' ? 'starting' : '';
}

async function storage({ adapters, dir }: Runtime): Promise<SystemInfo['storage']> {
  const { bytes, files } = await adapters.state.db
    .selectFrom('lake_files')
    .select((eb) => [eb.fn.sum<number>('size_bytes').as('bytes'), eb.fn.countAll<number>().as('files')])
    .where('status', '=', 'live')
    .executeTakeFirstOrThrow();
  return [
    { name: 'lake', bytes: Number(bytes ?? 0), objects: Number(files) },
    { name: 'state', bytes: await sizeOf(dir.stateFile), objects: null },
    { name: 'queues', bytes: await sizeOf(dir.queueFile), objects: null },
    { name: 'metrics', bytes: await sizeOf(dir.metricsFile), objects: null },
  ];
}

/** Of a database with its journal. */
async function sizeOf(file: string): Promise<number> {
  const folder = join(file, '..');
  const name = file.slice(folder.length + 1);
  const names = (await readdir(folder)).filter((entry) => entry.startsWith(name));
  const sizes = await Promise.all(names.map(async (entry) => (await stat(join(folder, entry))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
