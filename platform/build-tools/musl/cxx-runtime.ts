/**
 * libstdc++ and libgcc_s for musl, which no package of the npm registry has. Packages for Python on musl bring them
 * along; this takes them from a small one, pinned by its hash. Built for musl 1.2.4 (Alpine 3.18) and later.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { neededLibraries } from '../elf.ts';
import type { Architecture } from '../targets.ts';

const run = promisify(execFile);

const PACKAGE = 'greenlet==3.5.6';
const WHEELS: Readonly<Record<Architecture, { readonly platform: string; readonly sha256: string }>> = {
  x64: { platform: 'musllinux_1_2_x86_64', sha256: '3dbb4596a6a4e5d47121a33ff20533a81e60f302d9e67b69909a8bc21a43f0a7' },
  arm64: {
    platform: 'musllinux_1_2_aarch64',
    sha256: '0616b8f878098c5681fd8f0dc92d887551717402342a70f0abcbfea5f5ad8a44',
  },
};

export interface CxxRuntime {
  readonly libstdcxx: Buffer;
  readonly libgcc: Buffer;
}

export async function cxxRuntime(architecture: Architecture, cacheDir: string): Promise<CxxRuntime> {
  const folder = await fetchWheel(architecture, cacheDir);
  const read = (pattern: string) => {
    const [file] = globSync(pattern, { cwd: folder });
    if (!file) throw new Error(`${PACKAGE} has no ${pattern}`);
    return readFileSync(join(folder, file));
  };
  return { libstdcxx: read('*.libs/libstdc++*'), libgcc: read('*.libs/libgcc_s*') };
}

/** libstdc++ that looks for libgcc_s under another name, which must not be longer than the one it has. */
export function withLibgcc(libstdcxx: Buffer, name: string): Buffer {
  const result = Buffer.from(libstdcxx);
  const libgcc = neededLibraries(result).find((each) => each.name.startsWith('libgcc_s'));
  if (!libgcc || libgcc.name.length < name.length) throw new Error('libstdc++ does not name libgcc_s as it did');
  result.write(`${name}\0`, libgcc.nameOffset, 'latin1');
  return result;
}

async function fetchWheel(architecture: Architecture, cacheDir: string): Promise<string> {
  const folder = join(cacheDir, `cxx-runtime-musl-${architecture}-${WHEELS[architecture].sha256.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheDir, { recursive: true });
  const scratch = mkdtempSync(join(cacheDir, 'fetch-'));
  try {
    await python(downloadArguments(architecture, scratch));
    const [wheel = ''] = globSync('*.whl', { cwd: scratch });
    await python(['-m', 'zipfile', '-e', join(scratch, wheel), join(scratch, 'files')]);
    renameSync(join(scratch, 'files'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

function downloadArguments(architecture: Architecture, folder: string): string[] {
  const { platform, sha256 } = WHEELS[architecture];
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${PACKAGE} --hash=sha256:${sha256}\n`);
  const kind = ['--only-binary=:all:', `--platform=${platform}`, '--python-version=3.12', '--abi=cp312'];
  const pin = ['--no-deps', '--require-hashes', '--requirement', requirements];
  return ['-m', 'pip', 'download', '--quiet', '--dest', folder, '--implementation=cp', ...kind, ...pin];
}

async function python(args: readonly string[]): Promise<void> {
  try {
    await run('python3', args);
  } catch (cause) {
    throw new Error('executables for musl need python3 with pip to be built; --target leaves systems out', { cause });
  }
}
