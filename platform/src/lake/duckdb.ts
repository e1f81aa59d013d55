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
}

export interface Duckdb {
  /** A new connection; the caller closes it. */
  connect(): Promise<DuckDBConnection>;
  close(): Promise<void>;
}

/** What spills to disk at most, for each instance. */
const MAX_SPILL = '8GiB';

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

export async function openDuckdb({ tmpDir, memoryBytes, threads }: DuckdbSettings): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  await mkdir(tmpDir, { recursive: true });
  return DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${Math.ceil(memoryBytes / 1024)}KiB`,
    temp_directory: join(tmpDir, 'duckdb'),
    max_temp_directory_size: MAX_SPILL,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
}
