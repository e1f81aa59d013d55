import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { codeLanguage } from './code-language.ts';
import { consoleTheme } from './code-theme.ts';
import type { CodeLanguage } from './code-view.tsx';

interface CodeMirrorViewProps {
  readonly code: string;
  readonly language: CodeLanguage;
  readonly label: string;
}

export default function CodeMirrorView({ code, language, label }: CodeMirrorViewProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return;
    const extensions = [
      lineNumbers(),
      codeLanguage(language),
      consoleTheme(),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
    ];
    const view = new EditorView({ state: EditorState.create({ doc: code, extensions }), parent: host.current });
    return () => view.destroy();
  }, [code, language, label]);
  return <div ref={host} />;
}
