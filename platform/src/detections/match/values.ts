/** What match expressions do to single values. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { type Comparison, EACH, EVERY, type MatchValue, type Path, type StateTest } from './expression.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Missing values are `undefined`. With `[*]` in the path: every value found. */
export function valuesAt(root: unknown, path: Path): readonly unknown[] {
  let found: unknown[] = [root];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of found) {
      if (step === EVERY || step === EACH) {
        if (Array.isArray(value)) next.push(...value);
        else if (step === EACH) next.push(value);
      } else next.push(typeof step === 'number' ? elementAt(value, step) : fieldOf(value, step));
    }
    found = next;
  }
  return found;
}

/** The first of them. */
export function valueAt(root: unknown, path: Path): unknown {
  return valuesAt(root, path)[0];
}

function elementAt(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value.at(index) : undefined;
}

/** The key as written, else the first that differs only in case, as Python detections look it up. */
function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.hasOwn(value, key)) return (value as Fields)[key];
  const lower = key.toLowerCase();
  const name = Object.keys(value).find((one) => one.toLowerCase() === lower);
  return name === undefined ? undefined : (value as Fields)[name];
}

export function hasState(value: unknown, test: StateTest): boolean {
  switch (test) {
    case 'Exists':
      return value !== undefined;
    case 'IsNull':
      return value === undefined || value === null;
    case 'IsNullOrEmpty':
      return isEmpty(value);
    case 'IsIPAddress':
      return typeof value === 'string' && isIP(value) !== 0;
    case 'IsIPv4Address':
      return typeof value === 'string' && isIPv4(value);
    case 'IsIPv6Address':
      return typeof value === 'string' && isIPv6(value);
    case 'IsIPAddressPrivate':
      return typeof value === 'string' && isIP(value) !== 0 && isInside(PRIVATE, value);
    case 'IsIPAddressPublic':
      return typeof value === 'string' && isIP(value) !== 0 && !isInside(PRIVATE, value);
    default:
      throw new Error(`no test ${String(test)}`);
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Addresses that are not routed publicly. */
const PRIVATE = blockList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
  ...['::/127', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', 'fc00::/7', 'fe80::/10'],
]);

/** @throws when a network is none. */
export function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

export function isInside(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Compares one value with one given; `ignoresCase` folds texts on both sides. */
export function compares(how: Comparison, value: unknown, given: unknown, ignoresCase: boolean): boolean {
  const [left, right] = ignoresCase ? [fold(value), fold(given)] : [value, given];
  switch (how) {
    case 'Equals':
      return isEqual(left, right);
    case 'StartsWith':
      return typeof left === 'string' && typeof right === 'string' && left.startsWith(right);
    case 'EndsWith':
      return typeof left === 'string' && typeof right === 'string' && left.endsWith(right);
    case 'Contains':
      if (typeof left === 'string') return typeof right === 'string' && left.includes(right);
      return has(left, right);
    case 'Has':
      return has(left, right);
    case 'IsIPAddressInCIDR':
      return typeof left === 'string' && isIP(left) !== 0 && isInNetwork(left, right);
    default:
      return isOrdered(how, left, right);
  }
}

function isInNetwork(address: string, network: unknown): boolean {
  try {
    return isInside(blockList([String(network)]), address);
  } catch {
    return false;
  }
}

function isOrdered(how: Comparison, left: unknown, right: unknown): boolean {
  const isComparable = (isNumber(left) && isNumber(right)) || (typeof left === 'string' && typeof right === 'string');
  if (!isComparable) return false;
  const [a, b] = [left as number, right as number];
  if (how === 'IsGreaterThan') return a > b;
  if (how === 'IsGreaterThanOrEquals') return a >= b;
  return how === 'IsLessThan' ? a < b : a <= b;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function has(value: unknown, given: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => isEqual(one, given));
  return (
    typeof value === 'object' && value !== null && typeof given === 'string' && fieldOf(value, given) !== undefined
  );
}

function isEqual(left: unknown, right: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint equals the number with its value.
  return left === right || (isNumber(left) && isNumber(right) && left == right);
}

function fold(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  return Array.isArray(value) ? value.map(fold) : value;
}

export function isMatchValue(value: unknown): value is MatchValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
