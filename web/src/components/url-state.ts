import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** What a page's address carries: filters that can be bookmarked and shared. */
export interface UrlState {
  readonly text: (name: string) => string;
  readonly list: <T extends string>(name: string, allowed?: readonly T[]) => T[];
  /** Replaces values; an empty text or list removes the parameter. */
  readonly set: (changes: Readonly<Record<string, string | readonly string[]>>) => void;
  readonly has: (name: string) => boolean;
}

export function useUrlState(): UrlState {
  const [params, setParams] = useSearchParams();
  const set = useCallback<UrlState['set']>(
    (changes) => setParams((current) => withChanges(current, changes), { replace: true }),
    [setParams],
  );
  return {
    text: (name) => params.get(name) ?? '',
    list: <T extends string>(name: string, allowed?: readonly T[]) =>
      params.getAll(name).filter((value): value is T => allowed === undefined || allowed.includes(value as T)),
    has: (name) => params.has(name),
    set,
  };
}

function withChanges(current: URLSearchParams, changes: Parameters<UrlState['set']>[0]): URLSearchParams {
  const next = new URLSearchParams(current);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    const values = typeof value === 'string' ? [value] : value;
    for (const item of values) if (item !== '') next.append(name, item);
  }
  return next;
}
