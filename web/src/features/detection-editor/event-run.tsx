/** Runs what is in the editor on one event, and makes a test of it. */
import type { DraftRun } from '@panther/platform/contract';
import { FlaskConical, Play } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Field, FormError, TextArea, TextInput } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { useNotify } from '../../components/toasts.tsx';
import type { Draft, DraftLanguage } from './draft.ts';
import { useRunOnEvent } from './draft-api.ts';
import styles from './editor.module.css';
import { EventRunResult } from './event-run-result.tsx';
import { newTestName, problemOfEvent, withTest } from './event-text.ts';
import { PickEvent } from './pick-event.tsx';

export interface EventTry {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly run: () => void;
  readonly query: ReturnType<typeof useRunOnEvent>;
  /** What is wrong with the text, once it was tried. */
  readonly problem: string | undefined;
}

/** Lives as long as the editor, so that changing between the tabs forgets nothing. */
export function useEventTry(draft: Draft): EventTry {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const query = useRunOnEvent();
  function run() {
    const found = problemOfEvent(text);
    setProblem(found);
    if (found === undefined) query.mutate({ body: { ...draft, event: text } });
  }
  function change(next: string) {
    setText(next);
    setProblem(undefined);
    query.reset();
  }
  return { text, setText: change, run, query, problem };
}

interface EventRunProps {
  readonly attempt: EventTry;
  readonly draft: Draft;
  readonly language: DraftLanguage;
  readonly logTypes: readonly string[];
  /** Of the detection, if it is saved: its alerts have events. */
  readonly savedId: string | undefined;
  readonly testNames: readonly string[];
  readonly onYaml: (yaml: string) => void;
  readonly onGo: (line: number) => void;
}

export function EventRun({ attempt, draft, language, logTypes, savedId, testNames, onYaml, onGo }: EventRunProps) {
  const { text, setText, run, query, problem } = attempt;
  const { data, error, isPending } = query;
  return (
    <div className={styles.column}>
      <Card
        title="One event"
        aside={
          <Button
            small
            look="primary"
            icon={<Play aria-hidden />}
            busy={isPending}
            disabled={text.trim() === ''}
            onClick={run}
          >
            Run on the event
          </Button>
        }
      >
        <div className={styles.column}>
          <PickEvent logTypes={logTypes} savedId={savedId} onPick={setText} />
          <Field label="Event, as JSON" error={problem}>
            <TextArea
              value={text}
              rows={10}
              spellCheck={false}
              className={styles.event}
              placeholder={'{\n  "eventName": "ConsoleLogin",\n  "p_log_type": "AWS.CloudTrail"\n}'}
              onChange={(change) => setText(change.currentTarget.value)}
              onKeyDown={(key) => {
                if (key.key !== 'Enter' || !(key.ctrlKey || key.metaKey)) return;
                key.preventDefault();
                run();
              }}
            />
          </Field>
          {error !== null && <FormError>{error.message}</FormError>}
        </div>
      </Card>
      {data !== undefined && <EventRunResult run={data} onGo={onGo} />}
      {data !== undefined && language !== 'sigma' && (
        <SaveAsTest key={text} run={data} text={text} yaml={draft.yaml} testNames={testNames} onYaml={onYaml} />
      )}
    </div>
  );
}

interface SaveAsTestProps extends Pick<EventRunProps, 'testNames' | 'onYaml'> {
  readonly run: DraftRun;
  readonly text: string;
  readonly yaml: string;
}

const EXPECTED = [
  { value: 'match', label: 'a match' },
  { value: 'none', label: 'no match' },
] as const;
type Expected = (typeof EXPECTED)[number]['value'];

/** Adds the event to the tests of the specification; it is saved with it. */
function SaveAsTest({ run, text, yaml, testNames, onYaml }: SaveAsTestProps) {
  const notify = useNotify();
  const [expected, setExpected] = useState<Expected>(run.matched === false ? 'none' : 'match');
  const [name, setName] = useState(() => newTestName(testNames, run.match?.title ?? 'another event'));
  const [problem, setProblem] = useState<string>();
  function add() {
    if (testNames.includes(name)) return setProblem('There is a test of this name.');
    const next = withTest(yaml, { name, matches: expected === 'match', event: text });
    if (next === undefined)
      return setProblem('The tests are written in brackets: begin each one with a dash on a line of its own.');
    onYaml(next);
    notify.done(`The test “${name}” is in the specification.`);
  }
  return (
    <Card title="Save as test">
      <form
        className={styles.saveTest}
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <Field label="Name of the test" error={problem}>
          <TextInput
            value={name}
            required
            onChange={(event) => {
              setName(event.currentTarget.value);
              setProblem(undefined);
            }}
          />
        </Field>
        <PickOne label="Expected" prefix="Expects" options={EXPECTED} value={expected} onChange={setExpected} />
        <Button type="submit" icon={<FlaskConical aria-hidden />} disabled={name.trim() === ''}>
          Save as test
        </Button>
      </form>
    </Card>
  );
}
