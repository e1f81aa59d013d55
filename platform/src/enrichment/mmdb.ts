/** MaxMind databases: which place, or provider, an address belongs to. https://maxmind.github.io/MaxMind-DB/ */
import { isIP } from 'node:net';
import { Reader, type Response } from 'mmdb-lib';
import { errorMessage, UserError } from '../core/errors.ts';
import type { LookupRow } from './rows.ts';

export interface MmdbReader {
  find(address: string): LookupRow | undefined;
}

/** @throws UserError when it is no such file. */
export function openMmdb(bytes: Uint8Array): MmdbReader {
  try {
    const reader = new Reader<Response>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return { find: (address) => find(reader, address) };
  } catch (cause) {
    throw new UserError(`the file is no MaxMind database: ${errorMessage(cause)}`, {}, { cause });
  }
}

function find(reader: Reader<Response>, address: string): LookupRow | undefined {
  const kind = isIP(address);
  if (kind === 0 || (kind === 6 && reader.metadata.ipVersion === 4)) return undefined;
  return (reader.get(address) as LookupRow | null) ?? undefined;
}
