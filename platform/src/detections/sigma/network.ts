/** Addresses and networks of IPv4 and IPv6. IPv4 addresses in IPv6 form (`::ffff:192.0.2.1`) are IPv4 addresses. */

export interface Network {
  readonly version: 4 | 6;
  readonly bits: bigint;
  readonly prefix: number;
}

export interface Address {
  readonly version: 4 | 6;
  readonly bits: bigint;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address; undefined when it is none of them. */
export function parseNetwork(text: string): Network | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  const size = address.version === 4 ? 32 : 128;
  const prefix = length === undefined ? size : Number(length);
  return prefix > size ? undefined : { ...address, prefix };
}

export function isIn({ version, bits, prefix }: Network, address: Address): boolean {
  if (version !== address.version) return false;
  const shift = BigInt((version === 4 ? 32 : 128) - prefix);
  return bits >> shift === address.bits >> shift;
}

export function parseAddress(text: string): Address | undefined {
  if (text.length > 60) return undefined;
  const v4 = parseV4(text);
  if (v4 !== undefined) return { version: 4, bits: v4 };
  const v6 = text.includes(':') ? parseV6(text) : undefined;
  if (v6 === undefined) return undefined;
  return v6 >> 32n === 0xffffn ? { version: 4, bits: v6 & 0xffffffffn } : { version: 6, bits: v6 };
}

function parseV4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte < 256) ? bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) : undefined;
}

function parseV6(text: string): bigint | undefined {
  const bare = text.replace(/%.*$/, '');
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  const v4 = tail === null ? undefined : parseV4(tail[2] as string);
  if (tail !== null && v4 === undefined) return undefined;
  const full = v4 === undefined ? bare : `${tail?.[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const halves = full.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
