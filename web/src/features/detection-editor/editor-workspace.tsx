/** The editor of a detection with everything around it. Loaded only where something is edited. */
import type { DetectionSummary, DraftCheck, DraftMessage } from '@panther/platform/contract';
import { Play, Save } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/dialog.tsx';
import { FormError } from '../../components/field.tsx';
import { plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { languageName } from '../detections/detection-names.ts';
import { ReplayPanel } from '../replay/replay-panel.tsx';
import { ConditionCard } from './condition-card.tsx';
import { type Draft, type DraftLanguage, idIn, typeIn } from './draft.ts';
import { useDraftCheck, useDraftTests, useSaveDraft } from './draft-api.ts';
import styles from './editor.module.css';
import { Panes } from './editor-panes.tsx';
import { EventRun, useEventTry } from './event-run.tsx';
import { Problems } from './problems.tsx';
import { TestResults } from './test-results.tsx';
import { useHeldLink, useUnsavedDraft } from './unsaved.ts';
import { useDebounced } from './use-debounced.ts';

export interface SavedDetection {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

interface EditorWorkspaceProps {
  /** Absent: it does not exist yet. */
  readonly saved: SavedDetection | undefined;
  readonly language: DraftLanguage;
  readonly initial: Draft;
  /** Begins with something that is not saved, as a template. */
  readonly isNew: boolean;
}

type Panel = 'problems' | 'tests' | 'event' | 'replay';
const PAUSE_MS = 400;

export default function EditorWorkspace({ saved, language, initial, isNew }: EditorWorkspaceProps) {
  const navigate = useNavigate();
  const unsaved = useUnsavedDraft(saved?.id ?? `new.${language}`, initial);
  const { draft, setDraft } = unsaved;
  const id = saved?.id ?? idIn(draft.yaml);
  const [panel, setPanel] = useState<Panel>('problems');
  const check = useDraftCheck(useDebounced(draft, PAUSE_MS));
  const tests = useDraftTests();
  const attempt = useEventTry(draft);
  const [version, setVersion] = useState(saved?.version ?? null);
  const save = useSaveDraft();
  const [place, setPlace] = useState<DraftMessage>();
  const messages = check.data?.messages ?? [];
  const checkedLogTypes = useLastLogTypes(check.data);
  const isDirty = unsaved.isDirty || isNew;

  function runTests() {
    setPanel('tests');
    tests.mutate({ body: draft });
  }
  function saveNow() {
    if (!isDirty || save.isPending) return;
    const sent = draft;
    const onSuccess = (summary: DetectionSummary) => {
      unsaved.saved(sent);
      setVersion(summary.version);
      if (saved === undefined) navigate(`/detections/${encodeURIComponent(summary.id)}/edit`, { replace: true });
    };
    save.mutate({ params: { id }, body: { ...draft, expectedVersion: version } }, { onSuccess });
  }
  useSaveKey(saveNow);
  return (
    <Page
      title={saved?.name ?? 'New detection'}
      lead={`${languageName(language)}${isDirty ? ' · not saved' : ''}`}
      back={saved === undefined ? { to: '/detections', label: 'Detections' } : backTo(saved)}
      actions={
        <>
          <Button icon={<Play aria-hidden />} busy={tests.isPending} onClick={runTests}>
            Run tests
          </Button>
          <Button
            look="primary"
            icon={<Save aria-hidden />}
            busy={save.isPending}
            disabled={!isDirty}
            onClick={saveNow}
          >
            Save
          </Button>
        </>
      }
    >
      {unsaved.isRestored && <Restored onDiscard={unsaved.discard} />}
      {save.error !== null && <FormError>{save.error.message}</FormError>}
      <Panes
        language={language}
        draft={draft}
        setDraft={setDraft}
        messages={messages}
        checkedLogTypes={checkedLogTypes}
        place={place}
        onSave={saveNow}
        onRun={runTests}
      />
      <p className={styles.keys}>
        <kbd>Ctrl S</kbd> save · <kbd>Ctrl Enter</kbd> run tests · <kbd>Ctrl Space</kbd> complete · <kbd>Esc</kbd>,{' '}
        <kbd>Tab</kbd> leave the editor
      </p>
      <div className={styles.panels}>
        <Tabs
          label="About the draft"
          value={panel}
          onChange={setPanel}
          tabs={[
            {
              id: 'problems',
              label: messages.length === 0 ? 'Problems' : `Problems (${messages.length})`,
              content: (
                <Card flush>
                  <Problems check={check} onGo={(message) => setPlace({ ...message })} />
                </Card>
              ),
            },
            {
              id: 'tests',
              label:
                tests.data === undefined ? 'Tests' : `Tests (${tests.data.passed} passed, ${tests.data.failed} failed)`,
              content: (
                <Card title={tests.data === undefined ? 'Tests' : plural(tests.data.results.length, 'test')} flush>
                  {tests.error === null ? (
                    <TestResults results={tests.data?.results} />
                  ) : (
                    <FormError>{tests.error.message}</FormError>
                  )}
                </Card>
              ),
            },
            {
              id: 'event',
              label: 'Run on an event',
              content: (
                <EventRun
                  attempt={attempt}
                  draft={draft}
                  language={language}
                  logTypes={checkedLogTypes}
                  savedId={saved?.id}
                  testNames={check.data?.testNames ?? []}
                  onYaml={(yaml) => setDraft({ yaml })}
                  onGo={(line) => setPlace({ severity: 'error', file: 'body', line, message: '' })}
                />
              ),
            },
            {
              id: 'replay',
              label: 'Replay',
              content: <ReplayPanel detectionId={id} draft={draft} type={typeIn(draft.yaml)} />,
            },
          ]}
        />
        <ConditionCard check={check} language={language} type={typeIn(draft.yaml)} />
      </div>
      <LeaveGuard isDirty={unsaved.isDirty} />
    </Page>
  );
}

/** Those of the last draft that was valid: what is being typed seldom is. */
function useLastLogTypes(check: DraftCheck | undefined): readonly string[] {
  const last = useRef<readonly string[]>([]);
  if (check !== undefined && check.id !== null) last.current = check.logTypes;
  return last.current;
}

function backTo({ id, name }: { readonly id: string; readonly name: string }) {
  return { to: `/detections/${encodeURIComponent(id)}`, label: name };
}

/** Ctrl+S saves wherever the focus is; in an editor its own key map has been asked already. */
function useSaveKey(save: () => void): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      latest.current();
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function Restored({ onDiscard }: { readonly onDiscard: () => void }) {
  return (
    <section className={styles.restored} aria-label="Unsaved changes">
      <span>Changes that were not saved are back.</span>
      <Button small onClick={onDiscard}>
        Throw them away
      </Button>
    </section>
  );
}

function LeaveGuard({ isDirty }: { readonly isDirty: boolean }) {
  const navigate = useNavigate();
  const { address, release } = useHeldLink(isDirty);
  return (
    <Confirm
      open={address !== undefined}
      onClose={release}
      title="Leave without saving?"
      text="There are changes that are not saved. They are kept in this tab till you come back or throw them away."
      verb="Leave"
      onConfirm={() => {
        release();
        if (address !== undefined) navigate(address);
      }}
    />
  );
}
