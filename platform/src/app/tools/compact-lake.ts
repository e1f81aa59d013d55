/** `panther compact` on the lake of a Panther, whether it runs or not. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CompactOptions } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import { type Catalog, createCatalog } from '../../lake/catalog.ts';
import { compactCatalogLake } from '../../lake/compact/compact-lake.ts';
import type { CompactReport } from '../../lake/compact/report.ts';
import type { State } from '../../ports/state/state.ts';
import { readConfig } from '../config.ts';
import { type DataDir, dataDir, defaultDataDir } from '../data-dir.ts';
import { type DataDirLock, lockDataDir } from '../data-dir-lock.ts';
import { systemClock } from '../embedded.ts';
import { openStores } from '../lake/open-lake.ts';
import { keepLease, openLease, PROCESS_ID_LENGTH } from '../process-lease.ts';
import { compactEngine } from './compact-engine.ts';

/** @throws UserError when there is no Panther data, or another compact is at work on it. */
export async function compactLake(
  options: CompactOptions,
  from: Extract<CompactOptions['from'], { config: unknown }>,
): Promise<CompactReport> {
  const config = await readConfig(from.config, from.dataDir === undefined ? {} : { dataDir: from.dataDir });
  const dir = dataDir(resolve(config.dataDir ?? defaultDataDir(options.env)));
  const { state, objects, lakeFiles } = await openStores({ config, root: dir.root, env: options.env });
  const lock = await lockFolder(dir).catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  const tmpDir = join(dir.root, 'compact');
  const duckdb = compactEngine(options.memoryBytes, tmpDir);
  const id = randomBytes(PROCESS_ID_LENGTH / 2).toString('hex');
  try {
    await rm(tmpDir, { recursive: true, force: true });
    await mkdir(tmpDir, { recursive: true });
    const catalog = createCatalog({ state, objects, clock: systemClock });
    const life = keepLease(await openLease(state, id), (config.leaseSeconds * 1_000) / 4);
    try {
      const nonce = () => `${COMMIT}-${id}${randomBytes(PROCESS_ID_LENGTH / 2).toString('hex')}`;
      const deps = { state, objects, files: lakeFiles, catalog, duckdb, clock: systemClock, tmpDir, nonce };
      if (config.state === undefined && !options.isDryRun) await discardKilled(state, catalog);
      return await compactCatalogLake(deps, options);
    } finally {
      await life.stop();
    }
  } finally {
    await duckdb.close();
    await rm(tmpDir, { recursive: true, force: true });
    lock.release();
    await state.close();
  }
}

const COMMIT = 'compact';

async function lockFolder(dir: DataDir): Promise<DataDirLock> {
  try {
    return lockDataDir(dir, 'compact');
  } catch (cause) {
    throw new UserError(`another compact is running on ${dir.root}: wait for its end`, {}, { cause });
  }
}

/** What a compact that was killed had begun: there is no other one on this folder, the lock says. */
async function discardKilled(state: State, catalog: Catalog): Promise<void> {
  const pending = await state.db
    .selectFrom('lake_files')
    .select('commit_id')
    .distinct()
    .where('status', '=', 'pending')
    .where('commit_id', 'like', `merge-${COMMIT}-%`)
    .execute();
  for (const { commit_id } of pending) await catalog.discardPending({ commitId: commit_id });
}
