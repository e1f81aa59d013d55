/** What came of a replay, gathered in bounded memory however many matches there are. */
import type { RuleMatch, RuleResult } from '../../core/detection.ts';
import { type DedupSample, type DedupSuggestion, suggestDedup } from './suggest-dedup.ts';

export interface ReplayFindings {
  readonly matches: number;
  readonly errors: number;
  /** By `bucketMinutes`, in order; `at` is RFC 3339. */
  readonly buckets: readonly { readonly at: string; readonly matches: number }[];
  readonly bucketMinutes: number;
  readonly dedups: readonly { readonly dedup: string; readonly matches: number }[];
  /** At most `MAX_DEDUPS`. */
  readonly dedupCount: number;
  readonly suggestion: DedupSuggestion | null;
  readonly failures: readonly { readonly title: string; readonly message: string; readonly count: number }[];
  readonly samples: readonly ReplaySample[];
}

export interface ReplaySample {
  readonly at: string;
  readonly logType: string;
  readonly title: string;
  readonly dedup: string;
  readonly event: RuleMatch['event'];
}

export interface ReplayReport {
  add(result: RuleResult): void;
  readonly matches: number;
  end(): ReplayFindings;
}

const MAX_DEDUPS = 10_000;
const SHOWN_DEDUPS = 20;
const MAX_FAILURES = 20;
const SHOWN_SAMPLES = 20;
/** For the suggestion: the first ones, and then fewer and fewer, over all of the time. */
const DEDUP_SAMPLES = 1_000;
const HOURLY_UP_TO_MS = 3 * 86_400_000;

/** `name`: of the rule, for matches without a title. */
export function createReplayReport(name: string, rangeMs: number): ReplayReport {
  const bucketMinutes = rangeMs <= HOURLY_UP_TO_MS ? 60 : 1_440;
  const buckets = new Map<string, number>();
  const dedups = new Map<string, number>();
  const failures = new Map<string, { title: string; message: string; count: number }>();
  const samples: ReplaySample[] = [];
  let forDedup: DedupSample[] = [];
  let each = 1;
  let matches = 0;
  let errors = 0;

  function addMatch(match: RuleMatch): void {
    matches += 1;
    const at = toRfc3339(match.event.p_event_time);
    const bucket = bucketMinutes === 60 ? `${at.slice(0, 13)}:00:00.000Z` : `${at.slice(0, 10)}T00:00:00.000Z`;
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    const known = dedups.get(match.dedup);
    if (known !== undefined || dedups.size < MAX_DEDUPS) dedups.set(match.dedup, (known ?? 0) + 1);
    if (samples.length < SHOWN_SAMPLES)
      samples.push({
        at,
        logType: match.event.p_log_type,
        title: match.title || name,
        dedup: match.dedup,
        event: match.event,
      });
    if (matches % each !== 0) return;
    forDedup.push({ dedup: match.dedup, event: match.event });
    if (forDedup.length < DEDUP_SAMPLES * 2) return;
    forDedup = forDedup.filter((_, index) => index % 2 === 0);
    each *= 2;
  }

  return {
    add(result) {
      if (result.kind === 'match') return addMatch(result);
      errors += 1;
      const { title, message } = result;
      const key = `${title}\n${message}`;
      const known = failures.get(key);
      if (known !== undefined) known.count += 1;
      else if (failures.size < MAX_FAILURES) failures.set(key, { title, message, count: 1 });
    },
    get matches() {
      return matches;
    },
    end: () => ({
      matches,
      errors,
      buckets: [...buckets].sort().map(([at, count]) => ({ at, matches: count })),
      bucketMinutes,
      dedups: [...dedups]
        .map(([dedup, count]) => ({ dedup, matches: count }))
        .sort((a, b) => b.matches - a.matches || (a.dedup < b.dedup ? -1 : 1))
        .slice(0, SHOWN_DEDUPS),
      dedupCount: dedups.size,
      suggestion: suggestDedup(forDedup),
      failures: [...failures.values()],
      samples,
    }),
  };
}

/** Of `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, UTC. */
export function toRfc3339(time: string): string {
  return `${time.slice(0, 10)}T${time.slice(11, 23)}Z`;
}
