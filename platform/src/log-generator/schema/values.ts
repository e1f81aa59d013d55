/** Believable values for the fields of a schema: by indicator, then by name, then by type. */
import type { FieldSpec, ValueSpec } from '../../log-analysis/schema.ts';
import { ACCOUNT, BROWSERS, insideAddress, PEOPLE, REGION, usualAddress } from '../cast.ts';
import type { Random } from '../random.ts';

type Make = (random: Random) => string;

const HOSTS = ['web-1', 'web-2', 'db-1', 'build-3', 'gateway'] as const;
const DOMAINS = [
  'www.example.com',
  'api.example.com',
  'mail.example.com',
  'cdn.example.net',
  'time.example.org',
] as const;
const PATHS = ['/', '/login', '/products/42', '/api/v1/orders', '/assets/app.js', '/search'] as const;
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'harbor', 'iris', 'juniper'] as const;
const SENTENCES = [
  'request completed',
  'connection closed by peer',
  'configuration reloaded',
  'session opened',
  'retrying after a timeout',
  'job finished',
] as const;

const address: Make = (random) => (random.chance(0.6) ? usualAddress(random) : insideAddress(random));
const domain: Make = (random) => random.pick(DOMAINS);
const host: Make = (random) => `${random.pick(HOSTS)}.example.com`;
const userName: Make = (random) => random.pick(PEOPLE).name;
const instance: Make = (random) => `i-0${random.hex(16)}`;
const arn: Make = (random) =>
  random.chance(0.5)
    ? `arn:aws:iam::${ACCOUNT}:user/${userName(random)}`
    : `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${instance(random)}`;

const BY_INDICATOR: Readonly<Record<string, Make>> = {
  ip: address,
  domain,
  hostname: (random) => (random.chance(0.5) ? address(random) : host(random)),
  url: (random) => `https://${domain(random)}${random.pick(PATHS)}`,
  net_addr: (random) => `${address(random)}:${random.int(1_024, 65_535)}`,
  ips_in_text: (random) => `${random.pick(SENTENCES)} from ${address(random)}`,
  md5: (random) => random.hex(32),
  sha1: (random) => random.hex(40),
  sha256: (random) => random.hex(64),
  trace_id: (random) => random.uuid(),
  username: userName,
  email: (random) => random.pick(PEOPLE).email,
  aws_arn: arn,
  aws_arn_only: arn,
  aws_account_id: () => ACCOUNT,
  aws_instance_id: instance,
  aws_tag: (random) => `Environment:${random.pick(['production', 'staging'])}`,
};

/** The first that the name, in lower case without `_`, `-`, `.` and spaces, matches. */
const BY_NAME: readonly (readonly [RegExp, Make])[] = [
  [/useragent|^ua$|browser/, (random) => random.pick(BROWSERS)],
  [/mail/, (random) => random.pick(PEOPLE).email],
  [/macaddr|^mac$/, (random) => Array.from({ length: 6 }, () => random.hex(2)).join(':')],
  [/url|uri|referr?er|link/, (random) => `https://${domain(random)}${random.pick(PATHS)}`],
  [/ipv?6/, (random) => `2001:db8::${random.hex(4)}`],
  [/ip$|^ip|ipaddr|ipv4|addr(ess)?$|^(src|dst|dest|source|client|peer)$/, address],
  [/arn$/, arn],
  [/account(id|number)?$/, () => ACCOUNT],
  [/instanceid/, instance],
  [/sha256/, (random) => random.hex(64)],
  [/sha1/, (random) => random.hex(40)],
  [/md5|hash|checksum|fingerprint/, (random) => random.hex(32)],
  [/(uuid|guid|traceid|requestid|sessionid|correlationid|eventid|transactionid|token)$/, (random) => random.uuid()],
  [/domain|query$|dnsname/, domain],
  [/host|server|node|computer|machine|device/, host],
  [/displayname|fullname/, (random) => random.pick(PEOPLE).displayName],
  [/user|login|actor|principal|owner|author|employee/, userName],
  [/region|zone/, () => REGION],
  [/country/, (random) => random.pick(['DE', 'FR', 'US', 'JP', 'BR'])],
  [/city/, (random) => random.pick(['Berlin', 'Lyon', 'Boston', 'Osaka', 'Recife'])],
  [/method|verb/, (random) => random.pick(['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'])],
  [/path|file|route|endpoint|resource/, (random) => random.pick(PATHS)],
  [/proto/, (random) => random.pick(['tcp', 'udp', 'https'])],
  [/severity|loglevel|^level/, (random) => random.pick(['info', 'info', 'info', 'warn', 'error'])],
  [/status|result|outcome|action|decision/, (random) => random.pick(['success', 'success', 'success', 'failure'])],
  [/message|^msg|description|reason|detail|comment|^log$/, (random) => random.pick(SENTENCES)],
  [/version/, (random) => `${random.int(1, 4)}.${random.int(0, 20)}.${random.int(0, 9)}`],
  [/port$/, (random) => String(random.int(1_024, 65_535))],
  [/currency/, (random) => random.pick(['EUR', 'USD', 'JPY'])],
  [/environment|^env$|stage/, (random) => random.pick(['production', 'staging'])],
  [/process|program|app|service|component|logger|module/, (random) => random.pick(['nginx', 'orders', 'auth', 'cron'])],
  [/id$/, (random) => random.hex(16)],
];

