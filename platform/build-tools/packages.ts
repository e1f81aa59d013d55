/**
 * Packages of the registry that only the executables need: runtimes and libraries of other systems, 90 MB each. They are
 * no dependencies, so that nobody installs them who builds no executables; `packages.json` pins them as a lock file does.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Pin {
  readonly version: string;
  /** As in a lock file: `sha512-…`, of the package's archive. */
  readonly integrity: string;
}

const PINS: Readonly<Record<string, Pin>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8'),
);

/** The folder of an unpacked package; fetched and verified once, then kept in the cache. */
export async function fetchPackage(name: string, cacheDir: string): Promise<string> {
  const pin = PINS[name];
  if (!pin) throw new Error(`${name} is not in packages.json`);
  const folder = join(cacheDir, `${name.replace(/^@/, '').replace('/', '-')}-${pin.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheDir, { recursive: true });
  const scratch = mkdtempSync(join(cacheDir, 'fetch-'));
  try {
    await unpack(await download(name, pin, scratch), scratch);
    moveInto(join(scratch, 'package'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

async function download(name: string, { version, integrity }: Pin, folder: string): Promise<string> {
  const args = ['pack', `${name}@${version}`, '--pack-destination', folder, '--json', '--loglevel=error'];
  // Through a shell on Windows, where npm is a script.
  const { stdout } = await run('npm', args, { cwd: folder, shell: process.platform === 'win32' });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const archive = join(folder, filename);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what packages.json pins: ${found}`);
  return archive;
}

async function unpack(archive: string, folder: string): Promise<void> {
  await run('tar', ['-xzf', archive, '-C', folder]);
}

/** Another build may have been faster. */
export function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
