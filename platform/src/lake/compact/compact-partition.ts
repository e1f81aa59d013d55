/** One partition: its JSON files, and Parquet files that are too small, become few Parquet files. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { type Claim, type ClaimDeps, claimPartition, isClaim } from './claim.ts';
import { type FetchedRows, fetchRows } from './fetch-rows.ts';
import { isSmall } from './find-partitions.ts';
import { fileStem, kindOf, type Partition } from './partition.ts';
import { asideKey } from './place.ts';
import { replaceFiles, settle } from './replace.ts';
import type { PartOfReport } from './report.ts';
import { findDifferences } from './verify.ts';
import { type SchemaKeeper, type Written, writeParquet } from './write-parquet.ts';

export interface PartitionOptions extends ClaimDeps {
  readonly connection: DuckDBConnection;
  readonly schema: SchemaKeeper;
  /** Of this partition alone; made when missing, gone afterwards. */
  readonly folder: string;
  readonly isVerifying: boolean;
  readonly keepsInputs: boolean;
  /** Files that are younger may not be complete; they are left for the next time. */
  readonly minAgeMs: number;
  /** Of JSON, decompressed, for one file. */
  readonly batchBytes: number;
  readonly targetBytes: number;
  readonly signal: AbortSignal;
  /** Bytes of old files that are replaced. */
  onProgress(bytes: number): void;
  /** A name that nobody else has. */
  newName(): string;
}

type Totals = { -readonly [K in keyof Required<PartOfReport>]: K extends 'problems' ? string[] : number };

const LANES = 2;
/** Of a batch that the engine's memory does not hold, the next try has this part. */
const SMALLER = 4;
const MAX_PARQUET_FILES = 400;
const MAX_TARGETS = 4;

/** What fails is among the problems; nothing is lost then. */
export async function compactPartition(options: PartitionOptions, partition: Partition): Promise<PartOfReport> {
  const totals = noResult();
  const claim = await claimPartition(options, partition.prefix);
  if (claim === undefined) return { busy: 1 };
  try {
    await settle(options.place, claim);
    await run(options, partition, claim, totals);
  } catch (error) {
    totals.problems.push(`${partition.prefix} is left as it is: ${errorMessage(error)}`);
  } finally {
    await claim.release();
    await rm(options.folder, { recursive: true, force: true });
  }
  return totals;
}

function noResult(): Totals {
  return {
    busy: 0,
    filesBefore: 0,
    bytesBefore: 0,
    jsonBytes: 0,
    filesAfter: 0,
    bytesAfter: 0,
    rows: 0,
    unfitRows: 0,
    problems: [],
    leftFiles: 0,
  };
}

async function run(options: PartitionOptions, partition: Partition, claim: Claim, totals: Totals): Promise<void> {
  const { json, small, young } = await listFiles(options, partition);
  totals.leftFiles = young;
  let left = json;
  let parquet = json.length > 0 || small.length > 1 ? small : [];
  let maxBytes = options.batchBytes;
  while (!options.signal.aborted) {
    await rm(options.folder, { recursive: true, force: true });
    await mkdir(options.folder, { recursive: true });
    const { place, folder } = options;
    const rows = await fetchRows({ place, folder, inputs: left.values(), maxBytes, lanes: place.readsAtOnce ?? LANES });
    if (rows.inputs.length > 0 || parquet.length > 1) {
      const isDone = await replaceBatch(options, partition, claim, { rows, parquet }, totals);
      if (!isDone && rows.inputs.length < 2 && parquet.length === 0) {
        throw new ExternalError(`${rows.inputs[0]?.key} needs more --memory`, { retryable: false });
      }
      if (!isDone) {
        if (rows.inputs.length < 2) parquet = [];
        maxBytes = rows.bytes / SMALLER;
        continue;
      }
    }
    for (const { key, reason } of rows.damaged) totals.problems.push(`${key} is left as it is: ${reason}`);
    const taken = new Set([...rows.inputs.map(({ key }) => key), ...rows.damaged.map(({ key }) => key)]);
    left = left.filter(({ key }) => !taken.has(key));
    parquet = [];
    if (left.length === 0) return;
  }
}

