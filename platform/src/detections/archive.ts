/** Content in memory, out of a zip or a commit of git: no name in it is ever a path of this machine. */
import { posix } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { ContentFile } from './content-files.ts';
import { chosenNames, SHARED_FOLDERS } from './content-names.ts';

export interface Archive {
  /** For messages: stands before the names of its files. */
  readonly label: string;
  /** Texts by their names with slashes, from its root. */
  readonly texts: ReadonlyMap<string, string>;
  /** The part to load, with the helper modules and data models beside it; empty: all of it. */
  readonly folder: string;
}

/** @throws UserError for a folder that leads out of where it is, or is not there */
export function folderOfArchive(archive: Archive, folder: string): Archive {
  const top = commonFolder([...archive.texts.keys()]);
  const inside = cleanFolder(folder);
  if (inside === '') return archive;
  const found = [inside, top + inside].find((one) => [...archive.texts.keys()].some((name) => isWithin(name, one)));
  if (found === undefined) throw new UserError(`there is no content in a folder ${inside}`, { field: '--folder' });
  return { ...archive, folder: found };
}

/** With slashes, without one at either end. @throws UserError for one that leads out */
export function cleanFolder(folder: string): string {
  const parts = folder.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || /^([\\/]|[A-Za-z]:)/.test(folder) || folder.includes('\0'))
    throw new UserError(`"${folder}" is no folder inside of the content`, { field: '--folder' });
  return parts.join('/');
}

/** Files that may hold specifications, in the order of their names. */
export function archiveFiles({ label, texts, folder }: Archive): readonly ContentFile[] {
  const all = [...texts.keys()];
  const byBase = new Map(all.map((name) => [posix.basename(name), name]));
  const root = folder === '' ? commonFolder(all) : `${folder}/`;
  const shared = folder === '' ? [] : sharedBeside(root).map(({ path }) => path);
  return [root, ...shared].flatMap(namesIn).map(file);

  function namesIn(prefix: string): readonly string[] {
    const inside = all.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return chosenNames(inside).map((name) => prefix + name);
  }

  function file(name: string): ContentFile {
    return {
      path: `${label}/${name}`,
      text: () => texts.get(name),
      // Flat packages have code and specifications apart.
      beside(other) {
        const near = posix.join(posix.dirname(name), other);
        return file(texts.has(near) ? near : (byBase.get(posix.basename(other)) ?? near));
      },
    };
  }
}

/** Texts of what is to be loaded, as if its folder were the root and what is shared were in it. */
export function partOfArchive({ texts, folder }: Archive): ReadonlyMap<string, string> {
  if (folder === '') return texts;
  const root = `${folder}/`;
  const moved = [{ path: root, name: '' }, ...sharedBeside(root).map(({ path, name }) => ({ path, name: `${name}/` }))];
  const entries = moved.flatMap(({ path, name }) =>
    [...texts]
      .filter(([one]) => one.startsWith(path))
      .map(([one, text]) => [name + one.slice(path.length), text] as const),
  );
  return new Map(entries);
}

function sharedBeside(folder: string): readonly { readonly name: string; readonly path: string }[] {
  return parents(folder)
    .flatMap((parent) => SHARED_FOLDERS.map((name) => ({ name, path: `${parent}${name}/` })))
    .filter(({ path }) => !folder.startsWith(path));
}

/** `a/b/` → `a/`, and the root. */
function parents(folder: string): readonly string[] {
  const parts = folder.split('/').slice(0, -2);
  return parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`).concat('');
}

function isWithin(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`);
}

/** Archives of a repository have everything in one folder. */
function commonFolder(names: readonly string[]): string {
  const [first = ''] = names;
  const top = first.includes('/') ? `${first.split('/')[0]}/` : '';
  return top !== '' && names.every((name) => name.startsWith(top)) ? top : '';
}
