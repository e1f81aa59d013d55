/**
 * Writes the rows of one commit to the lake: a Parquet file for each table and hour, more than one where there are many
 * rows. Files are registered as pending, then put under their final names; they become visible when the commit
 * promotes them. Memory is bounded however large the commit and however many hours it spans, provided that the caller
 * waits for `pressure()` now and then.
 */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LakeTable } from '../core/table.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Objects } from '../ports/objects.ts';
import type { Catalog } from './catalog.ts';
import { CHUNK_SIZE, type ChunkPool, createChunkPool } from './chunk-pool.ts';
import type { Duckdb } from './duckdb.ts';
import { type LakeFile, objectKey } from './layout.ts';
import { type Part, type RefusedRow, type RowsFile, writePart } from './part.ts';
import { createSpill, type Segment } from './spill.ts';

export interface LakeWriter {
  /** `hour` is `YYYY-MM-DDTHH` of the event time; `json` the row as one line of JSON. */
  append(table: LakeTable, hour: string, json: string): void;
  /** Something to wait for before more is appended. Rejects when writing has failed. */
  pressure(): Promise<void> | undefined;
  /** Makes every row durable; the files are pending. */
  finish(): Promise<readonly LakeFile[]>;
  /** Removes what was written, after a failure; also after `finish`, as long as nothing was promoted. */
  abort(): Promise<void>;
}

export interface LakeWriterOptions {
  readonly objects: Objects;
  readonly catalog: Pick<Catalog, 'registerPending' | 'discardPending'>;
  readonly duckdb: Duckdb;
  /** Scratch space on the object store's disk. */
  readonly tmpDir: string;
  /** Of this writer alone; names its files. */
  readonly commitId: string;
  /** Takes rows that do not fit their table's columns. Without it they fail the commit. */
  readonly refuse?: (table: LakeTable, row: RefusedRow) => void;
  /** Shared among writers that follow one another. */
  readonly chunks?: ChunkPool;
  readonly limits?: Partial<LakeWriterLimits>;
}

export interface LakeWriterLimits {
  /** Characters of JSON that make a file of their own. */
  readonly partSize: number;
  /** Characters of JSON held in memory. */
  readonly totalSize: number;
}

/** Measured: parts of four times the size need 400 MB more memory and save no time; compaction merges them anyway. */
const DEFAULT_LIMITS: LakeWriterLimits = { partSize: 16 << 20, totalSize: 64 << 20 };
/** Below this part of `partSize` a buffer is spilled instead of made a small file. */
const WORTH_A_FILE = 1 / 8;

/** The rows of one table and hour that are not in a file yet: the newest as texts, older ones as bytes or on disk. */
interface HourRows {
  readonly table: LakeTable;
  readonly hour: string;
  texts: string[];
  textSize: number;
  chunks: Buffer[];
  segments: Segment[];
  rowCount: number;
  maxRow: number;
  /** In memory. */
  size: number;
  spilledSize: number;
}

const MAX_UTF8_BYTES = 3;
const FILES_PER_PUT = 32;

