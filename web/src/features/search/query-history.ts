/** The last queries, kept in the browser. */
const KEY = 'panther.queries';
const MOST = 30;

export interface PastQuery {
  readonly sql: string;
  /** RFC 3339. */
  readonly at: string;
}

export function readHistory(): readonly PastQuery[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isPastQuery) : [];
  } catch {
    return [];
  }
}

/** Puts a query in front; the same query is kept once. */
export function remember(sql: string, at: string): readonly PastQuery[] {
  const next = [{ sql, at }, ...readHistory().filter((past) => past.sql !== sql)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage is full or blocked: the history lasts until the page is left.
  }
  return next;
}

export function forgetHistory(): readonly PastQuery[] {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing is stored.
  }
  return [];
}

function isPastQuery(value: unknown): value is PastQuery {
  return (
    typeof value === 'object' && value !== null && 'sql' in value && typeof value.sql === 'string' && 'at' in value
  );
}
