import { useCallback, useMemo, useState } from 'react';

export interface Selection {
  /** In the order of the list; only ids that are in it. */
  readonly chosen: readonly string[];
  readonly has: (id: string) => boolean;
  readonly toggle: (id: string) => void;
  readonly toggleAll: () => void;
  readonly isAll: boolean;
  readonly clear: () => void;
}

/** Which rows of a list are ticked. */
export function useSelection(ids: readonly string[]): Selection {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => ids.filter((id) => ticked.has(id)), [ids, ticked]);
  const isAll = ids.length > 0 && chosen.length === ids.length;
  const clear = useCallback(() => setTicked(new Set()), []);
  const toggle = useCallback((id: string) => setTicked((current) => toggled(current, id)), []);
  return {
    chosen,
    isAll,
    clear,
    toggle,
    has: (id) => ticked.has(id),
    toggleAll: () => setTicked(isAll ? new Set() : new Set(ids)),
  };
}

function toggled(current: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(current);
  if (!next.delete(id)) next.add(id);
  return next;
}
