/** Indicators of one event, gathered for the `p_any_*` fields: scanners by the names that schemas use. */
import {
  arnAccountStart,
  hostOf,
  isAwsAccountId,
  isHex,
  isIp,
  isIpv4,
  readableDomain,
  urlHost,
} from '../core/indicators.ts';
import { scanAws } from './aws-extractor.ts';

/** From this many values on, a set finds duplicates. */
const SMALL = 16;

/** Distinct values, given out sorted. It is used again for every event, so that nothing is allocated for most of them. */
export class ValueList {
  #values: string[] = [];
  #seen: Set<string> | undefined;

  add(value: string): void {
    const values = this.#values;
    if (this.#seen !== undefined) {
      if (this.#seen.has(value)) return;
      this.#seen.add(value);
    } else {
      for (let at = 0; at < values.length; at += 1) if (values[at] === value) return;
      if (values.length === SMALL) this.#seen = new Set(values).add(value);
    }
    values.push(value);
  }

  /** The values in ascending order; `undefined` when there is none. Empties the list. */
  take(): readonly string[] | undefined {
    const values = this.#values;
    if (values.length === 0) return undefined;
    this.#values = [];
    this.#seen = undefined;
    return values.length === 1 ? values : values.sort();
  }

  clear(): void {
    if (this.#values.length === 0) return;
    this.#values = [];
    this.#seen = undefined;
  }
}

/** One list per `p_any_*` field. */
export class Indicators {
  readonly p_any_ip_addresses = new ValueList();
  readonly p_any_domain_names = new ValueList();
  readonly p_any_sha1_hashes = new ValueList();
  readonly p_any_md5_hashes = new ValueList();
  readonly p_any_sha256_hashes = new ValueList();
  readonly p_any_trace_ids = new ValueList();
  readonly p_any_aws_account_ids = new ValueList();
  readonly p_any_aws_instance_ids = new ValueList();
  readonly p_any_aws_arns = new ValueList();
  readonly p_any_aws_tags = new ValueList();
  readonly p_any_emails = new ValueList();
  readonly p_any_usernames = new ValueList();
}

/** Adds what it finds in a value; what is not valid is passed over. */
export type Scanner = (text: string, into: Indicators) => void;

export function scanHostname(text: string, into: Indicators): void {
  const value = text.trim();
  if (isIp(value)) into.p_any_ip_addresses.add(value);
  else if (value !== '') into.p_any_domain_names.add(readableDomain(value));
}

function scanIp(text: string, into: Indicators): void {
  const value = text.trim();
  if (isIp(value)) into.p_any_ip_addresses.add(value);
}

function scanDomain(text: string, into: Indicators): void {
  const value = text.trim();
  if (value !== '') into.p_any_domain_names.add(readableDomain(value));
}

function scanArnOnly(text: string, into: Indicators): void {
  const value = text.trim();
  if (arnAccountStart(value) > 0) into.p_any_aws_arns.add(value);
}

/** An ARN, the account in it, and the instance when it is one's. False when the text is no ARN. */
export function scanArn(text: string, into: Indicators): boolean {
  const value = text.trim();
  const start = arnAccountStart(value);
  if (start < 0) return false;
  into.p_any_aws_arns.add(value);
  const end = value.indexOf(':', start);
  if (end === start + 12) scanAccountId(value.slice(start, end), into);
  if (value.startsWith('instance/i-', end + 1)) into.p_any_aws_instance_ids.add(value.slice(end + 10));
  return true;
}

export function scanAccountId(text: string, into: Indicators): void {
  const value = text.trim();
  if (isAwsAccountId(value)) into.p_any_aws_account_ids.add(value);
}

export function scanInstanceId(text: string, into: Indicators): void {
  const value = text.trim();
  if (value.startsWith('i-')) into.p_any_aws_instance_ids.add(value);
}

function scanHash(length: number, field: 'p_any_md5_hashes' | 'p_any_sha1_hashes' | 'p_any_sha256_hashes'): Scanner {
  return (text, into) => {
    const value = text.trim();
    if (isHex(value, length)) into[field].add(value.toLowerCase());
  };
}

function scanUrl(text: string, into: Indicators): void {
  const host = urlHost(text.trim());
  if (host !== undefined) scanHostname(host, into);
}

function scanNetAddress(text: string, into: Indicators): void {
  const host = hostOf(text.trim());
  if (host !== undefined) scanHostname(host, into);
}

const DOTTED = /(?:\d{1,3}\.){3}\d{1,3}/g;

function scanIpsInText(text: string, into: Indicators): void {
  if (!text.includes('.')) return;
  for (const [value] of text.matchAll(DOTTED)) if (isIpv4(value)) into.p_any_ip_addresses.add(value);
}

function addTrimmed(field: 'p_any_trace_ids' | 'p_any_usernames'): Scanner {
  return (text, into) => {
    const value = text.trim();
    if (value !== '') into[field].add(value);
  };
}

/** By the names that schemas use. `aws` reads free-form JSON and is given an object, not text. */
export const SCANNERS = {
  ip: scanIp,
  domain: scanDomain,
  hostname: scanHostname,
  url: scanUrl,
  net_addr: scanNetAddress,
  /** Every IPv4 address inside the text. */
  ips_in_text: scanIpsInText,
  md5: scanHash(32, 'p_any_md5_hashes'),
  sha1: scanHash(40, 'p_any_sha1_hashes'),
  sha256: scanHash(64, 'p_any_sha256_hashes'),
  trace_id: addTrimmed('p_any_trace_ids'),
  username: addTrimmed('p_any_usernames'),
  email(text: string, into: Indicators) {
    const value = text.trim();
    if (value.includes('@')) into.p_any_emails.add(value);
  },
  aws_arn: scanArn,
  /** The ARN, without the account and instance in it. */
  aws_arn_only: scanArnOnly,
  aws_account_id: scanAccountId,
  aws_instance_id: scanInstanceId,
  aws_tag(text: string, into: Indicators) {
    const value = text.trim();
    if (value.includes(':')) into.p_any_aws_tags.add(value);
  },
  aws: scanAws,
} satisfies Record<string, Scanner | typeof scanAws>;
