/** Where detections are read from: a folder, a git checkout, a zip, or one file. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { UserError } from '../core/errors.ts';

export interface ContentFile {
  /** For messages: the path as the user would write it. */
  readonly path: string;
  /** Undefined when it is not there. */
  readonly text: () => string | undefined;
  /** A file beside this one. */
  beside(name: string): ContentFile;
}

const SPEC_NAME = /^[^.].*\.(ya?ml|json|ts)$/;
const OTHER_NAMES = /^(package(-lock)?\.json|tsconfig.*\.json|dependabot\.ya?ml)$|\.(test|d)\.ts$/;
/** At the root of a repository in the format, beside what is meant to be loaded. */
const NO_CONTENT = new Set(['templates', 'test_scenarios', 'indexes', 'style_guides']);
const ROOT_MARKS = ['global_helpers', 'data_models', 'rules', 'policies', 'queries', 'packs', 'lookup_tables'];
/** Modules that detections import and names that they ask for, whichever part of a repository is loaded. */
const SHARED_FOLDERS = ['global_helpers', 'data_models'];
const MAX_ZIP_FILE_BYTES = 20_000_000;
const MAX_ZIP_BYTES = 500_000_000;

/** Files that may hold specifications, in the order of their names. @throws UserError when there is no such path. */
export function contentFiles(path: string): readonly ContentFile[] {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (info.isDirectory()) return [...namesIn(path).map((name) => diskFile(join(path, name))), ...sharedBeside(path)];
  if (path.endsWith('.zip')) return zipFiles(path);
  return [diskFile(path), ...sharedBeside(path)];
}

function namesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'));
  return chosenNames(names).filter((name) => statSync(join(folder, name)).isFile());
}

/** `names` with slashes, from the root of what is loaded. */
function chosenNames(names: readonly string[]): readonly string[] {
  const tops = new Set(names.map((name) => name.split('/')[0]));
  const isRoot = ROOT_MARKS.filter((mark) => tops.has(mark)).length > 1;
  return names
    .filter((name) => SPEC_NAME.test(posix.basename(name)) && !OTHER_NAMES.test(posix.basename(name)))
    .filter((name) => !/(^|\/)(\.[^/]*|__pycache__|node_modules)\//.test(`${name}`))
    .filter((name) => !isRoot || !NO_CONTENT.has(name.split('/')[0] ?? ''))
    .toSorted();
}

/** The repository's modules and data models, when a part of it is loaded that they are not in. */
function sharedBeside(path: string): readonly ContentFile[] {
  const inside = resolve(path);
  const files: ContentFile[] = [];
  for (const folder of parents(inside)) {
    for (const name of SHARED_FOLDERS) {
      const shared = join(folder, name);
      if (!existsSync(shared) || shared === inside || inside.startsWith(shared + sep)) continue;
      files.push(...namesIn(shared).map((file) => diskFile(join(shown(path, shared), file))));
    }
  }
  return files;
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

function zipFiles(path: string): readonly ContentFile[] {
  const entries = unzip(path);
  const byBase = new Map([...entries.keys()].map((name) => [posix.basename(name), name]));
  const prefix = commonFolder([...entries.keys()]);
  const names = chosenNames([...entries.keys()].map((name) => name.slice(prefix.length)));
  return names.map((name) => file(prefix + name));

  function file(name: string): ContentFile {
    return {
      path: `${path}/${name}`,
      text: () => entries.get(name),
      // Flat packages have code and specifications apart.
      beside(other) {
        const near = posix.join(posix.dirname(name), other);
        return file(entries.has(near) ? near : (byBase.get(posix.basename(other)) ?? near));
      },
    };
  }
}

function unzip(path: string): ReadonlyMap<string, string> {
  let total = 0;
  try {
    const files = unzipSync(readFileSync(path), {
      filter({ name, originalSize }) {
        if (name.endsWith('/') || !/\.(ya?ml|json|ts|py|csv|jsonl)$/.test(name)) return false;
        total += originalSize;
        if (originalSize > MAX_ZIP_FILE_BYTES || total > MAX_ZIP_BYTES) throw new Error(`${name} is too large`);
        return true;
      },
    });
    const decoder = new TextDecoder();
    return new Map(Object.entries(files).map(([name, bytes]) => [name, decoder.decode(bytes)]));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`cannot be read as a zip file: ${reason}`, { file: path }, { cause });
  }
}

/** Archives of a repository have everything in one folder. */
function commonFolder(names: readonly string[]): string {
  const [first = ''] = names;
  const top = first.includes('/') ? `${first.split('/')[0]}/` : '';
  return top !== '' && names.every((name) => name.startsWith(top)) ? top : '';
}

/** The name of a file without its folder. */
export function nameOf(file: ContentFile): string {
  return basename(file.path);
}
