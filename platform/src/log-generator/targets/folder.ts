/** Files in a folder. A file appears under its name when it is whole, so that a watched folder may be the target. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../core/errors.ts';
import { compressed } from './compressed.ts';
import { type LogTarget, objectKey } from './target.ts';

export function folderTarget(
  folder: string,
  options: { readonly prefix: string; readonly gzipLevel: number },
): LogTarget {
  return {
    async write(file) {
      const path = join(folder, objectKey(options.prefix, file, options.gzipLevel > 0));
      const hidden = join(dirname(path), `.${basename(path)}`);
      try {
        await mkdir(dirname(path), { recursive: true });
        await pipeline(compressed(file.chunks, options.gzipLevel), createWriteStream(hidden));
        const { size } = await stat(hidden);
        await rename(hidden, path);
        return size;
      } catch (error) {
        await rm(hidden, { force: true }).catch(() => {});
        const { code } = error as NodeJS.ErrnoException;
        if (code === undefined || !['EACCES', 'EEXIST', 'ENOTDIR', 'EROFS', 'ENOSPC'].includes(code)) throw error;
        throw new UserError(`${path} cannot be written (${code})`, { field: '--to' }, { cause: error });
      }
    },
    async close() {},
  };
}
