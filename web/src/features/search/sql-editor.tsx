/** The SQL editor: knows the lake's databases, tables and columns. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, type SQLNamespace, sql } from '@codemirror/lang-sql';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import type { LakeSchema } from '@panther/platform/contract';
import { useEffect, useRef } from 'react';
import { consoleTheme } from '../../components/code-theme.ts';
import { columnCompletion } from './column-completion.ts';
import styles from './search.module.css';

interface SqlEditorProps {
  readonly value: string;
  readonly onChange: (sql: string) => void;
  readonly onRun: () => void;
  readonly schema: LakeSchema | undefined;
  /** What is wrong, where that is known. */
  readonly problem: { readonly message: string; readonly from: number; readonly to: number } | undefined;
}

export default function SqlEditor({ value, onChange, onRun, schema, problem }: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const language = useRef(new Compartment());
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };
  const initial = useRef(value);

  useEffect(() => {
    if (host.current === null) return;
    const run = () => {
      latest.current.onRun();
      return true;
    };
    const extensions = [
      keymap.of([{ key: 'Mod-Enter', run }]),
      lineNumbers(),
      history(),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ icons: false }),
      highlightSelectionMatches(),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      language.current.of(sqlOf(undefined)),
      placeholder('SELECT … FROM panther_logs.…'),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'SQL query' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString());
      }),
      consoleTheme(),
    ];
    const created = new EditorView({
      state: EditorState.create({ doc: initial.current, extensions }),
      parent: host.current,
    });
    view.current = created;
    return () => created.destroy();
  }, []);

  useEffect(() => {
    const current = view.current;
    if (current === undefined || current.state.doc.toString() === value) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(sqlOf(schema)) });
  }, [schema]);

  useEffect(() => {
    const current = view.current;
    if (current !== undefined)
      current.dispatch(setDiagnostics(current.state, diagnosticsOf(problem, current.state.doc.length)));
  }, [problem]);

  return <div ref={host} className={styles.editor} />;
}

function diagnosticsOf(problem: SqlEditorProps['problem'], length: number): Diagnostic[] {
  if (problem === undefined || problem.from >= length) return [];
  return [
    {
      from: problem.from,
      to: Math.min(length, Math.max(problem.to, problem.from + 1)),
      severity: 'error',
      message: problem.message,
    },
  ];
}

function sqlOf(schema: LakeSchema | undefined) {
  const namespace: Record<string, SQLNamespace> = {};
  for (const database of schema?.databases ?? []) {
    namespace[database.name] = Object.fromEntries(
      database.tables.map((table) => [
        table.name,
        table.columns.map((column) => ({
          label: column.name,
          detail: column.type,
          type: 'property',
          info: column.description ?? '',
        })),
      ]),
    );
  }
  const tables = sql({ dialect: PostgreSQL, schema: namespace, upperCaseKeywords: true });
  if (schema === undefined) return tables;
  return [tables, PostgreSQL.language.data.of({ autocomplete: columnCompletion(schema) })];
}
