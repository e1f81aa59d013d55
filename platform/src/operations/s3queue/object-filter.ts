/** Which of the listed objects are meant. */
import picomatch from 'picomatch';
import { UserError } from '../../core/errors.ts';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** Times are half-open: from `since`, before `before`. Sizes include both ends. */
export interface ObjectConditions {
  /** Globs over the whole key, or regular expressions between slashes; one of them must match. */
  readonly patterns: readonly string[];
  readonly modifiedSince?: Date | undefined;
  readonly modifiedBefore?: Date | undefined;
  /** The hour that the key names; a key that names none is left out. */
  readonly keyTimeSince?: Date | undefined;
  readonly keyTimeBefore?: Date | undefined;
  readonly minBytes?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** Empty objects are no logs, and are never taken. */
export function createObjectFilter(conditions: ObjectConditions): (object: ListedObject) => boolean {
  const patterns = conditions.patterns.map(keyPattern);
  const isTimed = conditions.keyTimeSince !== undefined || conditions.keyTimeBefore !== undefined;
  return ({ key, sizeBytes, modifiedAt }) => {
    if (sizeBytes === 0 || key.endsWith('/')) return false;
    if (sizeBytes < (conditions.minBytes ?? 0) || sizeBytes > (conditions.maxBytes ?? Number.POSITIVE_INFINITY)) {
      return false;
    }
    if (!isWithin(modifiedAt, conditions.modifiedSince, conditions.modifiedBefore)) return false;
    if (isTimed && !isWithin(keyTime(key), conditions.keyTimeSince, conditions.keyTimeBefore)) return false;
    return patterns.length === 0 || patterns.some((matches) => matches(key));
  };
}

/** A glob without a slash is matched with the last part of the key. */
function keyPattern(text: string): (key: string) => boolean {
  const [, pattern, flags] = /^\/(.+)\/([imsu]*)$/s.exec(text) ?? [];
  if (pattern !== undefined) {
    const regex = parseRegex(pattern, flags ?? '', text);
    return (key) => regex.test(key);
  }
  if (text === '') throw new UserError('the pattern is empty', { field: '--filter' });
  const matches = picomatch(text, { dot: true });
  if (text.includes('/')) return (key) => matches(key);
  return (key) => matches(key.slice(key.lastIndexOf('/') + 1));
}

function parseRegex(pattern: string, flags: string, whole: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (cause) {
    throw new UserError(`"${whole}" is not a regular expression`, { field: '--filter' }, { cause });
  }
}

function isWithin(time: Date | undefined, since: Date | undefined, before: Date | undefined): boolean {
  if (time === undefined) return false;
  return (since === undefined || time >= since) && (before === undefined || time < before);
}

const FORMS: readonly RegExp[] = [
  // Hive partitions: year=2026/month=1/day=2/hour=3
  /(?:^|\/)year=(?<y>\d{4})\/month=(?<m>\d{1,2})\/day=(?<d>\d{1,2})(?:\/hour=(?<h>\d{1,2}))?(?=\/)/,
  // CloudTrail, S3 access logs, VPC flow logs: …_20260102T0304Z_…
  /(?<![0-9])(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)T(?<h>\d\d)(?<min>\d\d)(?:\d\d)?Z(?![0-9A-Za-z])/,
  // 2026-01-02-03-04-05, 2026-01-02T03:04:05
  /(?<![0-9])(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)(?:[-T](?<h>\d\d)[-:]?(?<min>\d\d))?(?![0-9])/,
  // Folders: 2026/01/02/03/
  /(?:^|\/)(?<y>\d{4})\/(?<m>\d\d)\/(?<d>\d\d)(?:\/(?<h>\d\d))?(?=\/)/,
];

/** The time that a key tells by its name, UTC; a day is its first hour. */
export function keyTime(key: string): Date | undefined {
  for (const form of FORMS) {
    const groups = form.exec(key)?.groups;
    const time = groups === undefined ? undefined : timeOf(groups);
    if (time !== undefined) return time;
  }
  return undefined;
}

function timeOf({ y, m, d, h = '0', min = '0' }: Record<string, string | undefined>): Date | undefined {
  const [year, month, day, hour, minute] = [y, m, d, h, min].map(Number) as [number, number, number, number, number];
  if (month > 12 || month < 1 || day < 1 || hour > 23 || minute > 59) return undefined;
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return time.getUTCDate() === day ? time : undefined;
}
