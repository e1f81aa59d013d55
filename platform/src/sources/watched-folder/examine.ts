/** Decides what of one file is handed over now, from its bytes and from what was handed over before. */
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FolderFilesTable } from '../../ports/state/tables.ts';
import { endOfFirstLine, endOfLastLine, HEAD_BYTES, headHash, type Kind, kindOf, readBytes } from './contents.ts';

/** Files of lines are handed over in pieces of about this size, so that a crash repeats little. */
const RANGE_BYTES = 64 << 20;

export interface FoundFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly absolutePath: string;
  readonly fileId: string;
  readonly stats: BigIntStats;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Checkpoint = Pick<FolderFilesTable, 'head_hash' | 'head_bytes' | 'done_bytes' | 'generation'>;

export interface Examination {
  readonly checkpoint: Checkpoint;
  readonly ranges: readonly Range[];
  /** Something is left that is handed over when the file has not changed for a while. */
  readonly isUnsettled: boolean;
}

export interface ExamineOptions {
  readonly before: Checkpoint | undefined;
  /** Whether the file has been as it is for long enough. */
  isSettled(kind: Kind, stats: BigIntStats): boolean;
  /** Of a compressed file: whether its content was handed over before it was compressed. */
  isRotated(file: FileHandle, kind: Kind): Promise<boolean>;
}

/**
 * @returns undefined when another file has taken the name meanwhile
 * @throws what opening a file throws: ENOENT, EACCES, …
 */
export async function examine(found: FoundFile, options: ExamineOptions): Promise<Examination | undefined> {
  const file = await open(found.absolutePath, 'r');
  try {
    const stats = await file.stat({ bigint: true });
    if (fileIdOf(stats) !== found.fileId) return undefined;
    return await examineOpen(file, stats, options);
  } finally {
    await file.close();
  }
}

export function fileIdOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

async function examineOpen(file: FileHandle, stats: BigIntStats, options: ExamineOptions): Promise<Examination> {
  const size = Number(stats.size);
  const head = await readBytes(file, 0, Math.min(size, HEAD_BYTES));
  const checkpoint = nextCheckpoint(options.before, head, size);
  const start = checkpoint.done_bytes;
  if (start >= size) return { checkpoint, ranges: [], isUnsettled: false };
  const kind = await kindOf(file);
  if (kind === 'lines') return lines(file, checkpoint, size, options.isSettled(kind, stats));
  if (!options.isSettled(kind, stats)) return { checkpoint, ranges: [], isUnsettled: true };
  const done = { ...checkpoint, done_bytes: size };
  const isRepeated = start === 0 && kind !== 'document' && (await options.isRotated(file, kind));
  return { checkpoint: done, ranges: isRepeated ? [] : [{ start, end: size }], isUnsettled: false };
}

/** Starts over when the file is not the one that was handed over: another head, or shorter than that. */
function nextCheckpoint(before: Checkpoint | undefined, head: Buffer, size: number): Checkpoint {
  const now = { head_hash: headHash(head), head_bytes: head.length };
  if (before === undefined) return { ...now, done_bytes: 0, generation: 0 };
  const isSame = size >= before.done_bytes && headHash(head.subarray(0, before.head_bytes)) === before.head_hash;
  if (isSame) return { ...now, done_bytes: before.done_bytes, generation: before.generation };
  return { ...now, done_bytes: 0, generation: before.generation + 1 };
}

async function lines(file: FileHandle, checkpoint: Checkpoint, size: number, isSettled: boolean): Promise<Examination> {
  const ranges: Range[] = [];
  let start = checkpoint.done_bytes;
  for (let end = await endOfLines(file, start, size); end !== undefined; end = await endOfLines(file, start, size)) {
    ranges.push({ start, end });
    start = end;
  }
  if (isSettled && start < size) {
    ranges.push({ start, end: size });
    start = size;
  }
  return { checkpoint: { ...checkpoint, done_bytes: start }, ranges, isUnsettled: start < size };
}

/** Where the next piece of whole lines ends: after about 64 MiB, or after one line that is longer. */
async function endOfLines(file: FileHandle, start: number, size: number): Promise<number | undefined> {
  const limit = start + RANGE_BYTES;
  if (limit >= size) return endOfLastLine(file, start, size);
  return (await endOfLastLine(file, start, limit)) ?? (await endOfFirstLine(file, limit, size));
}
