/** Content as a zip, for a Panther elsewhere. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { zipSync } from 'fflate';
import { UserError } from '../core/errors.ts';
import { sharedFoldersBeside } from '../detections/content-files.ts';

const CONTENT = /\.(ya?ml|json|ts|py|csv|jsonl)$/;
const NO_CONTENT = /(^|\/)(\.[^/]*|__pycache__|node_modules)(\/|$)/;
/** What the API takes, less what base64 adds. */
const MAX_BYTES = 20 << 20;

/**
 * Of a folder, with the helper modules and data models of the repository that it is in; a zip as it is.
 * @throws UserError when there is no such path, or it is too large
 */
export function contentZip(path: string): Uint8Array {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UserError('there is no such file or folder', { file: path });
  if (!info.isDirectory() && !path.endsWith('.zip')) throw new UserError('name a folder or a zip', { file: path });
  const bytes = info.isDirectory() ? zipOf(path) : readFileSync(path);
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
