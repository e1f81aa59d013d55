/** Where commands read content from: a folder, a zip or a file, a commit of git; all of it, or a part. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { cleanFolder, folderOfArchive } from '../detections/archive.ts';
import { type Content, readZipFile } from '../detections/content-files.ts';
import type { Detection } from '../detections/detection.ts';
import { type LoadedDetections, loadDetections } from '../detections/load.ts';
import { chooseManifests, chooseWhere } from '../detections/packs/choose.ts';
import { isRepositoryUrl, parseRepositoryUrl } from '../detections/repository-url.ts';
import type { CommandIo } from './command.ts';
import { detectionFilter } from './detection-filter.ts';

export const SOURCE_OPTIONS = {
  ref: { value: 'REF', description: 'branch, tag or commit of a git repository' },
  folder: { value: 'FOLDER', description: 'only this folder of it, and the helper modules and data models beside it' },
} as const;

export const CHOICE_OPTIONS = {
  pack: {
    value: 'ID',
    repeatable: true,
    description: 'only what the manifest of this pack (PackID) names, and what that needs',
  },
  filter: {
    value: 'KEY=VALUE',
    repeatable: true,
    description: 'leave out what does not have this value, e.g. Severity=High,Critical; KEY!=VALUE: what has it',
  },
} as const;

/** A commit of git, and which part of it. */
export interface ContentSource {
  readonly url: string;
  readonly ref: string | null;
  /** Empty: all of it. */
  readonly folder: string;
  readonly commit: string;
  readonly packs?: readonly string[];
  readonly filters?: readonly string[];
}

export interface ContentRequest {
  /** As the user has named it: a path or the address of a repository. */
  readonly place: string;
  readonly ref?: string | undefined;
  readonly folder?: string | undefined;
  /** Manifests. */
  readonly packs?: readonly string[];
  readonly filters?: readonly string[];
  /** A path is one of a repository, of which a commit is wanted. */
  readonly isGit?: boolean;
}

export interface ReadContent {
  readonly loaded: LoadedDetections;
  /** By the filters. */
  readonly leftOut: readonly Detection[];
  /** Where it is on this machine, as the user has named it: none of what was fetched. */
  readonly paths: readonly string[];
  readonly source: ContentSource | undefined;
}

/** @throws UserError, ExternalError */
export async function readContent(request: ContentRequest, io: CommandIo): Promise<ReadContent> {
  const { packs = [], filters = [] } = request;
  const isWanted = detectionFilter(filters);
  const { content, source, paths } = await openContent(request, io);
  const all = loadDetections(content);
  const named = packs.length === 0 ? all : chooseManifests(all, packs).content;
  const { content: loaded, leftOut } =
    filters.length === 0 ? { content: named, leftOut: [] } : chooseWhere(named, isWanted);
  const part = { ...(packs.length > 0 && { packs }), ...(filters.length > 0 && { filters }) };
  return { loaded, leftOut, paths, source: source && { ...source, ...part } };
}

/** What to load, before any of it is. @throws UserError, ExternalError */
export async function openContent(
  { place, ref, folder = '', isGit = false }: ContentRequest,
  io: CommandIo,
): Promise<{
  readonly content: Content;
  readonly source: ContentSource | undefined;
  readonly paths: readonly string[];
}> {
  const isAddress = isRepositoryUrl(place);
  const path = resolve(io.cwd, place);
  if (isAddress || isGit || ref !== undefined || isBareRepository(path)) {
    const progress = io.progress({ label: 'reading git', unit: 'files' });
    try {
      const { archive, source } = await io.services.readGit({
        url: isAddress ? place : path,
        ref,
        folder,
        signal: io.signal,
      });
      return { content: archive, source, paths: [] };
    } finally {
      progress.end();
    }
  }
  const inside = cleanFolder(folder);
  if (inside === '') return { content: path, source: undefined, paths: [place] };
  if (path.endsWith('.zip'))
    return { content: folderOfArchive(readZipFile(path), inside), source: undefined, paths: [place] };
  const part = join(path, inside);
  if (statSync(part, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(`there is no folder ${part}`, { field: '--folder' });
  return { content: part, source: undefined, paths: [part] };
}

/** A name of a pack for what is read from there, as far as one can be made of it. */
export function packNameOf(place: string, cwd: string): string {
  const path = isRepositoryUrl(place) ? parseRepositoryUrl(place).url.replace(/[/:]+$/, '') : resolve(cwd, place);
  const last = path.split(/[/\\:]/).at(-1) ?? '';
  return basename(last).replace(/\.(git|zip)$/, '');
}

/** One without files: there is nothing else in it to be meant. */
function isBareRepository(path: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
}
