import type { Replay } from '@panther/platform/contract';
import { History } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { Field, FormError, TextInput } from '../../components/field.tsx';
import { formatTime } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Empty } from '../../components/states.tsx';
import styles from './replay.module.css';
import { ReplayProgress } from './replay-progress.tsx';
import { isOver, rangeOf, SPANS, type Span } from './replay-range.ts';
import { ReplayResult } from './replay-result.tsx';

interface ReplayPanelProps {
  readonly detectionId: string;
  /** What is not saved yet; it is run in place of what is. */
  readonly draft?: { readonly yaml: string; readonly body: string };
  /** Replaces what can be done after it has gone well. */
  readonly after?: React.ReactNode;
  /** Of the detection. */
  readonly type: string;
}

/** "What would this have alerted on?": runs a detection over the past, without alerts. */
export function ReplayPanel({ detectionId, draft, after, type }: ReplayPanelProps) {
  const canRun = useCan('analyst');
  const [id, setId] = useState<string>();
  const earlier = useApi('GET /replays', { query: { detectionId } }, { enabled: draft === undefined });
  const latest = earlier.data?.items[0]?.id;
  const shown = id ?? latest;
  return (
    <>
      {canRun && <StartReplay detectionId={detectionId} draft={draft} onStart={({ id: next }) => setId(next)} />}
      {shown === undefined ? (
        <Card>
          <Empty title="No replay yet" icon={<History aria-hidden />}>
            A replay runs the detection over stored events and shows the alerts there would have been. It raises none.
          </Empty>
        </Card>
      ) : (
        <ShownReplay id={shown} after={after} type={type} />
      )}
      {(earlier.data?.items.length ?? 0) > 1 && (
        <Earlier replays={earlier.data?.items ?? []} shown={shown} onShow={setId} />
      )}
    </>
  );
}

interface StartReplayProps extends Pick<ReplayPanelProps, 'detectionId'> {
  readonly draft: ReplayPanelProps['draft'] | undefined;
  readonly onStart: (replay: Replay) => void;
}

function StartReplay({ detectionId, draft, onStart }: StartReplayProps) {
  const [span, setSpan] = useState<Span>('30');
  const [days, setDays] = useState({ from: '', to: '' });
  const [problem, setProblem] = useState<string>();
  const start = useCommand('POST /replays', { invalidates: ['GET /replays'], announceFailure: false });
  function run() {
    const range = rangeOf(span, days, Date.now());
    if (range === undefined) return setProblem('Choose a first and a last day, in this order.');
    setProblem(undefined);
    start.mutate(
      { body: { detectionId, ...range, ...(draft === undefined ? {} : { draft }) } },
      { onSuccess: onStart, onError: (error) => setProblem(error.message) },
    );
  }
  return (
    <Card title="What would it have alerted on?">
      <form
        className={styles.start}
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <PickOne label="Time range" prefix="In" options={SPANS} value={span} onChange={setSpan} />
        {span === 'custom' && (
          <>
            <Field label="From">
              <TextInput
                type="date"
                value={days.from}
                onChange={(event) => setDays({ ...days, from: event.currentTarget.value })}
              />
            </Field>
            <Field label="To">
              <TextInput
                type="date"
                value={days.to}
                onChange={(event) => setDays({ ...days, to: event.currentTarget.value })}
              />
            </Field>
          </>
        )}
        <Button type="submit" look="primary" busy={start.isPending} icon={<History aria-hidden />}>
          Replay
        </Button>
        {draft !== undefined && <span className={styles.note}>It runs what is in the editor, saved or not.</span>}
      </form>
      {problem !== undefined && <FormError>{problem}</FormError>}
    </Card>
  );
}

const POLL_MS = 1_000;

interface ShownReplayProps {
  readonly id: string;
  readonly after: React.ReactNode;
  readonly type: string;
}

function ShownReplay({ id, after, type }: ShownReplayProps) {
  const [isDone, setDone] = useState(false);
  const replay = useApi('GET /replays/:id', { params: { id } }, isDone ? {} : { refetchInterval: POLL_MS });
  const state = replay.data?.state;
  useEffect(() => setDone(state !== undefined && isOver(state)), [state]);
  if (replay.data === undefined) return <ReplayProgress replay={undefined} type={type} />;
  if (replay.data.result === null) return <ReplayProgress replay={replay.data} type={type} />;
  return <ReplayResult replay={replay.data} result={replay.data.result} after={after} type={type} />;
}

interface EarlierProps {
  readonly replays: readonly Replay[];
  readonly shown: string | undefined;
  readonly onShow: (id: string) => void;
}

function Earlier({ replays, shown, onShow }: EarlierProps) {
  const options = replays.map((replay) => ({
    value: replay.id,
    label: `${formatTime(replay.createdAt)}: ${replay.from.slice(0, 10)} to ${replay.to.slice(0, 10)}, ${replay.state}`,
  }));
  if (shown !== undefined && !options.some(({ value }) => value === shown)) return null;
  return (
    <div>
      <PickOne label="Earlier replays" prefix="Shown:" options={options} value={shown ?? ''} onChange={onShow} />
    </div>
  );
}
