/** Where detections are read from: a folder, a git checkout, a zip, or one file. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../core/errors.ts';
import { type Archive, archiveFiles } from './archive.ts';
import { chosenNames, MAX_CONTENT_BYTES, SHARED_FOLDERS } from './content-names.ts';
import { readZip } from './zip.ts';

export interface ContentFile {
  /** For messages: the path as the user would write it. */
  readonly path: string;
  /** Undefined when it is not there. */
  readonly text: () => string | undefined;
  /** A file beside this one. */
  beside(name: string): ContentFile;
}

/** A path of a file, a folder or a zip; or what is in memory. */
export type Content = string | Archive;

/** Files that may hold specifications, in the order of their names. @throws UserError when there is no such path. */
export function contentFiles(path: Content): readonly ContentFile[] {
  if (typeof path !== 'string') return archiveFiles(path);
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (info.isDirectory()) return [...namesIn(path).map((name) => diskFile(join(path, name))), ...sharedBeside(path)];
  if (path.endsWith('.zip')) return archiveFiles(readZipFile(path));
  return [diskFile(path), ...sharedBeside(path)];
}

function namesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'));
  return chosenNames(names).filter((name) => statSync(join(folder, name)).isFile());
}

/** The repository's modules and data models, when a part of it is loaded that they are not in. */
function sharedBeside(path: string): readonly ContentFile[] {
  return sharedFoldersBeside(path).flatMap(({ path: shared }) =>
    namesIn(shared).map((file) => diskFile(join(shown(path, shared), file))),
  );
}

export function sharedFoldersBeside(path: string): readonly { readonly name: string; readonly path: string }[] {
  const inside = resolve(path);
  return parents(inside)
    .flatMap((folder) => SHARED_FOLDERS.map((name) => ({ name, path: join(folder, name) })))
    .filter((shared) => existsSync(shared.path) && shared.path !== inside && !inside.startsWith(shared.path + sep));
}

/** Up to the root of the repository; without one, two levels. */
function parents(path: string): readonly string[] {
  const found: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    found.push(folder);
    if (existsSync(join(folder, '.git'))) return found;
  }
  return found.slice(0, 2);
}

/** Relative where the given path is. */
function shown(given: string, absolute: string): string {
  return given === resolve(given) ? absolute : relative('.', absolute);
}

function diskFile(path: string): ContentFile {
  return {
    path,
    text: () => textOrNothing(() => readFileSync(path, 'utf8')),
    beside: (name) => diskFile(join(dirname(path), name)),
  };
}

function textOrNothing(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** @throws UserError for what is no zip, or too large */
export function readZipFile(path: string): Archive {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (info.size > MAX_CONTENT_BYTES) throw new UserError('it is too large for a zip of content', { file: path });
  return readZip(readFileSync(path), path);
}

/** The name of a file without its folder. */
export function nameOf(file: ContentFile): string {
  return basename(file.path);
}
