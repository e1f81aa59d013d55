/** Every partition that is asked for, some at a time. What fails does not stop the others. */
import { join } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import type { LakeTable } from '../../core/table.ts';
import type { Duckdb } from '../duckdb.ts';
import { compactPartition, type PartitionOptions } from './compact-partition.ts';
import { type FoundPartition, findPartitions, type Selection } from './find-partitions.ts';
import type { Partition } from './partition.ts';
import { type CompactReport, createReports, type PartOfReport } from './report.ts';
import { initialSchema } from './table-schema.ts';
import type { SchemaKeeper } from './write-parquet.ts';

type Handed = Omit<PartitionOptions, 'connection' | 'schema' | 'folder' | 'batchBytes' | 'targetBytes' | 'onProgress'>;

export interface CompactPlaceOptions extends Handed {
  readonly selection: Selection;
  /** Tables of our lake. */
  readonly tables: readonly LakeTable[];
  readonly duckdb: Duckdb;
  /** Scratch space of this run alone. */
  readonly tmpDir: string;
  /** Partitions at a time. */
  readonly concurrency: number;
  readonly isDryRun: boolean;
  /** How much there is to do, in bytes of old files. */
  onStart(bytes: number): void;
  onProgress(bytes: number): void;
  /** For tests; what serves best without it. */
  readonly batchBytes?: number;
  readonly targetBytes?: number;
}

/** Decompressed, of one new file: large enough for few files, small enough for the scratch space. */
const BATCH_BYTES = 1 << 30;
/** Parquet files of less than half of it are merged. */
const TARGET_BYTES = 64 << 20;

export async function compactPlace(options: CompactPlaceOptions): Promise<CompactReport> {
  const targetBytes = options.targetBytes ?? TARGET_BYTES;
  const found = await findPartitions(options.place, options.selection, targetBytes);
  const reports = createReports();
  if (options.isDryRun) {
    for (const partition of found) reports.add(partition, planned(partition));
    return { tables: reports.all(), isInterrupted: false };
  }
  options.onStart(found.reduce((sum, { jsonBytes, smallBytes }) => sum + jsonBytes + smallBytes, 0));
  const keepers = new Map<string, SchemaKeeper>();
  const left = found.values();
  const worker = async (number: number) => {
    const connection = await options.duckdb.connect();
    try {
      for (const partition of left) {
        if (options.signal.aborted) return;
        const schema = keeperOf(keepers, options.tables, partition);
        const folder = join(options.tmpDir, `partition-${number}`);
        const result = await attempt(partition, () =>
          compactPartition(
            { ...options, connection, schema, folder, targetBytes, batchBytes: options.batchBytes ?? BATCH_BYTES },
            partition,
          ),
        );
        reports.add(partition, result);
      }
    } finally {
      connection.closeSync();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, found.length) }, (_, number) => worker(number)));
  return { tables: reports.all(), isInterrupted: options.signal.aborted };
}

async function attempt(partition: Partition, run: () => Promise<PartOfReport>): Promise<PartOfReport> {
  try {
    return await run();
  } catch (error) {
    return { problems: [`${partition.prefix} is left as it is: ${errorMessage(error)}`] };
  }
}

function planned({ jsonFiles, jsonBytes, smallFiles, smallBytes }: FoundPartition): PartOfReport {
  return { filesBefore: jsonFiles + smallFiles, bytesBefore: jsonBytes + smallBytes };
}

/** Batches of a table share what they learn of its columns. */
function keeperOf(
  keepers: Map<string, SchemaKeeper>,
  tables: readonly LakeTable[],
  { database, table }: Partition,
): SchemaKeeper {
  const known = keepers.get(`${database}.${table}`);
  if (known !== undefined) return known;
  const ours = tables.find((each) => each.database === database && each.name === table);
  const declared = initialSchema(ours, database);
  const keeper = { declared, current: declared };
  keepers.set(`${database}.${table}`, keeper);
  return keeper;
}
