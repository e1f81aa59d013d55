/**
 * Finds fields of matched events that would make a better dedup string: when nearly every match has one of its own (a
 * row id, a time), each becomes an alert of its own, and nobody reads them.
 */

export interface DedupSample {
  readonly dedup: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface DedupSuggestion {
  /** Paths in the event: `userIdentity.arn`. */
  readonly fields: readonly string[];
  /** Dedup strings that they make of the samples. */
  readonly groups: number;
  readonly reason: string;
}

/** Fewer matches show no pattern. */
const MIN_SAMPLES = 10;
/** Matches for each dedup string below which grouping does not work. */
const TOO_FEW_EACH = 2;
/** Matches for each group that a better one must have. */
const ENOUGH_EACH = 4;
/** A field must be there in so many of the events. */
const PRESENT = 0.95;
const MAX_DEPTH = 3;
/** Who, where, what: fields by which people look at alerts, the best first. */
const TELLING: readonly RegExp[] = [
  /(^|\.)(arn|principalId|email|actor|user(Name)?|userId|login|alternateId)$/i,
  /(^|[._a-z])(user|actor|account|identity|principal)/i,
  /(host|instance|device|computer|resource|bucket)/i,
  /(ip|address|domain)/i,
];

/** Null when the dedup strings do their work, or no field does it better. */
export function suggestDedup(samples: readonly DedupSample[]): DedupSuggestion | null {
  const own = new Set(samples.map(({ dedup }) => dedup)).size;
  if (samples.length < MIN_SAMPLES || samples.length / own >= TOO_FEW_EACH) return null;
  const fields = [...valuesByPath(samples)]
    .filter(([, { count, values }]) => count >= samples.length * PRESENT && values.size > 1)
    .map(([path, { values }]) => ({ path, groups: values.size, rank: rankOf(path) }))
    .filter(({ groups }) => samples.length / groups >= ENOUGH_EACH)
    .sort((a, b) => a.rank - b.rank || b.groups - a.groups || (a.path < b.path ? -1 : 1));
  const [best] = fields;
  if (best === undefined) return null;
  const reason =
    `${own} dedup strings for ${samples.length} matches: nearly every match becomes an alert of its own. ` +
    `By ${best.path} there would be ${best.groups}.`;
  return { fields: [best.path], groups: best.groups, reason };
}

interface Seen {
  count: number;
  readonly values: Set<string>;
}

function valuesByPath(samples: readonly DedupSample[]): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const { event } of samples) {
    for (const [path, value] of scalarsOf(event, '', 1)) {
      const one = seen.get(path) ?? { count: 0, values: new Set<string>() };
      seen.set(path, one);
      one.count += 1;
      one.values.add(value);
    }
  }
  return seen;
}

function* scalarsOf(object: object, prefix: string, depth: number): Generator<readonly [string, string]> {
  for (const [key, value] of Object.entries(object)) {
    // Standard fields say where an event came from, or repeat what its own fields say.
    if (key.startsWith('p_')) continue;
    const path = `${prefix}${key}`;
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value) && depth < MAX_DEPTH) yield* scalarsOf(value, `${path}.`, depth + 1);
    } else if (value !== null && value !== undefined && value !== '') yield [path, String(value)];
  }
}

function rankOf(path: string): number {
  const rank = TELLING.findIndex((one) => one.test(path));
  return rank === -1 ? TELLING.length : rank;
}
