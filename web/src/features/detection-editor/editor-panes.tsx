/** The panes of the editor: the specification, and the code where there is some. */
import type { DraftMessage } from '@panther/platform/contract';
import { useMemo, useRef } from 'react';
import { useApi } from '../../api/hooks.ts';
import { plural } from '../../components/format.ts';
import { CodeEditor, type LineMessage } from './code-editor.tsx';
import { completionsOf } from './completion/sources.ts';
import { type Draft, type DraftLanguage, editorLanguageOf, hasCode, logTypesIn } from './draft.ts';
import styles from './editor.module.css';
import { useDebounced } from './use-debounced.ts';
import { useEventFields } from './use-event-fields.ts';

interface PanesProps {
  readonly language: DraftLanguage;
  readonly draft: Draft;
  readonly setDraft: (change: Partial<Draft>) => void;
  readonly messages: readonly DraftMessage[];
  /** Also those that a Sigma rule's log source means. */
  readonly checkedLogTypes: readonly string[];
  readonly place: DraftMessage | undefined;
  readonly onSave: () => void;
  readonly onRun: () => void;
}

const PAUSE_MS = 400;

export function Panes({ language, draft, setDraft, messages, checkedLogTypes, place, onSave, onRun }: PanesProps) {
  const logTypes = useApi('GET /log-types', {}, { staleTime: 5 * 60_000 });
  const named = useDebounced([...logTypesIn(draft.yaml), ...checkedLogTypes].join('\n'), PAUSE_MS);
  const fields = useEventFields(useMemo(() => named.split('\n').filter(Boolean), [named]));
  const known = useRef({ fields, logTypes: [] as readonly string[] });
  known.current = { fields, logTypes: (logTypes.data?.items ?? []).map(({ name }) => name) };
  const complete = useMemo(() => completionsOf(language, () => known.current), [language]);
  const keys = { onSave, onRun };
  const [yamlLines, bodyLines] = [useLines(messages, 'yaml'), useLines(messages, 'body')];
  return (
    <div className={hasCode(language) ? styles.workspace : `${styles.workspace} ${styles.single}`}>
      <Pane
        title={language === 'sigma' ? 'Sigma rule' : 'Specification'}
        messages={yamlLines}
        render={(lines, label) => (
          <CodeEditor
            value={draft.yaml}
            onChange={(yaml) => setDraft({ yaml })}
            language="yaml"
            label={label}
            complete={complete.yaml}
            messages={lines}
            place={place?.file === 'yaml' ? place : undefined}
            {...keys}
          />
        )}
      />
      {hasCode(language) && (
        <Pane
          title="Code"
          messages={bodyLines}
          render={(lines, label) => (
            <CodeEditor
              value={draft.body}
              onChange={(body) => setDraft({ body })}
              language={editorLanguageOf(language)}
              label={label}
              complete={complete.body}
              messages={lines}
              place={place?.file === 'body' ? place : undefined}
              {...keys}
            />
          )}
        />
      )}
    </div>
  );
}

function useLines(messages: readonly DraftMessage[], file: DraftMessage['file']): readonly LineMessage[] {
  return useMemo(() => messages.filter((message) => message.file === file), [messages, file]);
}

interface PaneProps {
  readonly title: string;
  readonly messages: readonly LineMessage[];
  readonly render: (messages: readonly LineMessage[], label: string) => React.ReactNode;
}

function Pane({ title, messages, render }: PaneProps) {
  const errors = messages.filter(({ severity }) => severity === 'error').length;
  return (
    <section aria-label={title}>
      <header className={styles.paneHead}>
        <h2>{title}</h2>
        {messages.length > 0 && (
          <span className={errors > 0 ? styles.bad : styles.counts}>
            {errors > 0 ? plural(errors, 'error') : plural(messages.length, 'warning')}
          </span>
        )}
      </header>
      <div className={styles.paneBody}>{render(messages, title)}</div>
    </section>
  );
}
