/** `panther compact`: files of a folder or bucket, or the lake of a Panther. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompactOptions } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import type { LakeTable } from '../../core/table.ts';
import { compactPlace } from '../../lake/compact/compact-place.ts';
import { ASIDE, type Place } from '../../lake/compact/place.ts';
import type { CompactReport } from '../../lake/compact/report.ts';
import { loadLogTypes } from '../../log-analysis/schema.ts';
import { dataDir } from '../data-dir.ts';
import { systemClock } from '../embedded.ts';
import { tablesOf } from '../lake/known-log-types.ts';
import { compactEngine } from './compact-engine.ts';
import { isDeadOwner, openScratch, ownOwner, type Scratch } from './compact-scratch.ts';

/** A killed run's partitions are taken over at once on the same machine, after this time on another one. */
const LEASE_MS = 60_000;

export async function compact(options: CompactOptions): Promise<CompactReport> {
  const { from } = options;
  if ('config' in from) return (await import('./compact-lake.ts')).compactLake(options, from);
  if ('folder' in from) return compactFolder(options, from.folder);
  return compactBucket(options, from);
}

async function compactFolder(options: CompactOptions, folder: string): Promise<CompactReport> {
  if (!existsSync(folder)) throw new UserError('there is no such folder', { file: folder });
  if (existsSync(dataDir(folder).stateFile)) {
    throw new UserError(`this is the data folder of a Panther: write --data-dir ${folder}`, { file: folder });
  }
  const { openPlainFolder } = await import('../../adapters/embedded/plain-folder.ts');
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
    import('../../adapters/aws/aws-client.ts'),
    import('../../adapters/aws/s3-objects.ts'),
  ]);
  const objects = await openS3Objects({ s3: await createS3Client(options.aws), clock: systemClock });
  const scratch = await openScratch(options.tmp ?? join(tmpdir(), 'panther-compact'));
  try {
    return await inPlace(
      options,
      { objects, bucket, prefix: prefix === '' ? '' : prefix.replace(/\/*$/, '/'), readsAtOnce: 8 },
      scratch,
    );
  } finally {
    await scratch.close();
    await objects.close();
  }
}

async function inPlace(options: CompactOptions, place: Place, scratch: Scratch): Promise<CompactReport> {
  const duckdb = compactEngine(options.memoryBytes, scratch.path);
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
