/** What a detection said about one event. */
import type { DraftRun } from '@panther/platform/contract';
import { CircleCheck, CircleMinus, CircleX } from 'lucide-react';
import { SeverityBadge } from '../../components/badge.tsx';
import { formatDuration } from '../../components/format.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Card, Facts } from '../../components/page.tsx';
import { Printed } from '../../components/printed.tsx';
import detectionStyles from '../detections/detections.module.css';
import styles from './editor.module.css';

interface EventRunResultProps {
  readonly run: DraftRun;
  /** To a line of the code. */
  readonly onGo: (line: number) => void;
}

export function EventRunResult({ run, onGo }: EventRunResultProps) {
  const { error, failures, match, notes, output, durationMs } = run;
  return (
    <Card title={<Verdict run={run} />} aside={<span className={styles.dim}>{formatDuration(durationMs)}</span>}>
      <div className={styles.column}>
        {error !== null && <Failure failure={error} onGo={onGo} />}
        {notes.length > 0 && (
          <ul className={styles.notes}>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {match !== null && <Match match={match} />}
        {Object.entries(failures).map(([name, failure]) => (
          <section key={name}>
            <h3>{name} failed</h3>
            <Failure failure={failure} onGo={onGo} />
          </section>
        ))}
        <Printed text={output} />
      </div>
    </Card>
  );
}

function Verdict({ run: { matched } }: { readonly run: DraftRun }) {
  if (matched === null) {
    return (
      <span className={detectionStyles.failed}>
        <CircleX aria-hidden /> Failed
      </span>
    );
  }
  return matched ? (
    <span className={detectionStyles.passed}>
      <CircleCheck aria-hidden /> Match
    </span>
  ) : (
    <span className={styles.noMatch}>
      <CircleMinus aria-hidden /> No match
    </span>
  );
}

interface FailureProps extends Pick<EventRunResultProps, 'onGo'> {
  readonly failure: NonNullable<DraftRun['error']>;
}

function Failure({ failure: { message, line }, onGo }: FailureProps) {
  return (
    <div className={styles.failure}>
      <pre className={styles.error}>{message}</pre>
      {line !== null && (
        <button type="button" className={styles.goTo} onClick={() => onGo(line)}>
          Go to line {line}
        </button>
      )}
    </div>
  );
}

function Match({ match }: { readonly match: NonNullable<DraftRun['match']> }) {
  const { title, dedup, severity, destinations, receivers, description, reference, runbook, unique } = match;
  const texts = [
    ['Description', description],
    ['Reference', reference],
    ['Runbook', runbook],
    ['Counts distinct', unique ?? ''],
  ] as const;
  const context = match.alertContext;
  return (
    <>
      <Facts
        items={[
          ['Title', title],
          ['Severity', <SeverityBadge key="severity" severity={severity} />],
          ['Dedup string', dedup],
          ['Destinations', whereTo(destinations, receivers)],
          ...texts.filter(([, text]) => text !== ''),
        ]}
      />
      {typeof context === 'object' && context !== null && (
        <section>
          <h3>Alert context</h3>
          <JsonView value={context} depth={2} />
        </section>
      )}
    </>
  );
}

function whereTo(destinations: readonly string[] | null, receivers: readonly string[]): string {
  const names = receivers.length === 0 ? 'none' : receivers.join(', ');
  if (destinations === null) return `${names} (by severity)`;
  const missing = destinations.filter((one) => one !== 'SKIP' && !receivers.includes(one));
  return `${names} (the detection names ${destinations.length === 0 ? 'none' : destinations.join(', ')}${
    missing.length > 0 && receivers.length === 0 ? '; none of them is here' : ''
  })`;
}