/** In the order in which they were written, so that the times in one new file are close to each other. */
async function listFiles({ place, clock, minAgeMs, targetBytes }: PartitionOptions, { prefix }: Partition) {
  const files: ObjectInfo[] = [];
  for await (const file of place.objects.list(place.bucket, prefix)) if (!isClaim(file.key)) files.push(file);
  const now = clock.now().getTime();
  const isOld = ({ modifiedAt }: ObjectInfo) => minAgeMs === 0 || now - modifiedAt.getTime() >= minAgeMs;
  const json = files.filter(({ key }) => kindOf(key) === 'json');
  return {
    json: json.filter(isOld).sort((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime()),
    small: some(
      files.filter((file) => isSmall(file, targetBytes)),
      targetBytes * MAX_TARGETS,
    ),
    young: json.filter((file) => !isOld(file)).length,
  };
}

/** As many as make one file of a sensible size; the others are for the next time. */
function some(files: readonly ObjectInfo[], maxBytes: number): readonly ObjectInfo[] {
  let bytes = 0;
  return files.slice(0, MAX_PARQUET_FILES).filter(({ sizeBytes }) => {
    bytes += sizeBytes;
    return bytes <= maxBytes;
  });
}

interface Batch {
  readonly rows: FetchedRows;
  readonly parquet: readonly ObjectInfo[];
}

/** False when the engine needs more memory; then nothing has changed. */
async function replaceBatch(
  options: PartitionOptions,
  partition: Partition,
  claim: Claim,
  { rows, parquet }: Batch,
  totals: Totals,
): Promise<boolean> {
  const { place, keepsInputs } = options;
  const merged = await merge(options, { rows, parquet }, totals).catch((error: unknown) => {
    if (!/^Out of Memory Error/.test(errorMessage(error))) throw error;
    return 'too large';
  });
  if (typeof merged === 'string') return false;
  if (merged === undefined) return true;
  const { written, inputs } = merged;
  for (const { key, path, count, reason } of written.unfit) {
    totals.unfitRows += count;
    const aside = asideKey(place, 'unfit', key.endsWith('.gz') ? key : `${key}.gz`);
    totals.problems.push(`${count} rows of ${key} are kept in ${aside}: ${reason}`);
    await place.objects.putFile(place.bucket, aside, path);
  }
  const name = `${partition.prefix}${fileStem(partition.hour)}-${options.newName()}.parquet`;
  const outputs = written.rowCount === 0 ? [] : [{ key: name, path: written.path }];
  await replaceFiles(place, claim, { prefix: partition.prefix, inputs, outputs, keepsInputs });
  const bytes = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  totals.filesBefore += inputs.length;
  totals.bytesBefore += bytes;
  totals.jsonBytes += rows.bytes;
  totals.filesAfter += outputs.length;
  totals.bytesAfter += written.rowCount === 0 ? 0 : written.sizeBytes;
  totals.rows += written.rowCount;
  options.onProgress(bytes);
  return true;
}

/** Undefined when nothing is to be replaced. */
async function merge(options: PartitionOptions, { rows, parquet }: Batch, totals: Totals) {
  if (parquet.length > 0) {
    try {
      const paths = await fetchParquet(options, parquet);
      return { written: await write(options, rows, paths), inputs: [...rows.inputs, ...parquet] };
    } catch (error) {
      if (!isAboutParquet(error)) throw error;
      const [first] = errorMessage(error).split('\n', 1);
      totals.problems.push(`${parquet[0]?.key} and ${parquet.length - 1} more are left as they are: ${first}`);
    }
  }
  if (rows.inputs.length === 0) return undefined;
  return { written: await write(options, rows, []), inputs: rows.inputs };
}

/** Files of others may have columns of the same name that cannot be one. */
function isAboutParquet(error: unknown): boolean {
  return /^(Binder|Conversion|Invalid Input|Not implemented) Error/.test(errorMessage(error));
}

async function write(options: PartitionOptions, rows: FetchedRows, parquet: readonly string[]): Promise<Written> {
  const { connection, folder, schema, isVerifying } = options;
  const written = await writeParquet({ connection, rows, parquet, folder, schema });
  if (!isVerifying) return written;
  const { json, source, path } = written;
  const differences = await findDifferences(connection, { json, source, parquet, written: path });
  if (differences.length === 0) return written;
  throw new ExternalError(`the new file is not like the old ones: ${differences.join('; ')}`, { retryable: false });
}

async function fetchParquet({ place, folder }: PartitionOptions, files: readonly ObjectInfo[]): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, { key }] of files.entries()) {
    const found = await place.objects.get(place.bucket, key);
    if (found === undefined) throw new ExternalError(`${key} was removed while it was read`, { retryable: true });
    const path = join(folder, `old-${index}.parquet`);
    await pipeline(found.stream, createWriteStream(path));
    paths.push(path);
  }
  return paths;
}
