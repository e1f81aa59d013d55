/**
 * DuckDB, loaded on first use. It downloads and loads no extension: Parquet, JSON and ICU are part of the library.
 * One per thread is for our own work (writing, merging); users' SQL never runs on it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface DuckdbSettings {
  /** For what does not fit into memory; made when missing. Inside the data folder. */
  readonly tmpDir: string;
  readonly memoryBytes: number;
  readonly threads: number;
  /** What spills to disk at most; 8 GiB without it. */
  readonly maxSpillBytes?: number;
}

export interface Duckdb {
  /** A new connection; the caller closes it. */
  connect(): Promise<DuckDBConnection>;
  close(): Promise<void>;
}

const MAX_SPILL_BYTES = 8 * 2 ** 30;

export function createDuckdb(settings: DuckdbSettings): Duckdb {
  let instance: Promise<DuckDBInstance> | undefined;
  return {
    async connect() {
      instance ??= openDuckdb(settings);
      return (await instance).connect();
    },
    async close() {
      const opened = instance;
      instance = undefined;
      (await opened?.catch(() => undefined))?.closeSync();
    },
  };
}

export async function openDuckdb({
  tmpDir,
  memoryBytes,
  threads,
  maxSpillBytes = MAX_SPILL_BYTES,
}: DuckdbSettings): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  await mkdir(tmpDir, { recursive: true });
  return DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${Math.ceil(memoryBytes / 1024)}KiB`,
    temp_directory: join(tmpDir, 'duckdb'),
    max_temp_directory_size: `${Math.ceil(maxSpillBytes / 1024)}KiB`,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
}
