/** Writes planned files to a target, several at a time, no faster than wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedFile } from './file-plan.ts';
import { fileChunks, type Written } from './log-file.ts';
import type { RowWriter } from './row-writer.ts';
import type { LogTarget } from './targets/target.ts';

export interface GenerateOptions {
  readonly files: Iterable<PlannedFile> | AsyncIterable<PlannedFile>;
  readonly writerOf: (logType: string) => RowWriter;
  readonly target: LogTarget;
  /** Files that are written at the same time. */
  readonly concurrency: number;
  readonly attackRate: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  onChunk?(bytes: number): void;
  onFile?(file: PlannedFile, sizeBytes: number): void;
}

/** How fast rows may come. */
export interface Pace {
  /** Largest chunk that keeps the rate even. */
  chunkBytes(writer: RowWriter): number;
  /** Milliseconds to wait before so many rows and bytes may go. */
  waitMs(rows: number, bytes: number): number;
}

export const unhurried: Pace = { chunkBytes: () => 256 * 1024, waitMs: () => 0 };

export interface Generated {
  readonly logTypes: ReadonlyMap<string, { files: number; rows: number; bytes: number; writtenBytes: number }>;
  /** Rows of attacks, by the rule that detects them. */
  readonly attacks: ReadonlyMap<string, number>;
  readonly isInterrupted: boolean;
}

/** Files that were not finished when the signal aborts are not there, and not counted. */
export async function generateFiles(options: GenerateOptions): Promise<Generated> {
  const { files, concurrency, signal } = options;
  const logTypes = new Map<string, { files: number; rows: number; bytes: number; writtenBytes: number }>();
  const attacks = new Map<string, number>();
  const plan = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]();
  let isFailed = false;

  async function work(): Promise<void> {
    while (!isFailed && !signal.aborted) {
      const next = await plan.next();
      if (next.done || signal.aborted) return;
      const { written, sizeBytes } = await writeFile(next.value, options);
      add(logTypes, next.value.logType, written, sizeBytes);
      for (const [ruleId, rows] of written.attacks) attacks.set(ruleId, (attacks.get(ruleId) ?? 0) + rows);
      options.onFile?.(next.value, sizeBytes);
    }
  }

  const workers = Array.from({ length: concurrency }, () =>
    work().catch((error: unknown) => {
      isFailed = true;
      if (!signal.aborted) throw error;
    }),
  );
  const settled = await Promise.allSettled(workers);
  const failure = settled.find((each) => each.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return { logTypes, attacks, isInterrupted: signal.aborted };
}

async function writeFile(
  file: PlannedFile,
  options: GenerateOptions,
): Promise<{ written: Written; sizeBytes: number }> {
  const written: Written = { rows: 0, bytes: 0, attacks: new Map() };
  const { logType, hour, name } = file;
  const sizeBytes = await options.target.write({ logType, hour, name, chunks: chunksOf(file, written, options) });
  return { written, sizeBytes };
}

async function* chunksOf(file: PlannedFile, written: Written, options: GenerateOptions): AsyncGenerator<Buffer> {
  const { writerOf, attackRate, pace, signal } = options;
  const writer = writerOf(file.logType);
  let rows = 0;
  for (const chunk of fileChunks({ ...file, writer, attackRate }, written, pace.chunkBytes(writer))) {
    signal.throwIfAborted();
    const waitMs = pace.waitMs(written.rows - rows, chunk.length);
    rows = written.rows;
    if (waitMs >= 1) await sleep(waitMs, undefined, { signal });
    options.onChunk?.(chunk.length);
    yield chunk;
  }
}

function add(
  totals: Map<string, { files: number; rows: number; bytes: number; writtenBytes: number }>,
  logType: string,
  { rows, bytes }: Written,
  sizeBytes: number,
): void {
  const total = totals.get(logType) ?? { files: 0, rows: 0, bytes: 0, writtenBytes: 0 };
  total.files += 1;
  total.rows += rows;
  total.bytes += bytes;
  total.writtenBytes += sizeBytes;
  totals.set(logType, total);
}
