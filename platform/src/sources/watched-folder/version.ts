/** Versions of a watched folder's input objects: `<device>:<inode>/<head bytes>-<head hash>/<generation>/<start>-<end>`. */

export interface FileVersion {
  readonly fileId: string;
  readonly headBytes: number;
  /** First 16 hex digits. */
  readonly headHash: string;
  readonly generation: number;
  readonly start: number;
  readonly end: number;
}

const HASH_DIGITS = 16;

export function formatVersion(version: FileVersion): string {
  const { fileId, headBytes, generation, start, end } = version;
  return `${fileId}/${headBytes}-${shortHash(version.headHash)}/${generation}/${start}-${end}`;
}

export function shortHash(hash: string): string {
  return hash.slice(0, HASH_DIGITS);
}

export function parseVersion(text: string): FileVersion | undefined {
  const match = /^(\d+:\d+)\/(\d+)-([0-9a-f]{16})\/(\d+)\/(\d+)-(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, fileId = '', headBytes, hash = '', generation, start, end] = match;
  const numbers = {
    headBytes: Number(headBytes),
    generation: Number(generation),
    start: Number(start),
    end: Number(end),
  };
  return { fileId, headHash: hash, ...numbers };
}
