/** Stands in an executable for the package `@duckdb/node-bindings`, whose library is inside the executable. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExternalError } from '../core/errors.ts';
import { cacheDir } from './cache-dir.ts';
import { unpackNativeFiles } from './native-files.ts';

const embedded = fileURLToPath(new URL('native', import.meta.url));
const folder = unpackNativeFiles(embedded, cacheDir(process.env, process.platform));

export default load(join(folder, 'duckdb.node'));

function load(file: string): unknown {
  try {
    return createRequire(import.meta.url)(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = /libstdc\+\+|libgcc/.test(reason)
      ? 'install the C++ runtime of the system (package libstdc++6 or libstdc++)'
      : 'if its folder must not hold programs (mounted noexec), name another one with PANTHER_CACHE_DIR';
    throw new ExternalError(`cannot load ${file}: ${reason}; ${advice}`, { retryable: false, cause: error });
  }
}