/** A value of a text field; the path tells fields of the same name apart. */
export function textValue(spec: ValueSpec, name: string, random: Random): string {
  for (const indicator of spec.indicators ?? []) {
    const make = BY_INDICATOR[typeof indicator === 'string' ? indicator : indicator.type];
    if (make !== undefined) return make(random);
  }
  const plain = plainName(name);
  const make = BY_NAME.find(([pattern]) => pattern.test(plain))?.[1];
  return make === undefined ? random.pick(WORDS) : make(random);
}

const INTEGERS: readonly (readonly [RegExp, (random: Random) => number])[] = [
  [/port$/, (random) => random.pick([22, 53, 80, 443, 443, 443, 8_080, 51_514])],
  [/status|httpcode|responsecode/, (random) => random.pick([200, 200, 200, 204, 301, 304, 404, 500])],
  [/proto/, (random) => random.pick([6, 6, 17, 1])],
  [/byte|size|length/, (random) => Math.floor(2 ** (6 + random.next() * 14))],
  [/duration|latency|elapsed|millis|took/, (random) => Math.floor(2 ** (random.next() * 12))],
  [/pid|processid|thread/, (random) => random.int(100, 32_000)],
  [/uid|gid/, (random) => random.int(1_000, 1_020)],
  [/account/, () => Number(ACCOUNT)],
  [/count|total|num|packets|attempts/, (random) => random.int(1, 40)],
  [/severity|level|priority|risk/, (random) => random.int(0, 7)],
  [/id$/, (random) => random.int(10_000, 99_999)],
];
const MOST = { smallint: 32_767, int: 2_147_483_647, bigint: Number.MAX_SAFE_INTEGER } as const;

export function integerValue(spec: ValueSpec, name: string, random: Random): number {
  const { min = 0, max = MOST[spec.type as keyof typeof MOST] } = spec.validate ?? {};
  const plain = plainName(name);
  const value = INTEGERS.find(([pattern]) => pattern.test(plain))?.[1](random) ?? random.int(0, 1_000);
  return value >= min && value <= max ? value : random.int(Math.ceil(min), Math.floor(Math.min(max, min + 1_000)));
}

export function floatValue(spec: ValueSpec, name: string, random: Random): number {
  const plain = plainName(name);
  const [least, most] = /lat(itude)?$/.test(plain)
    ? [-60, 60]
    : /lon(gitude)?$|lng$/.test(plain)
      ? [-180, 180]
      : /ratio|percent|score|probab/.test(plain)
        ? [0, 1]
        : [0, 250];
  const { min = least, max = Math.max(min, most) } = spec.validate ?? {};
  return Math.round((min + random.next() * (max - min)) * 1_000) / 1_000;
}

/** Free-form values: a small object, with what an AWS call has where AWS is looked for. */
export function jsonValue(spec: ValueSpec, random: Random): unknown {
  const isAws = spec.indicators?.some((indicator) => indicator === 'aws') === true;
  const keys = spec.indicators?.flatMap((indicator) => (typeof indicator === 'string' ? [] : (indicator.keys ?? [])));
  const named = Object.fromEntries((keys ?? []).map((key) => [key, textValue({ type: 'string' }, key, random)]));
  if (isAws) return { instanceId: instance(random), roleArn: arn(random), maxResults: random.int(5, 100), ...named };
  return { name: random.pick(WORDS), count: random.int(1, 40), enabled: random.chance(0.5), ...named };
}

/** `sourceIPAddress`, `source_ip_address` and `source.ip.address` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Under which name the record holds the field. */
export function inputName(field: FieldSpec): string {
  return field.rename?.from ?? field.name;
}
