/**
 * Native libraries travel compressed inside an executable. The system loads libraries from files only, so on first use
 * they are laid into a folder of the user's cache that is named after their content; later starts find them there.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { UserError } from '../core/errors.ts';

/** What `build:tools` writes beside the compressed files, as `files.json`. */
export interface NativeFiles {
  /** Names the folder: SHA-256 over names and contents. */
  readonly id: string;
  /** SHA-256 of each file, uncompressed. */
  readonly files: Readonly<Record<string, string>>;
}

/** The folder with the files, each verified. `from` holds `files.json` and `<name>.zst`. */
export function unpackNativeFiles(from: string, cacheDir: string): string {
  const wanted: NativeFiles = JSON.parse(readFileSync(join(from, 'files.json'), 'utf8'));
  const folder = join(cacheDir, `native-${wanted.id.slice(0, 16)}`);
  if (isComplete(folder, wanted)) return folder;
  const scratch = `${folder}.${randomUUID()}`;
  try {
    ownFolder(cacheDir);
    mkdirSync(scratch, { mode: 0o700 });
    for (const [name, sha256] of Object.entries(wanted.files))
      unpack(join(from, `${name}.zst`), join(scratch, name), sha256);
    replace(scratch, folder, wanted);
  } catch (error) {
    throw cannotUnpack(cacheDir, error);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

function unpack(from: string, to: string, sha256: string): void {
  const content = zstdDecompressSync(readFileSync(from));
  if (hash(content) !== sha256) throw new Error(`${from} is damaged; copy the executable again`);
  writeFileSync(to, content, { mode: 0o700, flush: true });
}

/** Others may start for the first time at the same moment, and a damaged folder may be in the way. */
function replace(scratch: string, folder: string, wanted: NativeFiles): void {
  if (isComplete(folder, wanted)) return;
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(scratch, folder);
  } catch (error) {
    if (!isComplete(folder, wanted)) throw error;
  }
}

/** Whether every file is there, as it was packed: what is loaded runs with all of the user's rights. */
function isComplete(folder: string, { files }: NativeFiles): boolean {
  try {
    return (
      isOwn(folder) &&
      Object.entries(files).every(([name, sha256]) => hash(readFileSync(join(folder, name))) === sha256)
    );
  } catch {
    return false;
  }
}

function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!isOwn(path)) throw new Error('it belongs to somebody else');
  chmodSync(path, 0o700);
}

/** A real folder of this user: in `/tmp` somebody else could have made one, or a link, in advance. */
function isOwn(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid());
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function cannotUnpack(cacheDir: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const text = `cannot unpack libraries into ${cacheDir}: ${reason}; name another folder with PANTHER_CACHE_DIR`;
  return new UserError(text, {}, { cause });
}
