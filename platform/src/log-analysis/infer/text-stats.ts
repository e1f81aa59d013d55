/** What all the texts that a field had have in common. Memory is bounded: only what may still be is kept. */
import { arnAccountStart, hostOf, isAwsAccountId, isHex, isIp } from '../../core/indicators.ts';
import { compileTimeFormat, type TimeParser } from '../timestamps.ts';

/** In the order of preference; `rfc3339` first. Where day and month can be confused both are here. */
const TIME_FORMATS = [
  'rfc3339',
  '%Y-%m-%dT%H:%M:%S%z',
  '%Y-%m-%dT%H:%M:%S',
  '%Y-%m-%d %H:%M:%S',
  '%Y-%m-%d %H:%M:%S,%f',
  '%Y-%m-%d %H:%M:%S%z',
  '%Y-%m-%d %H:%M:%S %z',
  '%Y-%m-%d %H:%M:%S %Z',
  '%Y/%m/%d %H:%M:%S',
  '%d/%b/%Y:%H:%M:%S %z',
  '%d/%b/%Y:%H:%M:%S',
  '%d/%b/%Y %H:%M:%S',
  '%d %b %Y %H:%M:%S',
  '%d-%b-%Y %H:%M:%S',
  '%a %b %e %H:%M:%S %Y',
  '%a %b %e %H:%M:%S %Z %Y',
  '%a, %d %b %Y %H:%M:%S %z',
  '%a, %d %b %Y %H:%M:%S %Z',
  '%b %e, %Y %H:%M:%S',
  '%b %e %Y %H:%M:%S',
  '%b %e %H:%M:%S',
  '%m/%d/%Y %H:%M:%S',
  '%d/%m/%Y %H:%M:%S',
  '%d.%m.%Y %H:%M:%S',
  '%m/%d/%Y %I:%M:%S %p',
  '%m/%d/%Y, %I:%M:%S %p',
  '%Y%m%dT%H%M%SZ',
  '%Y-%m-%d',
] as const;

/** Formats from which one cannot tell day and month apart. */
export const AMBIGUOUS: readonly string[] = ['%m/%d/%Y %H:%M:%S', '%d/%m/%Y %H:%M:%S'];
/** An incomplete time is the last choice for the event time. */
export const INCOMPLETE: readonly string[] = ['%b %e %H:%M:%S', '%Y-%m-%d'];

const PARSERS: readonly (readonly [string, TimeParser])[] = TIME_FORMATS.map((format) => [
  format,
  compileTimeFormat(format),
]);

const EMAIL = /^[^\s@<>"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$/;
const DOMAIN = /^(?=.{4,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,62})\.)+[A-Za-z][A-Za-z0-9-]{1,62}\.?$/;
const URL = /^https?:\/\/[^\s/]+/;
const NET_ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|\d+\.\d+\.\d+\.\d+):\d{1,5}$/;

/** Kinds of text that a scanner of indicators reads. */
const KINDS = {
  ip: isIp,
  aws_arn: (text: string) => arnAccountStart(text) > 0,
  url: (text: string) => URL.test(text),
  email: (text: string) => EMAIL.test(text),
  net_addr: (text: string) => NET_ADDRESS.test(text) && isIp(hostOf(text) ?? ''),
  md5: (text: string) => isHex(text, 32),
  sha1: (text: string) => isHex(text, 40),
  sha256: (text: string) => isHex(text, 64),
  aws_account_id: isAwsAccountId,
  aws_instance_id: (text: string) => /^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(text),
  domain: (text: string) => DOMAIN.test(text),
  hostname: (text: string) => isIp(text) || DOMAIN.test(text),
} as const;

export type TextKind = keyof typeof KINDS;

const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/;
const FLOAT = /^-?(?:0|[1-9]\d*)\.\d+$/;
const BOOLEAN = /^(?:true|false|TRUE|FALSE|True|False)$/;
const MAX_64 = 2n ** 63n - 1n;

/** Placeholders of text logs: they say nothing of the type. */
const NOTHING = new Set(['', '-']);

export interface TextStats {
  /** Texts that say something. */
  count: number;
  /** The placeholders among them. */
  readonly placeholders: Set<string>;
  areIntegers: boolean;
  /** Integers or numbers with a point, written as they would be again. */
  areNumbers: boolean;
  /** Numbers however written (`0.250`, `007.5`). */
  areNumberLike: boolean;
  areBooleans: boolean;
  /** Of numbers: the least and the largest. */
  min: number;
  max: number;
  times: readonly (readonly [string, TimeParser])[];
  kinds: readonly TextKind[];
}

export function newTextStats(): TextStats {
  return {
    count: 0,
    placeholders: new Set(),
    areIntegers: true,
    areNumbers: true,
    areNumberLike: true,
    areBooleans: true,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    times: PARSERS,
    kinds: Object.keys(KINDS) as TextKind[],
  };
}

export function addText(stats: TextStats, text: string): void {
  if (NOTHING.has(text)) {
    stats.placeholders.add(text);
    return;
  }
  stats.count += 1;
  if (stats.areNumberLike) addNumber(stats, text);
  stats.areBooleans &&= BOOLEAN.test(text);
  if (stats.times.length > 0) stats.times = stats.times.filter(([, parse]) => parse(text, 0));
  if (stats.kinds.length > 0) stats.kinds = stats.kinds.filter((kind) => KINDS[kind](text));
}

function addNumber(stats: TextStats, text: string): void {
  const isInteger = INTEGER.test(text) && fits64(text);
  const isFloat = FLOAT.test(text);
  stats.areIntegers &&= isInteger;
  stats.areNumbers &&= isInteger || (isFloat && String(Number(text)) === text);
  stats.areNumberLike = isInteger || isFloat;
  stats.min = Math.min(stats.min, Number(text));
  stats.max = Math.max(stats.max, Number(text));
}

function fits64(text: string): boolean {
  if (text.length < 19) return true;
  const value = BigInt(text);
  return value <= MAX_64 && value >= -MAX_64 - 1n;
}
