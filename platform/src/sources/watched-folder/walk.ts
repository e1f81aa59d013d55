/** Finds files below a folder, one at a time, whatever their number. Links are not followed. */
import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface WalkEvents {
  /** Before a folder's files are given. */
  folder(path: string): void;
  /** A file or folder that cannot be looked at. */
  failed(path: string, error: unknown): void;
}

export interface Entry {
  /** Relative, with `/`; empty for the root itself. */
  readonly path: string;
  readonly stats: BigIntStats;
}

export async function* walk(
  root: string,
  from: string,
  isRecursive: boolean,
  events: WalkEvents,
): AsyncGenerator<Entry> {
  const folders = [from];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    events.folder(folder);
    for await (const name of namesIn(root, folder, events)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const entry = await look(root, path, events);
      if (entry?.stats.isFile()) yield entry;
      if (entry?.stats.isDirectory() && isRecursive) folders.push(path);
    }
  }
}

/** Undefined for what is gone. */
export async function look(root: string, path: string, events: WalkEvents): Promise<Entry | undefined> {
  try {
    return { path, stats: await lstat(join(root, path), { bigint: true }) };
  } catch (error) {
    events.failed(path, error);
    return undefined;
  }
}

async function* namesIn(root: string, folder: string, events: WalkEvents): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(join(root, folder), { bufferSize: 256 })) yield entry.name;
  } catch (error) {
    events.failed(folder, error);
  }
}
