import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import { yaml } from '@codemirror/lang-yaml';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { consoleTheme } from './code-theme.ts';
import type { CodeLanguage } from './code-view.tsx';

const LANGUAGES: Readonly<Record<CodeLanguage, () => Extension>> = {
  python: () => python(),
  typescript: () => javascript({ typescript: true }),
  yaml: () => yaml(),
  json: () => json(),
  sql: () => [],
  text: () => [],
};

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
      LANGUAGES[language](),
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
