/** What a file's bytes say about how it may be handed over. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

export const HEAD_BYTES = 1_024;
const LOOK_BYTES = 64 * 1_024;
const LINE_FEED = 0x0a;

/** `lines` can be handed over piece by piece while it grows; the others only as a whole. */
export type Kind = 'lines' | 'document' | 'gzip' | 'zstd';

export async function readBytes(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

export function headHash(head: Buffer): string {
  return createHash('sha256').update(head).digest('hex');
}

export async function kindOf(file: FileHandle): Promise<Kind> {
  const bytes = await readBytes(file, 0, LOOK_BYTES);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.subarray(0, 4).toString('hex') === '28b52ffd') return 'zstd';
  return isDocument(
    bytes
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
      .trimStart(),
  )
    ? 'document'
    : 'lines';
}

/** JSON over several lines, or one array or `Records` object that makes sense only as a whole. */
function isDocument(text: string): boolean {
  if (text.startsWith('[')) return /^\[\s*([{\]]|$)/.test(text);
  if (/^\{\s*"(Records"\s*:\s*\[|messageType"\s*:)/.test(text)) return true;
  const [firstLine = ''] = text.split('\n', 1);
  return text.startsWith('{') && firstLine.length < text.length && /[{[,:]\s*$/.test(firstLine);
}

/** Offset behind the last line feed in `[start, end)`; undefined when there is none. Reads from the end. */
export async function endOfLastLine(file: FileHandle, start: number, end: number): Promise<number | undefined> {
  for (let to = end; to > start; ) {
    const from = Math.max(start, to - LOOK_BYTES);
    const index = (await readBytes(file, from, to - from)).lastIndexOf(LINE_FEED);
    if (index >= 0) return from + index + 1;
    to = from;
  }
  return undefined;
}

/** Offset behind the first line feed in `[start, end)`. */
export async function endOfFirstLine(file: FileHandle, start: number, end: number): Promise<number | undefined> {
  for (let from = start; from < end; from += LOOK_BYTES) {
    const index = (await readBytes(file, from, Math.min(LOOK_BYTES, end - from))).indexOf(LINE_FEED);
    if (index >= 0) return from + index + 1;
  }
  return undefined;
}
