/** Finds the file of an input object again, under whatever name it has now. */
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { InputObject } from '../../core/unit.ts';
import type { SourceContext } from '../source.ts';
import { headHash, readBytes } from './contents.ts';
import { fileIdOf } from './examine.ts';
import { type FileVersion, parseVersion, shortHash } from './version.ts';

/** Undefined when the file was deleted, or truncated, before it was read. */
export async function openFile(object: InputObject, context: SourceContext): Promise<Readable | undefined> {
  const version = parseVersion(object.version);
  if (version === undefined) return undefined;
  for await (const path of candidates(object, version, context)) {
    const file = await openIfSame(path, version);
    if (file === undefined) continue;
    if (version.start === version.end) await file.close();
    else return file.createReadStream({ start: version.start, end: version.end - 1, highWaterMark: 256 * 1024 });
  }
  return undefined;
}

/** Where it was, where it was seen last, and everything in the folder in which it was. */
async function* candidates(object: InputObject, { fileId }: FileVersion, { state, source }: SourceContext) {
  const path = join(object.bucket, object.key);
  yield path;
  const row = await state.db
    .selectFrom('folder_files')
    .select('path')
    .where('source_id', '=', source.id)
    .where('file_id', '=', fileId)
    .executeTakeFirst();
  if (row !== undefined) yield join(object.bucket, row.path);
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const other = join(dirname(path), name);
    const stats = await lstat(other, { bigint: true }).catch(() => undefined);
    if (stats?.isFile() && fileIdOf(stats) === fileId) yield other;
  }
}

async function openIfSame(path: string, version: FileVersion): Promise<FileHandle | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    if (await isSame(file, version)) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** The device number may have changed with a restart of the machine; the inode and the first bytes have not. */
async function isSame(file: FileHandle, version: FileVersion): Promise<boolean> {
  const stats = await file.stat({ bigint: true });
  if (`${stats.ino}` !== version.fileId.split(':')[1] || Number(stats.size) < version.end) return false;
  const head = await readBytes(file, 0, version.headBytes);
  return shortHash(headHash(head)) === version.headHash;
}

/** Undefined for what is gone; anything else is tried again later by the queue. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
