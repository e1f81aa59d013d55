/** Counts messages by why they are where they are. */

export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

export interface ReasonCounter {
  add(reason: string | undefined): void;
  /** The most frequent first. */
  counts(): readonly ReasonCount[];
}

/** A reason names keys and numbers; more different ones than this are not told apart. */
const MAX_REASONS = 100;
const UNKNOWN = 'no reason is known';
const OTHER = 'other reasons';

export function createReasonCounter(): ReasonCounter {
  const counts = new Map<string, number>();
  return {
    add(reason) {
      const name = reason === undefined || reason === '' ? UNKNOWN : commonPart(reason);
      const key = counts.has(name) || counts.size < MAX_REASONS ? name : OTHER;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    counts: () =>
      [...counts]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
  };
}

/** What messages with the same trouble share: words with digits or slashes, and what is quoted, name one case of it. */
export function commonPart(reason: string): string {
  const [line = ''] = reason.trim().split('\n', 1);
  return line
    .replace(/"[^"]*"|`[^`]*`/g, '…')
    .replace(/\S*[\d/]\S*/g, (word) => `…${/[:,;.]$/.exec(word)?.[0] ?? ''}`)
    .replace(/…( …)+/g, '…')
    .slice(0, 200);
}
