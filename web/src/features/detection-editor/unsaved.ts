/** Keeps what is not saved: in the browser's session over a reload or the back button, and by a question before a link. */
import { useCallback, useEffect, useState } from 'react';
import { type Draft, isSameDraft } from './draft.ts';

interface Kept extends Draft {
  /** What the draft began with: when that has changed, somebody else has saved. */
  readonly base: Draft;
}

export interface UnsavedDraft {
  readonly draft: Draft;
  readonly setDraft: (change: Partial<Draft>) => void;
  readonly isDirty: boolean;
  /** The draft was found in the browser's session. */
  readonly isRestored: boolean;
  /** Back to what is saved. */
  readonly discard: () => void;
  /** What is in the editor is saved now. */
  readonly saved: (now: Draft) => void;
}

export function useUnsavedDraft(key: string, initial: Draft): UnsavedDraft {
  const [base, setBase] = useState(initial);
  const [kept] = useState(() => readKept(key, initial));
  const [draft, setWhole] = useState<Draft>(kept ?? initial);
  const [isRestored, setRestored] = useState(kept !== undefined);
  const isDirty = !isSameDraft(draft, base);
  useEffect(() => keep(key, draft, base), [key, draft, base]);
  useWarnBeforeUnload(isDirty);
  const setDraft = useCallback((change: Partial<Draft>) => setWhole((current) => ({ ...current, ...change })), []);
  const reset = (to: Draft) => {
    setBase(to);
    setRestored(false);
  };
  return {
    draft,
    setDraft,
    isDirty,
    isRestored: isRestored && isDirty,
    discard: () => {
      setWhole(base);
      setRestored(false);
    },
    saved: reset,
  };
}

const PREFIX = 'panther.draft.';

function readKept(key: string, initial: Draft): Draft | undefined {
  const text = sessionStorage.getItem(PREFIX + key);
  if (text === null) return undefined;
  const { base, yaml, body } = JSON.parse(text) as Kept;
  return isSameDraft(base, initial) ? { yaml, body } : undefined;
}

function keep(key: string, draft: Draft, base: Draft): void {
  if (isSameDraft(draft, base)) {
    sessionStorage.removeItem(PREFIX + key);
    return;
  }
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify({ ...draft, base } satisfies Kept));
  } catch {
    // The session's storage is full: the questions before leaving remain.
  }
}

/** Forgets what was kept, as when it is deleted or thrown away. */
export function forgetDraft(key: string): void {
  sessionStorage.removeItem(PREFIX + key);
}

function useWarnBeforeUnload(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isDirty]);
}

/** While something is not saved, a click on a link of the console is held back and its address given. */
export function useHeldLink(isDirty: boolean): { readonly address: string | undefined; readonly release: () => void } {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!isDirty) return;
    function hold(event: MouseEvent) {
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
      const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!(link instanceof HTMLAnchorElement) || !isPlain || link.target === '_blank') return;
      const url = new URL(link.href);
      if (url.origin !== window.location.origin || link.getAttribute('href')?.startsWith('#')) return;
      event.preventDefault();
      event.stopPropagation();
      setAddress(url.pathname + url.search);
    }
    document.addEventListener('click', hold, true);
    return () => document.removeEventListener('click', hold, true);
  }, [isDirty]);
  return { address, release: () => setAddress(undefined) };
}
