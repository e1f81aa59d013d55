import { MergeView as Merge, unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { codeLanguage } from './code-language.ts';
import { consoleTheme } from './code-theme.ts';
import type { DiffProps } from './diff-view.tsx';

/** Unchanged parts longer than this are folded, with this many lines around changes. */
const FOLDED = { margin: 3, minSize: 6 };

const colours = EditorView.theme({
  '&': { '--added': 'var(--good-bg)', '--removed': 'var(--bad-bg)' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--good-bg) !important' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--bad-bg) !important' },
  '&.cm-merge-b .cm-changedText': { background: 'light-dark(#b2e6c8, #174a30) !important' },
  '&.cm-merge-a .cm-changedText, .cm-deletedText': { background: 'light-dark(#ffc2cd, #7a2238) !important' },
  '.cm-collapsedLines': {
    background: 'var(--surface-2)',
    color: 'var(--text-2)',
    padding: '3px 12px',
  },
});

export default function MergeView({ before, after, language, label, split = false }: DiffProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const look = (name: string): Extension[] => [
      lineNumbers(),
      codeLanguage(language),
      consoleTheme(),
      colours,
      EditorView.lineWrapping,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ 'aria-label': name, 'aria-readonly': 'true', tabindex: '0' }),
    ];
    if (split) {
      const view = new Merge({
        parent,
        a: { doc: before, extensions: look(`${label}, before`) },
        b: { doc: after, extensions: look(`${label}, after`) },
        collapseUnchanged: FOLDED,
        gutter: true,
      });
      return () => view.destroy();
    }
    const merge = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: FOLDED });
    const state = EditorState.create({ doc: after, extensions: [...look(label), merge] });
    const view = new EditorView({ state, parent });
    return () => view.destroy();
  }, [before, after, language, label, split]);
  return <div ref={host} />;
}
