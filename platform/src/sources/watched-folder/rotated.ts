/** Log rotation compresses what was read already: `app.log` becomes `app.log.1.gz`. Such a file is not read again. */
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import type { SourceContext } from '../source.ts';
import { HEAD_BYTES, headHash, type Kind, readBytes } from './contents.ts';

/** Gives a few megabytes at most, whatever it holds. */
const COMPRESSED_BYTES = 4 * 1_024;
/** Header and trailer. */
const MIN_GZIP_BYTES = 18;
/** Fewer bytes say too little about which file this was. */
const MIN_BYTES = 64;

/**
 * Whether a gzip file holds exactly what was handed over of a file with a name that begins like it: the same size, the
 * same first bytes.
 */
export async function isRotated(file: FileHandle, kind: Kind, path: string, context: SourceContext): Promise<boolean> {
  if (kind !== 'gzip') return false;
  const { size } = await file.stat();
  if (size < MIN_GZIP_BYTES) return false;
  const uncompressedBytes = (await readBytes(file, size - 4, 4)).readUInt32LE();
  if (uncompressedBytes < MIN_BYTES) return false;
  const head = await uncompressedHead(file);
  if (head === undefined) return false;
  const rows = await context.state.db
    .selectFrom('folder_files')
    .select('path')
    .where('source_id', '=', context.source.id)
    .where('head_hash', '=', headHash(head.subarray(0, Math.min(HEAD_BYTES, uncompressedBytes))))
    .where('done_bytes', '=', uncompressedBytes)
    .execute();
  return rows.some((row) => isNamedAfter(path, row.path));
}

async function uncompressedHead(file: FileHandle): Promise<Buffer | undefined> {
  const bytes = await readBytes(file, 0, COMPRESSED_BYTES);
  try {
    // Gives what there is of a stream that goes on.
    return (await promisify(gunzip)(bytes, { finishFlush: constants.Z_SYNC_FLUSH })).subarray(0, HEAD_BYTES);
  } catch {
    // Damaged: it is handed over, and kept with the reason.
    return undefined;
  }
}

function isNamedAfter(path: string, original: string): boolean {
  return dirname(path) === dirname(original) && basename(path).startsWith(basename(original));
}
