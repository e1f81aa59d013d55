/**
 * A zip of content. Read by its directory, with what that says held against what is there: a size that is a lie, a name
 * that leads out, a link, an entry twice. Links are left out; nothing is written anywhere.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { errorMessage, UserError } from '../core/errors.ts';
import type { Archive } from './archive.ts';
import { isContentText, MAX_CONTENT_BYTES, MAX_FILE_BYTES } from './content-names.ts';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  readonly isEncrypted: boolean;
  readonly isLink: boolean;
}

const END = { signature: 0x06054b50, length: 22, maxComment: 0xffff };
const ENTRY = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };
const STORED = 0;
const DEFLATED = 8;

/** Content files of a zip. `label`: its name, for messages. @throws UserError for what is no zip, damaged or hostile */
export function readZip(bytes: Uint8Array, label: string): Archive {
  try {
    const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { label, texts: textsOf(zip), folder: '' };
  } catch (cause) {
    const reason = cause instanceof RangeError ? 'it is damaged' : errorMessage(cause);
    throw new UserError(`cannot be read as a zip file: ${reason}`, { file: label }, { cause });
  }
}

function textsOf(zip: Buffer): ReadonlyMap<string, string> {
  const entries = entriesOf(zip).filter(({ name, isLink }) => !isLink && isContentText(name));
  const texts = new Map<string, string>();
  let total = 0;
  for (const { name, size } of entries) {
    total += size;
    if (size > MAX_FILE_BYTES || total > MAX_CONTENT_BYTES) throw new Error(`${name} is too large`);
  }
  for (const entry of entries) {
    if (entry.isEncrypted) throw new Error(`${entry.name} is encrypted`);
    if (texts.has(entry.name)) throw new Error(`it has ${entry.name} twice`);
    texts.set(entry.name, new TextDecoder().decode(contentOf(zip, entry)));
  }
  return texts;
}

function entriesOf(zip: Buffer): readonly Entry[] {
  const end = endOf(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Error('it has more than 65,534 files, or more than 4 GB');
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    if (zip.readUInt32LE(at) !== ENTRY.signature) throw new Error('it is damaged');
    const nameEnd = at + ENTRY.length + zip.readUInt16LE(at + 28);
    if (nameEnd > end) throw new Error('it is damaged');
    entries.push(entryAt(zip, at, zip.toString('utf8', at + ENTRY.length, nameEnd)));
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function endOf(zip: Buffer): number {
  const last = zip.length - END.length;
  for (let at = last; at >= Math.max(0, last - END.maxComment); at--)
    if (zip.readUInt32LE(at) === END.signature && at + END.length + zip.readUInt16LE(at + 20) === zip.length) return at;
  throw new Error('it is none, or a part of it is missing');
}

function entryAt(zip: Buffer, at: number, rawName: string): Entry {
  return {
    name: safeName(rawName),
    isEncrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
    method: zip.readUInt16LE(at + 10),
    crc: zip.readUInt32LE(at + 16),
    packed: zip.readUInt32LE(at + 20),
    size: zip.readUInt32LE(at + 24),
    isLink: ((zip.readUInt32LE(at + 38) >>> 16) & 0o170000) === 0o120000,
    offset: zip.readUInt32LE(at + 42),
  };
}

function safeName(raw: string): string {
  const name = raw.replaceAll('\\', '/');
  if (/^(\/|[A-Za-z]:)/.test(name) || name.split('/').includes('..') || name.includes('\0'))
    throw new Error(`the name ${JSON.stringify(raw)} leads out of it`);
  return name.replace(/^(\.\/)+/, '');
}

function contentOf(zip: Buffer, { name, method, crc, packed, size, offset }: Entry): Buffer {
  if (zip.readUInt32LE(offset) !== LOCAL.signature) throw new Error('it is damaged');
  const start = offset + LOCAL.length + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  if (start + packed > zip.length) throw new Error('it is damaged');
  const data = zip.subarray(start, start + packed);
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is packed in a way that is not known`);
  const content = method === STORED ? data : inflate(data, name, size);
  if (content.length !== size || crc32(content) !== crc) throw new Error(`${name} is damaged`);
  return content;
}

/** Never more than the directory says. */
function inflate(data: Buffer, name: string, size: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw new Error(`${name} is damaged, or larger than it says`, { cause });
  }
}
