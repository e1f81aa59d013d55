/** IP addresses and networks as numbers, for finding the narrowest network that an address is in. */
import { isIP } from 'node:net';

/** IPv4 is mapped into IPv6, so that there is one kind of number. */
export interface Network {
  readonly address: bigint;
  /** Of 128 bits. */
  readonly prefix: number;
}

const BITS = 128;
const MAPPED = 0xffffn << 32n;

/** Undefined for what is no address. */
export function parseAddress(text: string): bigint | undefined {
  const kind = isIP(text);
  if (kind === 4) return MAPPED | BigInt(ipv4(text));
  return kind === 6 ? ipv6(text) : undefined;
}

/** An address is a network of one. Undefined for what is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', length, ...rest] = text.trim().split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  const width = host.includes(':') ? BITS : 32;
  const own = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(own >= 0 && own <= width)) return undefined;
  const prefix = own + BITS - width;
  return { address: masked(address, prefix), prefix };
}

export function masked(address: bigint, prefix: number): bigint {
  const rest = BigInt(BITS - prefix);
  return (address >> rest) << rest;
}

function ipv4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipv6(text: string): bigint {
  const plain = text.split('%', 1)[0] as string;
  const tail = /(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  const hex = tail === null ? plain : `${tail[1]}${hexOf(ipv4(tail[2] as string))}`;
  const [head = '', rest] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = rest === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

function hexOf(value: number): string {
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}
