/**
 * A folder of files as they are, as an object store: keys are the paths below it. For folders that other programs write
 * and read; the stores of Panther itself use `folder-objects.ts`, which takes any key on any file system. The name of
 * the bucket does not matter. What is not finished is in `<scratch>`, which must be on the folder's disk.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream, type Stats } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../core/errors.ts';
import type { ByteRange, ObjectInfo, Objects, PutOptions } from '../../ports/objects.ts';
import { hasCode, moveOrCopy, placeFile, removeEmptyFolders, syncFile } from './durable-files.ts';

export function openPlainFolder(root: string, scratch: string): Objects {
  const locate = (_bucket: string, key: string) => join(root, ...segments(key));

  async function put(_bucket: string, key: string, body: Uint8Array | Readable, options: PutOptions = {}) {
    const temporary = await temporaryFile();
    try {
      const source = body instanceof Readable ? body : Readable.from([body], { objectMode: false });
      await pipeline(source, createWriteStream(temporary, { flags: 'wx', flush: true }));
      return await place(temporary, key, options.ifAbsent ?? false);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async function place(temporary: string, key: string, ifAbsent: boolean): Promise<ObjectInfo | undefined> {
    const stats = await stat(temporary);
    return (await placeFile(temporary, locate('', key), { ifAbsent })) ? objectInfo(key, stats) : undefined;
  }

  async function temporaryFile(): Promise<string> {
    await mkdir(scratch, { recursive: true });
    return join(scratch, randomUUID());
  }

  return {
    put,
    async putFile(_bucket, key, source) {
      const temporary = await temporaryFile();
      await syncFile(source);
      await moveOrCopy(source, temporary);
      const info = await place(temporary, key, false);
      if (info === undefined) throw new Error(`${key} was not stored`);
      return info;
    },
    async get(bucket, key, range: ByteRange = { start: 0 }) {
      const file = await orMissing(() => open(locate(bucket, key), 'r'));
      if (file === undefined) return undefined;
      const info = objectInfo(key, await file.stat());
      const end = Math.min(range.end ?? info.sizeBytes, info.sizeBytes);
      if (range.start < end) return { info, stream: file.createReadStream({ start: range.start, end: end - 1 }) };
      await file.close();
      return { info, stream: Readable.from([], { objectMode: false }) };
    },
    async head(bucket, key) {
      const stats = await orMissing(() => stat(locate(bucket, key)));
      return stats?.isFile() ? objectInfo(key, stats) : undefined;
    },
    list: (_bucket, prefix, { after = '' } = {}) => walk(root, '', prefix, after),
    async delete(bucket, key) {
      await rm(locate(bucket, key), { force: true });
      await removeEmptyFolders(dirname(locate(bucket, key)), root);
    },
    locate,
  };
}

function segments(key: string): string[] {
  const parts = key.split('/');
  if (!key.isWellFormed() || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new UserError(`${JSON.stringify(key)} cannot be the name of a file`);
  }
  return parts;
}

async function* walk(root: string, above: string, prefix: string, after: string): AsyncGenerator<ObjectInfo> {
  const entries = (await orMissing(() => readdir(join(root, above), { withFileTypes: true }))) ?? [];
  const names = entries.flatMap((entry) => {
    if (entry.isDirectory()) return [`${above}${entry.name}/`];
    return entry.isFile() ? [above + entry.name] : [];
  });
  for (const key of names.sort(byBytes)) {
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
    if (key.endsWith('/')) {
      if (byBytes(key, after) > 0 || after.startsWith(key)) yield* walk(root, key, prefix, after);
    } else if (byBytes(key, after) > 0 && key.startsWith(prefix)) {
      const stats = await orMissing(() => stat(join(root, key)));
      if (stats !== undefined) yield objectInfo(key, stats);
    }
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function objectInfo(key: string, stats: Stats): ObjectInfo {
  const version = [stats.size, Math.round(stats.mtimeMs * 1_000), stats.ino].map((part) => part.toString(36)).join('-');
  return { key, sizeBytes: stats.size, modifiedAt: stats.mtime, version };
}

async function orMissing<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
