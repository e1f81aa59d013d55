/** An editor for code and specifications: completion, messages at their lines, keys to save and to test. */
import {
  autocompletion,
  type CompletionSource,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { python } from '@codemirror/lang-python';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, indentOnInput, indentUnit } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, type Text } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { consoleTheme } from '../../components/code-theme.ts';
import styles from './editor.module.css';

export type EditorLanguage = 'python' | 'typescript' | 'yaml';

/** A message about a line; lines are counted from 1. */
export interface LineMessage {
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

interface CodeEditorProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly language: EditorLanguage;
  readonly label: string;
  readonly complete: CompletionSource;
  readonly messages: readonly LineMessage[];
  readonly onSave: () => void;
  readonly onRun: () => void;
  readonly readOnly?: boolean;
  /** Where to put the cursor; a new object each time. */
  readonly place?: { readonly line: number } | undefined;
}

const LANGUAGES: Readonly<Record<EditorLanguage, () => Extension>> = {
  python: () => [python(), indentUnit.of('    ')],
  typescript: () => [javascript({ typescript: true }), indentUnit.of('  ')],
  yaml: () => [yaml(), indentUnit.of('  ')],
};

export function CodeEditor(props: CodeEditorProps) {
  const { value, language, label, messages, place, readOnly = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (host.current === null) return;
    const extensions = [
      commandKeys(() => latest.current),
      ...editing(),
      LANGUAGES[language](),
      autocompletion({ icons: false, override: [(context) => latest.current.complete(context)] }),
      EditorState.readOnly.of(readOnly),
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString());
      }),
      consoleTheme(),
    ];
    const state = EditorState.create({ doc: latest.current.value, extensions });
    const created = new EditorView({ state, parent: host.current });
    view.current = created;
    return () => created.destroy();
  }, [language, label, readOnly]);

  useEffect(() => {
    const current = view.current;
    if (current === undefined || current.state.doc.toString() === value) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const current = view.current;
    if (current !== undefined)
      current.dispatch(setDiagnostics(current.state, diagnosticsOf(messages, current.state.doc)));
  }, [messages]);

  useEffect(() => {
    const current = view.current;
    if (current === undefined || place === undefined) return;
    const { from } = current.state.doc.line(Math.min(Math.max(1, place.line), current.state.doc.lines));
    current.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    current.focus();
  }, [place]);

  return <div ref={host} className={styles.code} />;
}

/** Before everything else, so that no other key map takes them. Escape, then Tab leaves the editor: CodeMirror's own. */
function commandKeys(props: () => CodeEditorProps): Extension {
  const does = (action: () => void) => () => {
    action();
    return true;
  };
  return keymap.of([
    { key: 'Mod-s', preventDefault: true, run: does(() => props().onSave()) },
    { key: 'Mod-Enter', preventDefault: true, run: does(() => props().onRun()) },
  ]);
}

function editing(): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
  ];
}

function diagnosticsOf(messages: readonly LineMessage[], doc: Text): Diagnostic[] {
  return messages.map(({ line, severity, message }) => {
    const { from, to } = doc.line(Math.min(Math.max(1, line), doc.lines));
    return { from, to, severity, message };
  });
}
