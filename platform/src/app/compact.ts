/** `panther compact`: files of a folder or bucket, or the lake of a Panther. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CompactOptions } from '../cli/operations.ts';
import { UserError } from '../core/errors.ts';
import type { LakeTable } from '../core/table.ts';
import { type Catalog, createCatalog } from '../lake/catalog.ts';
import { compactCatalogLake } from '../lake/compact/compact-lake.ts';
import { compactPlace } from '../lake/compact/compact-place.ts';
import { ASIDE, type Place } from '../lake/compact/place.ts';
import type { CompactReport } from '../lake/compact/report.ts';
import { createDuckdb } from '../lake/duckdb.ts';
import { loadLogTypes } from '../log-analysis/schema.ts';
import type { State } from '../ports/state/state.ts';
import { isDeadOwner, openScratch, ownOwner, type Scratch } from './compact-scratch.ts';
import { readConfig } from './config.ts';
import { type DataDir, dataDir, defaultDataDir } from './data-dir.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { systemClock } from './embedded.ts';
import { tablesOf } from './known-log-types.ts';
import { openStores } from './open-lake.ts';
import { keepLease, openLease, PROCESS_ID_LENGTH } from './process-lease.ts';

/** A killed run's partitions are taken over at once on the same machine, after this time on another one. */
const LEASE_MS = 60_000;
/** What a thread of the engine needs for rows that it reads, sorts and writes. */
const THREAD_BYTES = 250e6;
const MAX_SPILL_BYTES = 256 * 2 ** 30;

export async function compact(options: CompactOptions): Promise<CompactReport> {
  const { from } = options;
  if ('config' in from) return compactLake(options, from);
  if ('folder' in from) return compactFolder(options, from.folder);
  return compactBucket(options, from);
}

async function compactFolder(options: CompactOptions, folder: string): Promise<CompactReport> {
  if (!existsSync(folder)) throw new UserError('there is no such folder', { file: folder });
  if (existsSync(dataDir(folder).stateFile)) {
    throw new UserError(`this is the data folder of a Panther: write --data-dir ${folder}`, { file: folder });
  }
  const { openPlainFolder } = await import('../adapters/embedded/plain-folder.ts');
  const aside = join(folder, ASIDE);
  const unfinished = await openScratch(aside);
  const scratch = options.tmp === undefined ? unfinished : await openScratch(options.tmp);
  try {
    const objects = openPlainFolder(folder, join(unfinished.path, 'objects'));
    return await inPlace(options, { objects, bucket: '', prefix: '' }, scratch);
  } finally {
    await scratch.close();
    await unfinished.close();
  }
}

async function compactBucket(
  options: CompactOptions,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): Promise<CompactReport> {
  const [{ createS3Client }, { openS3Objects }] = await Promise.all([
    import('../adapters/aws/aws-client.ts'),
    import('../adapters/aws/s3-objects.ts'),
  ]);
  const objects = await openS3Objects({ s3: await createS3Client(options.aws), clock: systemClock });
  const scratch = await openScratch(options.tmp ?? join(tmpdir(), 'panther-compact'));
  try {
    return await inPlace(
      options,
      { objects, bucket, prefix: prefix === '' ? '' : prefix.replace(/\/*$/, '/') },
      scratch,
    );
  } finally {
    await scratch.close();
    await objects.close();
  }
}

async function inPlace(options: CompactOptions, place: Place, scratch: Scratch): Promise<CompactReport> {
  const duckdb = engine(options, scratch.path);
  try {
    return await compactPlace({
      ...options,
      place,
      tables: knownTables(options),
      duckdb,
      tmpDir: scratch.path,
      owner: ownOwner(),
      isDead: isDeadOwner,
      clock: systemClock,
      leaseMs: LEASE_MS,
      newName: randomUUID,
    });
  } finally {
    await duckdb.close();
  }
}

function knownTables({ contentDir, schemas }: CompactOptions): readonly LakeTable[] {
  return tablesOf(loadLogTypes(join(contentDir, 'log-types'), schemas));
}

function engine({ memoryBytes }: CompactOptions, tmpDir: string) {
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(memoryBytes / THREAD_BYTES)));
  return createDuckdb({ tmpDir, memoryBytes, threads, maxSpillBytes: MAX_SPILL_BYTES });
}

async function compactLake(
  options: CompactOptions,
  from: Extract<CompactOptions['from'], { config: unknown }>,
): Promise<CompactReport> {
  const config = await readConfig(from.config, from.dataDir === undefined ? {} : { dataDir: from.dataDir });
  const dir = dataDir(resolve(config.dataDir ?? defaultDataDir(options.env)));
  const { state, objects, lakeFiles } = await openStores({ config, root: dir.root, env: options.env });
  const lock = lockFolder(dir);
  const tmpDir = join(dir.root, 'compact');
  const duckdb = engine(options, tmpDir);
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

function lockFolder(dir: DataDir): DataDirLock {
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
