/**
 * Which Parquet files make up the lake. A file is `pending` before it is put, `live` from the transaction that commits
 * its rows, `replaced` once a compaction has put its rows into another file. Readers see `live` files only.
 */
import type { Transaction } from 'kysely';
import type { LakeDatabase } from '../core/table.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';
import type { State } from '../ports/state/state.ts';
import type { LakeFilesTable, Tables } from '../ports/state/tables.ts';
import type { LakeFile } from './layout.ts';

/** Restricts files to a table, and to hours from `fromHour` to `toHour` (`YYYY-MM-DDTHH`), both included. */
export interface FileFilter {
  readonly database: LakeDatabase;
  /** Every table of the database when absent. */
  readonly table?: string;
  readonly fromHour?: string;
  readonly toHour?: string;
}

export interface LiveFile extends LakeFile {
  readonly createdAt: string;
}

export interface Catalog {
  /** Before the objects are put, so that no object can be without a row. */
  registerPending(commitId: string, files: readonly LakeFile[]): Promise<void>;
  /**
   * Makes the files of a commit visible with the caller's transaction.
   * @throws Error when fewer than `expected` are pending: something discarded them, and the commit must not happen.
   */
  promote(tx: Transaction<Tables>, commitId: string, expected: number): Promise<void>;
  /**
   * Removes pending files (rows and objects) that no commit will claim: after a crash, or of a failed commit.
   * Files of `activeCommits` and files registered at or after `createdBefore` stay.
   */
  discardPending(options?: {
    readonly commitId?: string;
    readonly activeCommits?: ReadonlySet<string>;
    readonly createdBefore?: Date;
  }): Promise<number>;
  liveFiles(filter?: FileFilter): Promise<readonly LiveFile[]>;
  /** @throws Error when one of the files is not live any more. */
  replace(tx: Transaction<Tables>, objectKeys: readonly string[]): Promise<void>;
  /** Deletes files that were replaced before a time: no query that began earlier can still be running. */
  deleteReplaced(before: Date): Promise<number>;
}

/** SQLite and PostgreSQL both take more; this keeps statements small. */
const KEYS_PER_STATEMENT = 500;
/** `replaced_at` of files that were never live. */
const NEVER_READ = '1970-01-01T00:00:00.000Z';

export function createCatalog({
  state,
  objects,
  clock,
}: {
  readonly state: State;
  readonly objects: Objects;
  readonly clock: Clock;
}): Catalog {
  /** The rows last, so that a crash in between leaves no object without a row. */
  async function deleteFiles(objectKeys: readonly string[]): Promise<void> {
    for (const objectKey of objectKeys) {
      await objects.delete(BUCKETS.processedData, objectKey);
      await state.db
        .deleteFrom('lake_files')
        .where('object_key', '=', objectKey)
        .where('status', '=', 'replaced')
        .execute();
    }
  }

  return {
    async registerPending(commitId, files) {
      const created_at = clock.now().toISOString();
      for (const part of parts(files)) {
        await state.db
          .insertInto('lake_files')
          .values(part.map((file) => toRow(file, commitId, created_at)))
          .execute();
      }
    },
    async promote(tx, commitId, expected) {
      const { numUpdatedRows } = await tx
        .updateTable('lake_files')
        .set({ status: 'live' })
        .where('commit_id', '=', commitId)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      if (Number(numUpdatedRows) === expected) return;
      throw new Error(`commit ${commitId} has ${numUpdatedRows} pending lake files, not ${expected}`);
    },
    async discardPending({ commitId, activeCommits, createdBefore } = {}) {
      let query = state.db.selectFrom('lake_files').select(['object_key', 'commit_id']).where('status', '=', 'pending');
      if (commitId !== undefined) query = query.where('commit_id', '=', commitId);
      if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore.toISOString());
      const lost = (await query.execute()).filter((row) => !activeCommits?.has(row.commit_id));
      const discarded: string[] = [];
      for (const { object_key } of lost) {
        // Before its object goes, so that a commit that is still alive after all fails instead of losing rows.
        const { numUpdatedRows } = await state.db
          .updateTable('lake_files')
          .set({ status: 'replaced', replaced_at: NEVER_READ })
          .where('object_key', '=', object_key)
          .where('status', '=', 'pending')
          .executeTakeFirst();
        if (numUpdatedRows > 0n) discarded.push(object_key);
      }
      await deleteFiles(discarded);
      return discarded.length;
    },
    async liveFiles(filter) {
      let query = state.db.selectFrom('lake_files').selectAll().where('status', '=', 'live');
      if (filter !== undefined) query = query.where('database', '=', filter.database);
      if (filter?.table !== undefined) query = query.where('table_name', '=', filter.table);
      if (filter?.fromHour !== undefined) query = query.where('hour', '>=', filter.fromHour);
      if (filter?.toHour !== undefined) query = query.where('hour', '<=', filter.toHour);
      return (await query.orderBy('hour').orderBy('object_key').execute()).map(toFile);
    },
    async replace(tx, objectKeys) {
      const replaced_at = clock.now().toISOString();
      let count = 0;
      for (const part of parts(objectKeys)) {
        const { numUpdatedRows } = await tx
          .updateTable('lake_files')
          .set({ status: 'replaced', replaced_at })
          .where('object_key', 'in', part)
          .where('status', '=', 'live')
          .executeTakeFirst();
        count += Number(numUpdatedRows);
      }
      if (count !== objectKeys.length) throw new Error(`${objectKeys.length - count} lake files are not live any more`);
    },
    async deleteReplaced(before) {
      const rows = await state.db
        .selectFrom('lake_files')
        .select('object_key')
        .where('status', '=', 'replaced')
        .where('replaced_at', '<', before.toISOString())
        .execute();
      await deleteFiles(rows.map((row) => row.object_key));
      return rows.length;
    },
  };
}

function toRow(file: LakeFile, commitId: string, createdAt: string): LakeFilesTable {
  return {
    object_key: file.objectKey,
    database: file.database,
    table_name: file.table,
    hour: file.hour,
    row_count: file.rowCount,
    size_bytes: file.sizeBytes,
    status: 'pending',
    commit_id: commitId,
    created_at: createdAt,
    replaced_at: null,
  };
}

function toFile(row: LakeFilesTable): LiveFile {
  return {
    objectKey: row.object_key,
    database: row.database as LakeDatabase,
    table: row.table_name,
    hour: row.hour,
    rowCount: row.row_count,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
  };
}

function* parts<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += KEYS_PER_STATEMENT) {
    yield items.slice(start, start + KEYS_PER_STATEMENT);
  }
}
