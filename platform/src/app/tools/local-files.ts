/** The files of a folder as an object store lists them: keys with slashes, in ascending order of their UTF-8 bytes. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';

export interface LocalFiles {
  list(after: string | undefined): AsyncIterable<ObjectInfo>;
  pathOf(key: string): string;
}

/** A file or a folder; links are not followed, and what vanishes meanwhile is left out. */
export async function openLocalFiles(path: string): Promise<LocalFiles> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new UserError('there is no such file or folder', { file: path }, { cause });
  });
  const root = stats.isDirectory() ? path : dirname(path);
  const pathOf = (key: string) => join(root, ...key.split('/'));
  if (stats.isDirectory()) return { pathOf, list: (after) => walk(root, '', after) };
  return {
    pathOf,
    async *list(after) {
      const info = await describe(path, basename(path));
      if (info !== undefined && isBehind(info.key, after)) yield info;
    },
  };
}

async function* walk(root: string, prefix: string, after: string | undefined): AsyncGenerator<ObjectInfo> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch((cause: unknown) => {
    if (isGone(cause)) return [];
    throw new UserError('cannot read the folder', { file: join(root, prefix) }, { cause });
  });
  const names = entries.flatMap((entry) => {
    if (entry.isDirectory()) return [`${entry.name}/`];
    return entry.isFile() ? [entry.name] : [];
  });
  for (const name of names.sort(byBytes)) {
    const key = prefix + name;
    if (name.endsWith('/')) {
      if (isBehind(key, after) || after?.startsWith(key)) yield* walk(root, key, after);
    } else if (isBehind(key, after)) {
      const info = await describe(join(root, key), key);
      if (info !== undefined) yield info;
    }
  }
}

async function describe(path: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const { size, mtime } = await stat(path);
    return { key, sizeBytes: size, modifiedAt: mtime, version: '' };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isBehind(key: string, after: string | undefined): boolean {
  return after === undefined || byBytes(key, after) > 0;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
