/** The engine as compact uses it. */
import { availableParallelism } from 'node:os';
import { createDuckdb, type Duckdb } from '../../lake/duckdb.ts';

/** What a thread of the engine needs for rows that it reads, sorts and writes. */
const THREAD_BYTES = 250e6;
const MAX_SPILL_BYTES = 256 * 2 ** 30;

export function compactEngine(memoryBytes: number, tmpDir: string): Duckdb {
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(memoryBytes / THREAD_BYTES)));
  return createDuckdb({ tmpDir, memoryBytes, threads, maxSpillBytes: MAX_SPILL_BYTES });
}
