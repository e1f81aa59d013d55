/**
 * Merges the small files of an hour into large ones. The rows stay the same; only which files hold them changes, in one
 * transaction. Killed at any point it leaves at worst a pending file, which the next start discards, or replaced files,
 * which the next round deletes.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BUCKETS } from '../ports/buckets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';
import type { State } from '../ports/state/state.ts';
import type { Catalog, LiveFile } from './catalog.ts';
import type { Duckdb } from './duckdb.ts';
import { filesInPlace, type LakeFiles } from './lake-files.ts';
import { type LakeFile, objectKey } from './layout.ts';
import { PARQUET_OPTIONS } from './part.ts';
import { MAX_QUERY_MS } from './sql.ts';
import { list, literal } from './sql-text.ts';

export interface CompactionDeps {
  readonly state: State;
  readonly objects: Objects;
  /** How files become readable; in place, as `objects` locates them, without it. */
  readonly files?: LakeFiles;
  readonly catalog: Catalog;
  readonly duckdb: Duckdb;
  readonly clock: Clock;
  /** Scratch space on the object store's disk. */
  readonly tmpDir: string;
  /** Random text that tells merges apart. */
  nonce(): string;
  /** Looks at a merged file beside its parts before it counts; throws when the merge must not happen. */
  check?(connection: DuckDBConnection, parts: readonly string[], merged: string): Promise<void>;
}

export interface CompactionOptions {
  /** Merges an hour's files when none is younger than this; 10 minutes without it. */
  readonly quietMs?: number;
  /** Merges the tiny ones of an hour that is not quiet from this number on; 32 without it. */
  readonly manyFiles?: number;
  /** Files from this size on stay as they are, and merged files have about this size; 128 MB without it. */
  readonly targetBytes?: number;
  /** Replaced files are deleted after this; a little more than the longest query without it. */
  readonly deleteAfterMs?: number;
  readonly signal?: AbortSignal;
}

export interface CompactionResult {
  readonly merges: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  /** Replaced files that were deleted, also of earlier rounds. */
  readonly deleted: number;
  /** Merges that failed, with the reason; their files are as they were. */
  readonly failures: readonly string[];
}

type PlanLimits = Pick<CompactionOptions, 'manyFiles' | 'targetBytes'>;

/** The files that become one. */
export type Merge = readonly LiveFile[];

/** No query runs as long. */
export const DELETE_REPLACED_AFTER_MS = MAX_QUERY_MS + 60_000;
const DEFAULTS = {
  quietMs: 600_000,
  manyFiles: 32,
  targetBytes: 128 << 20,
  deleteAfterMs: DELETE_REPLACED_AFTER_MS,
};
/** Bounds what the engine opens at once. */
const MAX_FILES_PER_MERGE = 500;

