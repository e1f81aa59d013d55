/**
 * A lake that has a catalog: small files of an hour become one, as the running Panther merges them, at once and for
 * chosen tables and hours. The catalog says in one transaction which files count.
 */

import { errorMessage, UserError } from '../../core/errors.ts';
import { LAKE_DATABASES } from '../../core/table.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import type { LiveFile } from '../catalog.ts';
import { type CompactionDeps, DELETE_REPLACED_AFTER_MS, type Merge, planMerges, runMerge } from '../compaction.ts';
import type { Selection } from './find-partitions.ts';
import { ASIDE } from './place.ts';
import { type CompactReport, createReports, type PartOfReport } from './report.ts';
import { findDifferences } from './verify.ts';

export interface CompactLakeOptions {
  readonly selection: Selection;
  readonly isDryRun: boolean;
  readonly isVerifying: boolean;
  readonly keepsInputs: boolean;
  /** Hours that got a file since then are left, unless they have many. */
  readonly minAgeMs: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  onStart(bytes: number): void;
  onProgress(bytes: number): void;
}

export async function compactCatalogLake(deps: CompactionDeps, options: CompactLakeOptions): Promise<CompactReport> {
  const { signal } = options;
  const files = selected(await deps.catalog.liveFiles(), options.selection);
  const merges = planMerges(files, deps.clock.now(), { quietMs: options.minAgeMs });
  const reports = createReports();
  if (options.isDryRun) {
    for (const merge of merges) reports.add(partition(merge), before(merge));
    return { tables: reports.all(), isInterrupted: false };
  }
  options.onStart(bytesOf(merges.flat()));
  const left = merges.values();
  const worker = async () => {
    for (const merge of left) {
      if (signal.aborted) return;
      reports.add(partition(merge), await attempt(deps, options, merge));
      options.onProgress(bytesOf(merge));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, merges.length) }, worker));
  await deps.catalog.deleteReplaced(new Date(deps.clock.now().getTime() - DELETE_REPLACED_AFTER_MS));
  const { n } = await deps.state.db
    .selectFrom('lake_files')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('status', '=', 'replaced')
    .executeTakeFirstOrThrow();
  return { tables: reports.all(), isInterrupted: signal.aborted, waitingFiles: Number(n) };
}

function selected(files: readonly LiveFile[], { tables, fromHour, beforeHour }: Selection): readonly LiveFile[] {
  const known = new Set(files.map(({ table }) => table));
  for (const name of tables ?? []) {
    if (!known.has(name)) throw new UserError(`the lake has no files of a table ${name}`, { field: '--table' });
  }
  return files.filter(
    ({ table, hour }) =>
      (tables === undefined || tables.has(table)) &&
      (fromHour === undefined || hour >= fromHour) &&
      (beforeHour === undefined || hour < beforeHour),
  );
}

async function attempt(deps: CompactionDeps, options: CompactLakeOptions, merge: Merge): Promise<PartOfReport> {
  try {
    if (options.keepsInputs) await keep(deps, merge);
    const file = await runMerge(options.isVerifying ? { ...deps, check } : deps, merge);
    return { ...before(merge), filesAfter: 1, bytesAfter: file.sizeBytes, rows: file.rowCount };
  } catch (error) {
    const [first] = merge;
    return { problems: [`${first?.table} ${first?.hour} is left as it is: ${errorMessage(error)}`] };
  }
}

/** The old files go when no query can read them any more; their copies stay. */
async function keep({ objects }: CompactionDeps, merge: Merge): Promise<void> {
  for (const { objectKey } of merge) {
    const found = await objects.get(BUCKETS.processedData, objectKey);
    if (found === undefined) throw new Error(`${objectKey} is missing`);
    await objects.put(BUCKETS.processedData, `${ASIDE}originals/${objectKey}`, found.stream);
  }
}

const check: NonNullable<CompactionDeps['check']> = async (connection, parquet, written) => {
  const differences = await findDifferences(connection, { json: { paths: [] }, source: undefined, parquet, written });
  if (differences.length > 0) throw new Error(`the new file is not like the old ones: ${differences.join('; ')}`);
};

function partition([first]: Merge) {
  return { database: first?.database ?? LAKE_DATABASES[0], table: first?.table ?? '' };
}

function before(merge: Merge): PartOfReport {
  return { filesBefore: merge.length, bytesBefore: bytesOf(merge) };
}

function bytesOf(files: readonly LiveFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
