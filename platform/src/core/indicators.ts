/** What counts as an IP address, an ARN, a hash …: the checks behind the `p_any_*` fields. Exact, without regular expressions where it pays. */
import { domainToUnicode } from 'node:url';

/** A dotted quad of decimal numbers up to 255, without leading zeros. */
export function isIpv4(text: string): boolean {
  const { length } = text;
  if (length < 7 || length > 15) return false;
  let value = -1;
  let dots = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      if (value === 0) return false;
      value = value < 0 ? digit : value * 10 + digit;
      if (value > 255) return false;
    } else if (digit === -2 && value >= 0 && dots < 3) {
      dots += 1;
      value = -1;
    } else {
      return false;
    }
  }
  return dots === 3 && value >= 0;
}

/** Eight groups of up to four hex digits, one run of zeros shortened to `::`, the last two groups perhaps an IPv4 address. No zone. */
export function isIpv6(text: string): boolean {
  const { length } = text;
  if (length < 2 || length > 45) return false;
  let groups = 0;
  let isShortened = false;
  let at = 0;
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return false;
    isShortened = true;
    at = 2;
    if (length === 2) return true;
  }
  for (;;) {
    const start = at;
    while (at < length && isHexDigit(text.charCodeAt(at))) at += 1;
    if (at < length && text.charCodeAt(at) === 46) {
      groups += 2;
      return (isShortened ? groups < 8 : groups === 8) && isIpv4(text.slice(start));
    }
    if (at === start || at - start > 4) return false;
    groups += 1;
    if (groups > 8) return false;
    if (at === length) return isShortened ? groups < 8 : groups === 8;
    if (text.charCodeAt(at) !== 58) return false;
    at += 1;
    if (at === length) return false;
    if (text.charCodeAt(at) !== 58) continue;
    if (isShortened) return false;
    isShortened = true;
    at += 1;
    if (at === length) return groups < 8;
  }
}

export function isIp(text: string): boolean {
  return isIpv4(text) || (text.includes(':') && isIpv6(text));
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

/** True for text of exactly `length` hex digits. */
export function isHex(text: string, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (!isHexDigit(text.charCodeAt(at))) return false;
  return true;
}

/** Twelve digits. */
export function isAwsAccountId(text: string): boolean {
  if (text.length !== 12) return false;
  for (let at = 0; at < 12; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** Where the account id of an ARN (`arn:partition:service:region:account:resource`) starts; -1 when the text is no ARN. */
export function arnAccountStart(text: string): number {
  if (!text.startsWith('arn:')) return -1;
  const service = text.indexOf(':', 4) + 1;
  if (service === 0) return -1;
  const region = text.indexOf(':', service) + 1;
  if (region === 0) return -1;
  const account = text.indexOf(':', region) + 1;
  if (account === 0 || text.indexOf(':', account) < 0) return -1;
  return account;
}

/** The name as people read it: a name in punycode (`xn--…`) is decoded. */
export function readableDomain(name: string): string {
  return name.startsWith('xn--') ? domainToUnicode(name) || name : name;
}

/** The host part of a URL with an authority; `undefined` when there is none. */
export function urlHost(text: string): string | undefined {
  const start = text.indexOf('//');
  if (start < 0) return undefined;
  let end = start + 2;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === 47 || code === 63 || code === 35) break;
  }
  const authority = text.slice(start + 2, end);
  return hostOf(authority.slice(authority.lastIndexOf('@') + 1));
}

/** The host of `host`, `host:port`, `[v6]:port` or a bare IPv6 address; `undefined` when there is none. */
export function hostOf(text: string): string | undefined {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end < 0 ? undefined : text.slice(1, end) || undefined;
  }
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.indexOf(':') !== colon) return text || undefined;
  return text.slice(0, colon) || undefined;
}
