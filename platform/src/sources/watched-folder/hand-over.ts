/**
 * Hands over files: one transaction writes how far each file is done and, through the outbox, the input objects that
 * this owes to the queue. So a crash neither loses nor repeats a byte.
 */
import type { Transaction } from 'kysely';
import type { InputObject } from '../../core/unit.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import type { FolderFilesTable, Tables } from '../../ports/state/tables.ts';
import type { SourceContext } from '../source.ts';
import type { Checkpoint, Examination, FoundFile } from './examine.ts';
import { formatVersion } from './version.ts';

export interface KnownFile {
  readonly row: FolderFilesTable | undefined;
  /** Set when the file was known by another device number, which a restart of the machine may change. */
  readonly formerId?: string;
}

export interface HandOver {
  readonly found: FoundFile;
  readonly known: KnownFile;
  readonly examination: Examination;
}

export async function findKnown(context: SourceContext, files: readonly FoundFile[]): Promise<KnownFile[]> {
  const rows = await context.state.db
    .selectFrom('folder_files')
    .selectAll()
    .where('source_id', '=', context.source.id)
    .where((eb) =>
      eb.or([
        eb(
          'file_id',
          'in',
          files.map(({ fileId }) => fileId),
        ),
        eb(
          'path',
          'in',
          files.map(({ path }) => path),
        ),
      ]),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.file_id, row]));
  return files.map(({ fileId, path }) => {
    const row = byId.get(fileId);
    if (row !== undefined) return { row };
    const former = rows.find((one) => one.path === path && inode(one.file_id) === inode(fileId));
    return former === undefined ? { row: undefined } : { row: former, formerId: former.file_id };
  });
}

function inode(fileId: string): string {
  return fileId.slice(fileId.indexOf(':') + 1);
}

export async function handOver(context: SourceContext, root: string, all: readonly HandOver[]): Promise<void> {
  const now = context.clock.now().toISOString();
  const changed = all.filter((one) => needsWrite(one, now));
  if (changed.length === 0) return;
  const objects = changed.flatMap((one) => inputObjects(context.source.id, root, one));
  await context.state.transaction(async (tx) => {
    await writeCheckpoints(tx, context.source.id, changed, now);
    const messages = objects.map((object) => ({
      queue: INPUT_QUEUE,
      body: JSON.stringify(object),
      attributes: '{}',
      created_at: now,
    }));
    if (messages.length > 0) await tx.insertInto('outbox').values(messages).execute();
  });
  if (objects.length > 0) await context.relayOutbox();
}

function needsWrite({ found, known: { row, formerId }, examination }: HandOver, now: string): boolean {
  const { checkpoint } = examination;
  if (row === undefined) return checkpoint.done_bytes > 0;
  const names: readonly (keyof Checkpoint)[] = ['head_hash', 'head_bytes', 'done_bytes', 'generation'];
  const isSame = names.every((name) => row[name] === checkpoint[name]) && row.path === found.path;
  return !isSame || formerId !== undefined || row.seen_at.slice(0, 10) !== now.slice(0, 10);
}

function inputObjects(sourceId: string, root: string, { found, examination }: HandOver): InputObject[] {
  const { head_bytes: headBytes, head_hash: headHash, generation } = examination.checkpoint;
  return examination.ranges.map((range) => ({
    sourceId,
    bucket: root,
    key: found.path,
    sizeBytes: range.end - range.start,
    version: formatVersion({ fileId: found.fileId, headBytes, headHash, generation, ...range }),
    range,
  }));
}

async function writeCheckpoints(
  tx: Transaction<Tables>,
  sourceId: string,
  all: readonly HandOver[],
  now: string,
): Promise<void> {
  const formerIds = all.flatMap(({ known }) => known.formerId ?? []);
  if (formerIds.length > 0) {
    const former = tx.deleteFrom('folder_files').where('source_id', '=', sourceId);
    await former.where('file_id', 'in', formerIds).execute();
  }
  const rows = all.map(({ found, examination }) => ({
    source_id: sourceId,
    file_id: found.fileId,
    path: found.path,
    ...examination.checkpoint,
    modified_at: found.stats.mtime.toISOString(),
    seen_at: now,
  }));
  await tx
    .insertInto('folder_files')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['source_id', 'file_id']).doUpdateSet((eb) => ({
        path: eb.ref('excluded.path'),
        head_hash: eb.ref('excluded.head_hash'),
        head_bytes: eb.ref('excluded.head_bytes'),
        done_bytes: eb.ref('excluded.done_bytes'),
        generation: eb.ref('excluded.generation'),
        modified_at: eb.ref('excluded.modified_at'),
        seen_at: eb.ref('excluded.seen_at'),
      })),
    )
    .execute();
}

/** Forgets files that nobody has seen since. */
export async function forgetFiles(context: SourceContext, before: Date): Promise<void> {
  const { db } = context.state;
  const old = db.deleteFrom('folder_files').where('source_id', '=', context.source.id);
  await old.where('seen_at', '<', before.toISOString()).execute();
}
