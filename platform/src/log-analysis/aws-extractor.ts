/**
 * Indicators of free-form AWS JSON (request parameters, findings), by key and by value; the same walk finds what cannot
 * be kept as it is: nesting that is too deep, and numbers that a double does not hold.
 */
import { isIp, readableDomain } from '../core/indicators.ts';
import type { Indicators } from './indicators.ts';
import { scanAccountId, scanArn, scanHostname, scanInstanceId } from './indicators.ts';
import { TOO_DEEP, vetNumber } from './json-values.ts';

const MAX_DEPTH = 512;
const MAX_KNOWN_KEYS = 20_000;

type KeyKind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
const NONE = 0;
const ARN = 1;
const INSTANCE = 2;
const ACCOUNT = 3;
const TAGS = 4;
const IP = 5;
const DOMAIN = 6;
const HOST = 7;

const BY_NAME: Readonly<Record<string, KeyKind>> = {
  arn: ARN,
  ARN,
  'aws:SourceArn': ARN,
  instanceId: INSTANCE,
  'instance-id': INSTANCE,
  accountId: ACCOUNT,
  account: ACCOUNT,
  tags: TAGS,
  ipv6Addresses: IP,
  publicIp: IP,
  privateIpAddress: IP,
  ipAddressV4: IP,
  sourceIPAddress: HOST,
  publicDnsName: DOMAIN,
  privateDnsName: DOMAIN,
  domain: DOMAIN,
};

/** Keys repeat from event to event, so each is judged once. */
const kinds = new Map<string, KeyKind>();

function kindOf(key: string): KeyKind {
  const known = kinds.get(key);
  if (known !== undefined) return known;
  if (kinds.size >= MAX_KNOWN_KEYS) kinds.clear();
  const kind = Object.hasOwn(BY_NAME, key) ? (BY_NAME[key] ?? NONE) : kindBySuffix(key);
  kinds.set(key, kind);
  return kind;
}

function kindBySuffix(key: string): KeyKind {
  if (key.endsWith('InstanceId')) return INSTANCE;
  return key.endsWith('AccountId') ? ACCOUNT : NONE;
}

/** Walks a JSON value. Returns why it cannot be kept, or `undefined`. */
export function scanAws(value: unknown, into: Indicators): string | undefined {
  return walk(value, NONE, into, 0);
}

function walk(value: unknown, kind: KeyKind, into: Indicators, depth: number): string | undefined {
  if (typeof value === 'string') {
    scanText(value, kind, into);
    return undefined;
  }
  if (typeof value === 'number') return vetNumber(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) {
    if (kind === TAGS) scanTags(value, into);
    for (let at = 0; at < value.length; at += 1) {
      const problem = walk(value[at], kind, into, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    const inner = object[key];
    const problem = walk(inner, kindOf(key), into, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function scanText(text: string, kind: KeyKind, into: Indicators): void {
  if (text.charCodeAt(0) === 97 && scanArn(text, into)) return;
  if (kind === NONE) return;
  if (kind === INSTANCE) scanInstanceId(text, into);
  else if (kind === ACCOUNT) scanAccountId(text, into);
  else if (kind === HOST) scanHostname(text, into);
  else if (kind === IP && isIp(text)) into.p_any_ip_addresses.add(text);
  else if (kind === DOMAIN && text !== '') into.p_any_domain_names.add(readableDomain(text));
}

function scanTags(tags: readonly unknown[], into: Indicators): void {
  for (const tag of tags) {
    if (typeof tag !== 'object' || tag === null) continue;
    const { key, value } = tag as { readonly key?: unknown; readonly value?: unknown };
    if (typeof key === 'string' && typeof value === 'string') into.p_any_aws_tags.add(`${key}:${value}`);
  }
}