/** One round over the whole lake. Stops between two merges when the signal aborts. */
export async function compactLake(deps: CompactionDeps, options: CompactionOptions = {}): Promise<CompactionResult> {
  const { signal, deleteAfterMs } = { ...DEFAULTS, ...options };
  const merges = planMerges(await deps.catalog.liveFiles(), deps.clock.now(), options);
  const done: { readonly before: number; readonly rows: number }[] = [];
  const failures: string[] = [];
  for (const merge of merges) {
    if (signal?.aborted) break;
    try {
      done.push({ before: merge.length, rows: (await runMerge(deps, merge)).rowCount });
    } catch (error) {
      failures.push(`${merge[0]?.table} ${merge[0]?.hour}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const deleted = await deps.catalog.deleteReplaced(new Date(deps.clock.now().getTime() - deleteAfterMs));
  return {
    merges: done.length,
    filesBefore: done.reduce((sum, { before }) => sum + before, 0),
    filesAfter: done.length,
    rows: done.reduce((sum, { rows }) => sum + rows, 0),
    deleted,
    failures,
  };
}

/** What to merge: files of one table and hour, oldest hour first. */
export function planMerges(
  files: readonly LiveFile[],
  now: Date,
  { quietMs, manyFiles, targetBytes }: CompactionOptions = {},
): readonly Merge[] {
  const limits = {
    quietMs: quietMs ?? DEFAULTS.quietMs,
    manyFiles: manyFiles ?? DEFAULTS.manyFiles,
    targetBytes: targetBytes ?? DEFAULTS.targetBytes,
  };
  const quietBefore = new Date(now.getTime() - limits.quietMs).toISOString();
  const small = files.filter((file) => file.sizeBytes < limits.targetBytes);
  const groups = Object.values(Object.groupBy(small, (file) => `${file.hour} ${file.database}.${file.table}`));
  return groups
    .filter((group) => group !== undefined)
    .map((group) => (group.every(({ createdAt }) => createdAt <= quietBefore) ? group : crowd(group, limits)))
    .toSorted((a, b) => (hour(a) < hour(b) ? -1 : 1))
    .flatMap((group) => inMerges(group, limits.targetBytes))
    .filter((merge) => merge.length >= 2);
}

/** What is merged while an hour still gets files: tiny ones, so that rows are not copied again and again. */
function crowd(group: readonly LiveFile[], { manyFiles, targetBytes }: Required<PlanLimits>): readonly LiveFile[] {
  const tiny = group.filter(({ sizeBytes }) => sizeBytes < targetBytes / 16);
  return tiny.length >= manyFiles ? tiny : [];
}

function hour(group: readonly LiveFile[]): string {
  return group[0]?.hour ?? '';
}

function inMerges(group: readonly LiveFile[], targetBytes: number): readonly Merge[] {
  const merges: LiveFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of group.toSorted((a, b) => a.sizeBytes - b.sizeBytes)) {
    const current = merges.at(-1);
    if (current === undefined || bytes + file.sizeBytes > targetBytes || current.length === MAX_FILES_PER_MERGE) {
      merges.push([file]);
      bytes = file.sizeBytes;
    } else {
      current.push(file);
      bytes += file.sizeBytes;
    }
  }
  return merges;
}

/** Merges files into one. On failure the lake is as it was. */
export async function runMerge(deps: CompactionDeps, merge: Merge): Promise<LakeFile> {
  const { state, objects, catalog, duckdb, tmpDir } = deps;
  const commitId = `merge-${deps.nonce()}`;
  const path = join(tmpDir, `${commitId}.parquet`);
  await mkdir(tmpDir, { recursive: true });
  const connection = await duckdb.connect();
  try {
    const file = await writeMerged(connection, merge, deps, { path, commitId });
    await catalog.registerPending(commitId, [file]);
    await objects.putFile(BUCKETS.processedData, file.objectKey, path);
    await state.transaction(async (tx) => {
      const keys = merge.map(({ objectKey: key }) => key);
      await catalog.replace(tx, keys);
      await catalog.promote(tx, commitId, 1);
    });
    return file;
  } catch (error) {
    await catalog.discardPending({ commitId });
    throw error;
  } finally {
    connection.closeSync();
    await rm(path, { force: true });
  }
}

async function writeMerged(
  connection: DuckDBConnection,
  merge: Merge,
  { objects, files = filesInPlace(objects), check }: CompactionDeps,
  { path, commitId }: { readonly path: string; readonly commitId: string },
): Promise<LakeFile> {
  const [first] = merge;
  if (first === undefined) throw new Error('there is nothing to merge');
  const held = files.hold(`${path}-parts`);
  try {
    await held.add(merge);
    const paths = merge.map(({ objectKey: key }) => held.pathOf(key));
    const rows = `read_parquet(${list(paths)}, union_by_name=true, hive_partitioning=false)`;
    await connection.run(`COPY (SELECT * FROM ${rows} ORDER BY p_event_time) TO ${literal(path)} (${PARQUET_OPTIONS})`);
    await check?.(connection, paths, path);
  } finally {
    await held.release();
  }
  const rowCount = await countRows(connection, path);
  const expected = merge.reduce((sum, file) => sum + file.rowCount, 0);
  if (rowCount !== expected) throw new Error(`the merged file has ${rowCount} rows, its parts have ${expected}`);
  const { database, table } = first;
  const key = objectKey({ database, name: table }, first.hour, commitId);
  return { objectKey: key, database, table, hour: first.hour, rowCount, sizeBytes: (await stat(path)).size };
}

/** Reads the file itself, not what the writer says of it. */
async function countRows(connection: DuckDBConnection, path: string): Promise<number> {
  const result = await connection.run(`SELECT count(p_row_id) FROM read_parquet(${literal(path)})`);
  return Number((await result.getRows())[0]?.[0]);
}