export function createLakeWriter(options: LakeWriterOptions): LakeWriter {
  const { objects, catalog, duckdb, commitId, tmpDir, refuse, chunks: pool = createChunkPool() } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const folder = join(tmpDir, `lake-${commitId}`);
  const spill = createSpill(join(folder, 'spill'));
  const buffers = new Map<string, HourRows>();
  const files: LakeFile[] = [];
  const ready: { readonly file: LakeFile; readonly path: string }[] = [];
  let connection: Promise<DuckDBConnection> | undefined;
  let heldSize = 0;
  let waitingSize = 0;
  let partCount = 0;
  let work = Promise.resolve();
  let allButLast = work;
  let hasFailed = false;

  /** One piece of work after the other; after a failure, none. */
  function enqueue(size: number, run: () => Promise<void>): void {
    waitingSize += size;
    allButLast = work;
    work = work.then(run).finally(() => {
      waitingSize -= size;
    });
    // It surfaces in pressure() or finish().
    work.catch(() => {
      hasFailed = true;
    });
  }

  /** Texts that are many become bytes, through which the garbage collector need not go. */
  function pack(rows: HourRows): void {
    if (rows.texts.length === 0) return;
    rows.chunks.push(pool.pack(rows.texts));
    [rows.texts, rows.textSize] = [[], 0];
  }

  function flush(rows: HourRows): void {
    pack(rows);
    buffers.delete(keyOf(rows.table, rows.hour));
    heldSize -= rows.size;
    enqueue(rows.size, () => writeFile(rows));
  }

  function relieve(): void {
    const largest = [...buffers.values()].reduce((a, b) => (b.size > a.size ? b : a));
    if (largest.size >= limits.partSize * WORTH_A_FILE) flush(largest);
    else for (const rows of buffers.values()) spillRows(rows);
  }

  function spillRows(rows: HourRows): void {
    if (rows.size === 0) return;
    pack(rows);
    const { chunks, size } = rows;
    heldSize -= size;
    rows.spilledSize += size;
    [rows.chunks, rows.size] = [[], 0];
    enqueue(size, async () => {
      await mkdir(folder, { recursive: true });
      rows.segments.push(await spill.append(Buffer.concat(chunks)));
      for (const chunk of chunks) pool.release(chunk);
    });
  }

  async function writeFile(rows: HourRows): Promise<void> {
    partCount += 1;
    const name = `${commitId}-${String(partCount).padStart(3, '0')}`;
    await mkdir(folder, { recursive: true });
    const file = await writeRowsFile(join(folder, name), rows);
    connection ??= duckdb.connect();
    try {
      const part = await writePart(await connection, rows.table, file, (row) => refuseRow(rows.table, row));
      if (part === undefined) return;
      ready.push({ file: lakeFile(rows, name, part), path: part.path });
      if (ready.length >= FILES_PER_PUT) await putReady();
    } finally {
      await rm(file.path, { force: true });
    }
  }

  function refuseRow(table: LakeTable, row: RefusedRow): void {
    if (refuse === undefined) throw new Error(`a row of ${table.database}.${table.name} is unfit: ${row.reason}`);
    refuse(table, row);
  }

  async function writeRowsFile(path: string, { segments, chunks, rowCount, maxRow }: HourRows): Promise<RowsFile> {
    const file = await open(path, 'w');
    try {
      for (const segment of segments) await file.appendFile(await spill.read(segment));
      for (const chunk of chunks) {
        await file.appendFile(chunk);
        pool.release(chunk);
      }
    } finally {
      await file.close();
    }
    return { path, rowCount, maxRowBytes: maxRow * MAX_UTF8_BYTES };
  }

  /** Registers and puts the files that are written; many at once, because each of the two waits for the disk. */
  async function putReady(): Promise<void> {
    const puts = ready.splice(0);
    if (puts.length === 0) return;
    const registered = puts.map(({ file }) => file);
    await catalog.registerPending(commitId, registered);
    files.push(...registered);
    const done = await Promise.allSettled(
      puts.map(({ file, path }) => objects.putFile(BUCKETS.processedData, file.objectKey, path)),
    );
    // All have ended: what is put after a clean-up would stay.
    const failed = done.find((put) => put.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async function release(): Promise<void> {
    (await connection?.catch(() => undefined))?.closeSync();
    connection = undefined;
    await spill.close();
    await rm(folder, { recursive: true, force: true });
  }

  return {
    append(table, hour, json) {
      const key = keyOf(table, hour);
      let rows = buffers.get(key);
      if (rows === undefined) {
        rows = emptyRows(table, hour);
        buffers.set(key, rows);
      }
      rows.texts.push(json);
      rows.textSize += json.length;
      rows.rowCount += 1;
      rows.size += json.length;
      if (json.length > rows.maxRow) rows.maxRow = json.length;
      heldSize += json.length;
      if (rows.textSize >= CHUNK_SIZE) pack(rows);
      if (rows.size + rows.spilledSize >= limits.partSize) flush(rows);
      else if (heldSize >= limits.totalSize) relieve();
    },
    pressure() {
      if (hasFailed) return work;
      // The last part is written while the next one fills.
      return waitingSize >= limits.partSize * 2 ? allButLast : undefined;
    },
    async finish() {
      for (const rows of buffers.values()) flush(rows);
      enqueue(0, putReady);
      await work;
      await release();
      return files;
    },
    async abort() {
      await work.catch(() => {});
      await release();
      await catalog.discardPending({ commitId });
    },
  };
}

function keyOf({ database, name }: LakeTable, hour: string): string {
  return `${database}/${name}/${hour}`;
}

function emptyRows(table: LakeTable, hour: string): HourRows {
  return {
    table,
    hour,
    texts: [],
    textSize: 0,
    chunks: [],
    segments: [],
    rowCount: 0,
    maxRow: 0,
    size: 0,
    spilledSize: 0,
  };
}

function lakeFile({ table, hour }: HourRows, name: string, { rowCount, sizeBytes }: Part): LakeFile {
  const key = objectKey(table, hour, name);
  return { objectKey: key, database: table.database, table: table.name, hour, rowCount, sizeBytes };
}
