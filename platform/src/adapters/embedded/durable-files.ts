/** File operations that survive a crash of the machine. */
import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Names of files are durable once their folder is. Windows has no such call, and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withFile(path, constants.O_RDONLY, (folder) => folder.sync());
}

export async function syncFile(path: string): Promise<void> {
  await withFile(path, constants.O_RDWR, (file) => file.sync());
}

async function withFile<T>(path: string, flags: number, run: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await run(file);
  } finally {
    await file.close();
  }
}

/** Makes a folder and those above it; all their names are durable afterwards. */
export async function makeFolder(path: string): Promise<void> {
  let top: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const first = await mkdir(path, { recursive: true });
      if (first !== undefined && (top === undefined || first.length < top.length)) top = first;
      if (top === undefined) return;
      for (let folder = path; folder.length >= top.length; folder = dirname(folder)) await syncFolder(dirname(folder));
      return;
    } catch (error) {
      // Somebody may remove a folder that is still empty; `mkdir` says ENOTDIR when that happens under it.
      if (!hasCode(error, 'ENOENT', 'ENOTDIR') || attempt > 20) throw error;
    }
  }
}

/**
 * Gives a synced file its final name, making folders as needed.
 * @returns false when `ifAbsent` is set and the name is taken; the file then stays where it is
 */
export async function placeFile(from: string, to: string, options: { readonly ifAbsent: boolean }): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (options.ifAbsent) await link(from, to);
      else await rename(from, to);
      break;
    } catch (error) {
      if (options.ifAbsent && hasCode(error, 'EEXIST')) return false;
      // Somebody may remove the empty folder between its making and its use.
      if (!hasCode(error, 'ENOENT') || attempt > 20) throw error;
      await makeFolder(dirname(to));
    }
  }
  await syncFolder(dirname(to));
  if (options.ifAbsent) await rm(from);
  return true;
}

/** Moves across file systems if it must. */
export async function moveOrCopy(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await copyFile(from, to);
    await syncFile(to);
    await rm(from);
  }
}

/** Removes a folder and those above it as long as they are empty, up to but without `root`. */
export async function removeEmptyFolders(path: string, root: string): Promise<void> {
  for (let folder = path; folder.length > root.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM')) return;
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
