/** A lookup table in memory: finds the row of a value, exactly, or by the narrowest network that an address is in. */

import { UserError } from '../core/errors.ts';
import { masked, type Network, parseAddress, parseNetwork } from './addresses.ts';
import { type MmdbReader, openMmdb } from './mmdb.ts';
import { formatOf, type LookupRow, parseRows, unpacked } from './rows.ts';

export type LookupKind = 'exact' | 'network' | 'mmdb';

export interface LookupTable {
  readonly kind: LookupKind;
  /** Undefined where it is not known. */
  readonly rowCount: number | undefined;
  /** The first row where several have the same key. */
  find(value: string): LookupRow | undefined;
}

export interface TableFile {
  /** Tells the format. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly primaryKey: string;
}

/** @throws UserError when the file cannot be read, or no row has the key. */
export function loadTable({ name, bytes, primaryKey }: TableFile): LookupTable {
  const plain = unpacked(bytes);
  if (/\.mmdb(\.gz)?$/i.test(name)) return mmdbTable(openMmdb(plain));
  const text = new TextDecoder().decode(plain);
  return tableOfRows(parseRows(text, formatOf(name, text)), primaryKey);
}

export function tableOfRows(rows: readonly LookupRow[], primaryKey: string): LookupTable {
  const keyed = rows.flatMap((row) => keysOf(row[primaryKey]).map((key) => ({ key, row })));
  if (rows.length > 0 && keyed.length === 0) {
    const columns = Object.keys(rows[0] as LookupRow).join(', ');
    throw new UserError(`no row has the primary key ${primaryKey}; there are ${columns}`, { field: 'PrimaryKey' });
  }
  const networks = keyed.map(({ key }) => parseNetwork(key));
  const isNetworks = keyed.some(({ key }) => key.includes('/')) && networks.every((network) => network !== undefined);
  if (isNetworks) return networkTable(keyed, networks as readonly Network[], rows.length);
  const byKey = new Map<string, LookupRow>();
  for (const { key, row } of keyed) if (!byKey.has(key)) byKey.set(key, row);
  return { kind: 'exact', rowCount: rows.length, find: (value) => byKey.get(value) };
}

/** A key may be a list: the row is found by each of its values. */
function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}

function networkTable(
  keyed: readonly { readonly key: string; readonly row: LookupRow }[],
  networks: readonly Network[],
  rowCount: number,
): LookupTable {
  const byPrefix = new Map<number, Map<bigint, LookupRow>>();
  for (const [index, { address, prefix }] of networks.entries()) {
    const rows = byPrefix.get(prefix) ?? new Map<bigint, LookupRow>();
    byPrefix.set(prefix, rows);
    if (!rows.has(address)) rows.set(address, (keyed[index] as { readonly row: LookupRow }).row);
  }
  const narrowestFirst = [...byPrefix].toSorted(([a], [b]) => b - a);
  return {
    kind: 'network',
    rowCount,
    find(value) {
      const address = parseAddress(value);
      if (address === undefined) return undefined;
      for (const [prefix, rows] of narrowestFirst) {
        const row = rows.get(masked(address, prefix));
        if (row !== undefined) return row;
      }
      return undefined;
    },
  };
}

function mmdbTable(reader: MmdbReader): LookupTable {
  return { kind: 'mmdb', rowCount: undefined, find: (value) => reader.find(value) };
}
