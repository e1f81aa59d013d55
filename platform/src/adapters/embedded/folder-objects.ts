/**
 * Objects as files below one folder: a folder per bucket, keys as paths (`object-path.ts`). An object appears under its
 * name only when all of it is on the disk; what is not finished is in `.tmp`.
 */
import { randomUUID } from 'node:crypto';
import { type BigIntStats, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ExternalError } from '../../core/errors.ts';
import type { ByteRange, ObjectInfo, Objects, PutOptions } from '../../ports/objects.ts';
import { hasCode, moveOrCopy, placeFile, removeEmptyFolders, syncFile } from './durable-files.ts';
import { parsePathPart, pathOfKey } from './object-path.ts';

const TEMPORARY = '.tmp';

/** Call before anything else uses the folder: removes what a crashed process had not finished. */
export async function removeUnfinishedObjects(root: string): Promise<void> {
  await rm(join(root, TEMPORARY), { recursive: true, force: true });
}

export function openFolderObjects(root: string): Objects {
  return new FolderObjects(root);
}

class FolderObjects implements Objects {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async put(bucket: string, key: string, body: Uint8Array | Readable, options: PutOptions = {}) {
    const path = this.locate(bucket, key);
    const temporary = await this.#temporaryFile();
    try {
      // The stream's own end syncs the file.
      const sink = createWriteStream(temporary, { flags: 'wx', flush: true });
      await pipeline(body instanceof Readable ? body : Readable.from([body], { objectMode: false }), sink);
      return await this.#place(temporary, path, key, options.ifAbsent ?? false);
    } catch (error) {
      await rm(temporary, { force: true });
      throw explained(error, `object ${bucket}/${key}`);
    }
  }

  async putFile(bucket: string, key: string, source: string): Promise<ObjectInfo> {
    const path = this.locate(bucket, key);
    const temporary = await this.#temporaryFile();
    try {
      await syncFile(source);
      await moveOrCopy(source, temporary);
      const info = await this.#place(temporary, path, key, false);
      if (info === undefined) throw new Error(`object ${bucket}/${key} was not stored`);
      return info;
    } catch (error) {
      throw explained(error, `object ${bucket}/${key}`);
    }
  }

  async #place(temporary: string, path: string, key: string, ifAbsent: boolean): Promise<ObjectInfo | undefined> {
    const stats = await stat(temporary, { bigint: true });
    if (await placeFile(temporary, path, { ifAbsent })) return objectInfo(key, stats);
    await rm(temporary);
    return undefined;
  }

  async #temporaryFile(): Promise<string> {
    const folder = join(this.#root, TEMPORARY);
    await mkdir(folder, { recursive: true });
    return join(folder, randomUUID());
  }

  async get(bucket: string, key: string, range: ByteRange = { start: 0 }) {
    const file = await orMissing(() => open(this.locate(bucket, key), 'r'));
    if (file === undefined) return undefined;
    const stats = await file.stat({ bigint: true });
    const info = objectInfo(key, stats);
    const end = Math.min(range.end ?? info.sizeBytes, info.sizeBytes);
    if (range.start >= end) return { info, stream: await emptyStream(file) };
    return { info, stream: file.createReadStream({ start: range.start, end: end - 1, highWaterMark: 256 * 1024 }) };
  }

  async head(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    const stats = await orMissing(() => stat(this.locate(bucket, key), { bigint: true }));
    return stats && objectInfo(key, stats);
  }

  async *list(bucket: string, prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ObjectInfo> {
    const wanted = { prefix: toBytes(prefix), after: options.after === undefined ? '' : toBytes(options.after) };
    yield* walk(this.#bucketFolder(bucket), '', wanted);
  }

  async delete(bucket: string, key: string): Promise<void> {
    const path = this.locate(bucket, key);
    await rm(path, { force: true });
    await removeEmptyFolders(dirname(path), this.#bucketFolder(bucket));
  }

  locate(bucket: string, key: string): string {
    return join(this.#bucketFolder(bucket), ...pathOfKey(key));
  }

  #bucketFolder(bucket: string): string {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(bucket)) throw new RangeError(`not the name of a bucket: ${bucket}`);
    return join(this.#root, bucket);
  }
}

/** Bytes as one character each: such strings compare as the keys' bytes do. */
function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

interface Wanted {
  readonly prefix: string;
  readonly after: string;
}

/** One folder's names are held at a time per level. `above` is the part of the key that the folder stands for. */
async function* walk(folder: string, above: string, wanted: Wanted): AsyncGenerator<ObjectInfo> {
  for (const { name, start, isFile } of await sortedEntries(folder, above, wanted)) {
    if (!isFile) {
      yield* walk(join(folder, name), start, wanted);
      continue;
    }
    const stats = await orMissing(() => stat(join(folder, name), { bigint: true }));
    if (stats) yield objectInfo(Buffer.from(start, 'latin1').toString(), stats);
  }
}

async function sortedEntries(folder: string, above: string, wanted: Wanted) {
  const found = (await orMissing(() => readdir(folder, { withFileTypes: true }))) ?? [];
  const entries = found.flatMap((entry) => {
    const part = parsePathPart(entry.name, entry.isDirectory());
    if (part === undefined) return [];
    const start = above + part.text + (part.kind === 'folder' ? '/' : '');
    const isFile = part.kind === 'file';
    return isWanted(start, isFile, wanted) ? [{ name: entry.name, start, isFile }] : [];
  });
  return entries.sort((a, b) => (a.start < b.start ? -1 : 1));
}

function isWanted(start: string, isFile: boolean, { prefix, after }: Wanted): boolean {
  if (isFile) return start.startsWith(prefix) && start > after;
  const canHavePrefix = start.startsWith(prefix) || prefix.startsWith(start);
  return canHavePrefix && (start > after || after.startsWith(start));
}

function objectInfo(key: string, stats: BigIntStats): ObjectInfo {
  return {
    key,
    sizeBytes: Number(stats.size),
    modifiedAt: stats.mtime,
    version: [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(36)).join('-'),
  };
}

async function emptyStream(file: FileHandle): Promise<Readable> {
  await file.close();
  return Readable.from([], { objectMode: false });
}

async function orMissing<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function explained(error: unknown, what: string): unknown {
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
    return new ExternalError(`${what}: the disk is full: make room, nothing is lost`, {
      retryable: true,
      cause: error,
    });
  }
  if (hasCode(error, 'EROFS', 'EACCES', 'EPERM')) {
    const advice = 'check the permissions of the data folder';
    return new ExternalError(`${what} cannot be written: ${advice}`, { retryable: false, cause: error });
  }
  return error;
}
