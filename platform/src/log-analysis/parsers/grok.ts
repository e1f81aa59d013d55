/**
 * `%{PATTERN:name}` in regular expressions: named building blocks. All are free of lookarounds and of repetitions over
 * 16, so that they can be matched in linear time.
 */
import { compileRegex } from '../regex-engine.ts';

const YEAR = '[0-9]{2}(?:[0-9]{2})?';
const MONTHNUM = '(?:0?[1-9]|1[0-2])';
const MONTHDAY = '(?:0[1-9]|[12][0-9]|3[01]|[1-9])';
const HOUR = '(?:2[0-3]|[01]?[0-9])';
const MINUTE = '[0-5][0-9]';
const SECOND = '(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?';
const IPV4INT = '(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})';
const IPV4 = `${IPV4INT}\\.${IPV4INT}\\.${IPV4INT}\\.${IPV4INT}`;
/** The shape of an IPv6 address; whether it is one is for the indicator scanner. */
const IPV6 = '[0-9A-Fa-f]*:(?:[0-9A-Fa-f]*:)+(?:[0-9A-Fa-f]+|(?:[0-9]{1,3}\\.){3}[0-9]{1,3})?';
const HOSTNAME = '[0-9A-Za-z][0-9A-Za-z_-]*(?:\\.[0-9A-Za-z][0-9A-Za-z_-]*)*\\.?';

export const PATTERNS: Readonly<Record<string, string>> = {
  DATA: '.*?',
  GREEDYDATA: '.*',
  NOTSPACE: '\\S+',
  NS: '%{NOTSPACE}',
  SPACE: '\\s*',
  WORD: '\\b\\w+\\b',
  QUOTEDSTRING: '(?:"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\')',
  QS: '%{QUOTEDSTRING}',
  HEXDIGIT: '[0-9a-fA-F]',
  UUID: '%{HEXDIGIT}{8}-%{HEXDIGIT}{4}-%{HEXDIGIT}{4}-%{HEXDIGIT}{4}-%{HEXDIGIT}{12}',
  INT: '[+-]?[0-9]+',
  BASE10NUM: '[+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)',
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: '[+-]?(?:0x)?[0-9A-Fa-f]+',
  POSINT: '\\b[1-9][0-9]*\\b',
  NONNEGINT: '\\b[0-9]+\\b',
  PID: '%{POSINT}',
  CISCOMAC: '(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}',
  WINDOWSMAC: '(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}',
  COMMONMAC: '(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}',
  MAC: '(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})',
  IPV6,
  IPV4INT,
  IPV4,
  IP: '(?:%{IPV6}|%{IPV4})',
  HOSTNAME,
  HOST: '%{HOSTNAME}',
  IPORHOST: '(?:%{IP}|%{HOSTNAME})',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  UNIXPATH: '(?:/[^/\\s]*)+',
  WINPATH: '(?:[A-Za-z]:|\\\\)(?:\\\\[^\\\\?*]*)+',
  PATH: '(?:%{UNIXPATH}|%{WINPATH})',
  TTY: '/dev/(?:pts|tty[pq]?)(?:\\w+)?/?[0-9]+',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]*',
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIPATH: "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
  URIPARAM: "\\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\\[\\]-]*",
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
  MONTH:
    '\\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\b',
  MONTHNUM,
  MONTHNUM2: '(?:0[1-9]|1[0-2])',
  MONTHDAY,
  DAY: '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)',
  YEAR,
  HOUR,
  MINUTE,
  SECOND,
  KITCHEN: `${HOUR}:${MINUTE}`,
  TIME: `${HOUR}:${MINUTE}:${SECOND}`,
  DATE_US: `${MONTHNUM}[/-]${MONTHDAY}[/-]${YEAR}`,
  DATE_EU: `${MONTHDAY}[./-]${MONTHNUM}[./-]${YEAR}`,
  ISO8601_TIMEZONE: `(?:Z|[+-]${HOUR}(?::?${MINUTE}))`,
  ISO8601_SECOND: '(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?',
  TIMESTAMP_ISO8601: `${YEAR}-${MONTHNUM}-${MONTHDAY}[T ]${HOUR}:?${MINUTE}(?::?${SECOND})?(?:%{ISO8601_TIMEZONE})?`,
  DATE: '(?:%{DATE_US}|%{DATE_EU})',
  DATETIME: '%{DATE}[- ]%{TIME}',
  TZ: '[A-Z]{3}',
  TZOFFSET: '[+-]\\d{4}',
  TIMESTAMP_RFC822: '%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}',
  TIMESTAMP_RFC2822: '%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}',
  TIMESTAMP_OTHER: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}',
  TIMESTAMP_EVENTLOG: `${YEAR}%{MONTHNUM2}${MONTHDAY}${HOUR}${MINUTE}${SECOND}`,
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}',
};

/** A pattern ready to run: `regex` and the names of its groups as they are in `match.groups`, to the names of the fields. */
export interface Grok {
  readonly regex: RegExp;
  readonly groups: readonly (readonly [group: string, field: string])[];
}

const MAX_DEPTH = 32;

/** Expands `%{…}` and compiles. Throws an `Error` that says what is wrong. */
export function compileGrok(source: string, definitions: Readonly<Record<string, string>> = {}): Grok {
  const groups: [string, string][] = [];
  function capture(field: string): string {
    const group = `g${groups.length}`;
    groups.push([group, field]);
    return group;
  }
  function expand(text: string, depth: number): string {
    if (depth > MAX_DEPTH) throw new Error('patternDefinitions refer to each other in a circle');
    return text.replace(/%\{(\w+)(?::([^}]+))?\}/g, (_all, name: string, field: string | undefined) => {
      const pattern = definitions[name] ?? PATTERNS[name];
      if (pattern === undefined) throw new Error(`there is no pattern named ${name}`);
      const body = expand(pattern, depth + 1);
      return field === undefined ? `(?:${body})` : `(?<${capture(field)}>${body})`;
    });
  }
  const named = source.replace(/\(\?P?<([A-Za-z_]\w*)>/g, (_all, field: string) => `(?<${capture(field)}>`);
  const isCaseless = named.startsWith('(?i)');
  const regex = compileRegex(expand(isCaseless ? named.slice(4) : named, 0), isCaseless ? 'i' : '');
  return { regex, groups };
}
