/**
 * The files of the lake as the engine reads them: local paths. A folder's files are where they are; those of S3 come
 * through a cache on the local disk, bounded by bytes, least recently used first. Lake files never change under one
 * name, so a copy of the right size is the file.
 *
 * A reader gets links of its own to the copies: the cache, also that of another process on the same folder, may drop a
 * copy at any time without taking it from a query.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ExternalError, UserError } from '../core/errors.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Objects } from '../ports/objects.ts';

export interface WantedFile {
  readonly objectKey: string;
  readonly sizeBytes: number;
}

/** Files that one reader holds. */
export interface HeldFiles {
  /** Makes files readable. @throws UserError when they are more than the cache may hold. */
  add(files: readonly WantedFile[], signal?: AbortSignal): Promise<void>;
  /** Path of a file that was added. */
  pathOf(objectKey: string): string;
  release(): Promise<void>;
}

export interface LakeFiles {
  /** @param folder scratch space of this reader alone, on the disk of the cache */
  hold(folder: string): HeldFiles;
}

/** Files that the engine can read where they are. */
export function filesInPlace(objects: Pick<Objects, 'locate'>): LakeFiles {
  const held: HeldFiles = {
    add: async () => {},
    pathOf: (objectKey) => objects.locate(BUCKETS.processedData, objectKey),
    release: async () => {},
  };
  return { hold: () => held };
}

export interface LakeFileCacheOptions {
  readonly objects: Pick<Objects, 'get'>;
  /** Of the cache alone; may be shared by processes. */
  readonly folder: string;
  /** Kept when no query needs more. */
  readonly maxBytes: number;
}

/** Files that one reader fetches at a time. */
const DOWNLOADS = 8;
const PARTIAL = '.partial';
/** A download that nobody has touched for this long belonged to a process that died. */
const ABANDONED_MS = 3_600_000;

export function createLakeFileCache({ objects, folder, maxBytes }: LakeFileCacheOptions): LakeFiles {
  const fetching = new Map<string, Promise<void>>();
  /** Bytes in the cache, as far as this process knows; found out when the first file comes. */
  let knownBytes: number | undefined;

  async function provide(file: WantedFile, target: string): Promise<void> {
    await mkdir(dirname(target), { recursive: true });
    // Another reader, or process, may drop the copy between the two steps.
    for (let attempt = 1; ; attempt += 1) {
      if (await linkCopy(join(folder, file.objectKey), target, file.sizeBytes)) return;
      if (attempt > 3) throw new ExternalError(`cannot keep ${file.objectKey} in ${folder}`, { retryable: true });
      await fetchOnce(file);
    }
  }

  function fetchOnce(file: WantedFile): Promise<void> {
    const running = fetching.get(file.objectKey);
    if (running !== undefined) return running;
    const started = fetchFile(file).finally(() => fetching.delete(file.objectKey));
    fetching.set(file.objectKey, started);
    return started;
  }

  async function fetchFile({ objectKey, sizeBytes }: WantedFile): Promise<void> {
    const partial = join(folder, PARTIAL, randomUUID());
    try {
      const found = await objects.get(BUCKETS.processedData, objectKey);
      if (found === undefined) {
        throw new ExternalError(`the lake file ${objectKey} is missing in its bucket`, { retryable: false });
      }
      await mkdir(dirname(partial), { recursive: true });
      // A reader that is interrupted does not interrupt this: others may wait for the same file.
      await pipeline(found.stream, createWriteStream(partial));
      const { size } = await stat(partial);
      if (size !== sizeBytes) {
        const message = `the lake file ${objectKey} has ${size} bytes, the catalog says ${sizeBytes}`;
        throw new ExternalError(message, { retryable: true });
      }
      await mkdir(dirname(join(folder, objectKey)), { recursive: true });
      await rename(partial, join(folder, objectKey));
      await makeRoom(sizeBytes);
    } finally {
      await rm(partial, { force: true });
    }
  }

  async function makeRoom(added: number): Promise<void> {
    knownBytes = (knownBytes ?? 0) + added;
    if (knownBytes <= maxBytes && knownBytes !== added) return;
    const copies = (await copiesIn(folder)).toSorted((a, b) => a.usedAt - b.usedAt);
    let bytes = copies.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of copies) {
      if (bytes <= maxBytes) break;
      await rm(path, { force: true });
      bytes -= size;
    }
    knownBytes = bytes;
  }

  return {
    hold(own) {
      let heldBytes = 0;
      const held = new Set<string>();
      return {
        async add(files, signal) {
          const wanted = files.filter(({ objectKey }) => !held.has(objectKey));
          heldBytes += wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          if (heldBytes > maxBytes) throw tooMuch(heldBytes, maxBytes);
          for (const { objectKey } of wanted) held.add(objectKey);
          const left = wanted.values();
          const some = async () => {
            for (const file of left) {
              signal?.throwIfAborted();
              await provide(file, join(own, file.objectKey));
            }
          };
          await Promise.all(Array.from({ length: DOWNLOADS }, some));
        },
        pathOf: (objectKey) => join(own, objectKey),
        release: () => rm(own, { recursive: true, force: true }),
      };
    },
  };
}

function tooMuch(bytes: number, maxBytes: number): UserError {
  const gb = (count: number) => (count / 1e9).toFixed(1);
  return new UserError(
    `this needs ${gb(bytes)} GB of lake files and the cache holds ${gb(maxBytes)} GB: ` +
      'narrow p_event_time, or raise lakeCacheMb',
  );
}

/** False when there is no copy, or one that is not whole. */
async function linkCopy(copy: string, target: string, sizeBytes: number): Promise<boolean> {
  try {
    if ((await stat(copy)).size !== sizeBytes) {
      await rm(copy, { force: true });
      return false;
    }
    await link(copy, target);
    const now = new Date((await stat(target)).ctimeMs);
    await utimes(target, now, now);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}

interface Copy {
  readonly path: string;
  readonly size: number;
  readonly usedAt: number;
}

async function copiesIn(folder: string): Promise<Copy[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const copies: Copy[] = [];
  let newest = 0;
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    newest = Math.max(newest, found.mtimeMs);
    copies.push({ path, size: found.size, usedAt: found.mtimeMs });
  }
  const partials = join(folder, PARTIAL);
  for (const { path, usedAt } of copies) {
    if (path.startsWith(partials) && usedAt < newest - ABANDONED_MS) await rm(path, { force: true });
  }
  return copies.filter(({ path }) => !path.startsWith(partials));
}
