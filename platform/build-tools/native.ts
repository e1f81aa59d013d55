/** DuckDB's library for a system, compressed, as `tools/native-files.ts` unpacks it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import type { NativeFiles } from '../src/tools/native-files.ts';
import { onlyArchitecture } from './mach-o.ts';
import { cxxRuntime, withLibgcc } from './musl/cxx-runtime.ts';
import { fetchPackage, moveInto } from './packages.ts';
import type { Target } from './targets.ts';

const compress = promisify(zstdCompress);

/** A folder with `files.json` and the compressed files; made once, then kept in the cache. */
export async function nativeFolder(target: Target, level: number, cacheDir: string): Promise<string> {
  const files = await libraries(target, cacheDir);
  const hashes = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)]));
  const id = sha256(JSON.stringify(hashes));
  const folder = join(cacheDir, `native-${target.name.replace('/', '-')}-${id.slice(0, 16)}-zstd${level}`);
  if (existsSync(folder)) return folder;
  const scratch = mkdtempSync(join(cacheDir, 'native-'));
  mkdirSync(join(scratch, 'native'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(scratch, 'native', `${name}.zst`), await compressed(content, level));
  }
  writeFileSync(join(scratch, 'native', 'files.json'), JSON.stringify({ id, files: hashes } satisfies NativeFiles));
  moveInto(join(scratch, 'native'), folder);
  rmSync(scratch, { recursive: true });
  return folder;
}

/** By name. On musl with the C++ runtime, which `$ORIGIN` in DuckDB's library finds beside it. */
async function libraries(target: Target, cacheDir: string): Promise<Record<string, Buffer>> {
  const folder = await fetchPackage(target.duckdb, cacheDir);
  const names = readdirSync(folder).filter((name) => /\.(node|so|dylib|dll)$/.test(name));
  const files = names
    .sort()
    .map((name) => [name, onlyArchitecture(readFileSync(join(folder, name)), target.architecture)] as const);
  if (target.system !== 'linux-musl') return Object.fromEntries(files);
  const { libstdcxx, libgcc } = await cxxRuntime(target.architecture, cacheDir);
  const runtime = { 'libgcc_s.so.1': libgcc, 'libstdc++.so.6': withLibgcc(libstdcxx, 'libgcc_s.so.1') };
  return { ...Object.fromEntries(files), ...runtime };
}

/** The window holds the whole file: 5% smaller; unpacking needs the memory for the file anyway. */
function compressed(content: Buffer, level: number): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: 27 };
  return compress(content, { params });
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
