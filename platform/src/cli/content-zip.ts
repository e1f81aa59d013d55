/** Content as a zip, for a Panther elsewhere. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { UserError } from '../core/errors.ts';
import { type Archive, partOfArchive } from '../detections/archive.ts';
import { sharedFoldersBeside } from '../detections/content-files.ts';
import { isRepositoryUrl, parseRepositoryUrl } from '../detections/repository-url.ts';
import type { CommandIo } from './command.ts';
import { type ContentRequest, openContent } from './content-source.ts';
import type { RemoteContent } from './services.ts';

const CONTENT = /\.(ya?ml|json|ts|py|csv|jsonl)$/;
const NO_CONTENT = /(^|\/)(\.[^/]*|__pycache__|node_modules)(\/|$)/;
/** What the API takes, less what base64 adds. */
const MAX_BYTES = 20 << 20;

export interface SentContent {
  readonly content: RemoteContent;
  /** For messages: stands before the names of its files. */
  readonly label: string;
}

/**
 * A repository with an address is read by the Panther elsewhere, which keeps where it is; all else is sent as a zip.
 * @throws UserError for a part that only a Panther on this machine can be given
 */
export async function contentToSend(request: ContentRequest, io: CommandIo): Promise<SentContent> {
  const { place, ref, folder, packs = [], filters = [] } = request;
  const [option] = [packs.length > 0 ? '--pack' : undefined, filters.length > 0 ? '--filter' : undefined].filter(
    Boolean,
  );
  if (option !== undefined) throw new UserError('cannot be used with --api-host', { field: option });
  if (isRepositoryUrl(place)) {
    const { url, credentials } = parseRepositoryUrl(place);
    if (credentials !== undefined)
      throw new UserError('leave the password out: the Panther elsewhere reads the repository, as who it is there');
    return { content: { url, ref, folder }, label: url };
  }
  const { content } = await openContent(request, io);
  if (typeof content === 'string') return { content: contentZip(content), label: content };
  return { content: limited(zipSync(partOf(content)), content.label), label: content.label };
}

/** As `addFolder` does it. */
function partOf(archive: Archive): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries([...partOfArchive(archive)].map(([name, text]) => [name, strToU8(text)]));
}

/**
 * Of a folder, with the helper modules and data models of the repository that it is in; a zip as it is.
 * @throws UserError when there is no such path, or it is too large
 */
function contentZip(path: string): Uint8Array {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (!info.isDirectory() && !path.endsWith('.zip')) throw new UserError('name a folder or a zip', { file: path });
  return limited(info.isDirectory() ? zipOf(path) : readFileSync(path), path);
}

function limited(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.length <= MAX_BYTES) return bytes;
  throw new UserError(`it is more than ${MAX_BYTES >> 20} MB: upload a part of it at a time`, { file: path });
}

function zipOf(folder: string): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  addFolder(files, folder, '');
  for (const shared of sharedFoldersBeside(resolve(folder))) addFolder(files, shared.path, `${shared.name}/`);
  return zipSync(files);
}

function addFolder(files: Record<string, Uint8Array>, folder: string, prefix: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = entry.split(sep).join('/');
    if (!CONTENT.test(name) || NO_CONTENT.test(name) || !statSync(join(folder, entry)).isFile()) continue;
    files[prefix + name] = readFileSync(join(folder, entry));
  }
}
