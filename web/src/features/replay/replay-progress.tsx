import type { Replay } from '@panther/platform/contract';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { formatNumber, plural } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty, Skeleton } from '../../components/states.tsx';
import styles from './replay.module.css';
import { isOver } from './replay-range.ts';

interface ReplayProgressProps {
  readonly replay: Replay | undefined;
  /** Of the detection. */
  readonly type: string;
}

/** A replay that goes on, or that came to nothing. */
export function ReplayProgress({ replay, type }: ReplayProgressProps) {
  if (replay === undefined) {
    return (
      <Card>
        <Skeleton lines={4} />
      </Card>
    );
  }
  if (isOver(replay.state)) return <Ended replay={replay} />;
  return <Running replay={replay} unit={type === 'scheduled_rule' ? 'run' : 'event'} />;
}

const ENDS: Readonly<Record<string, string>> = {
  failed: 'The replay failed',
  cancelled: 'The replay was stopped',
  interrupted: 'The replay was interrupted',
};

function Ended({ replay: { state, error } }: { readonly replay: Replay }) {
  return (
    <Card>
      <Empty title={ENDS[state] ?? 'The replay has no result'}>
        {error !== '' && <pre className={styles.error}>{error}</pre>}
        {state === 'interrupted' && 'Panther was restarted while it ran. Start it again.'}
      </Empty>
    </Card>
  );
}

function Running({ replay, unit }: { readonly replay: Replay; readonly unit: string }) {
  const canStop = useCan('analyst');
  const { events, done, matches } = replay.progress;
  const share = events === 0 ? undefined : Math.min(1, done / events);
  const stop = useCommand('POST /replays/:id/cancel', { invalidates: ['GET /replays', 'GET /replays/:id'] });
  return (
    <Card
      title={replay.state === 'queued' ? 'Waiting for its turn' : 'Replaying'}
      aside={
        canStop && (
          <Button small busy={stop.isPending} onClick={() => stop.mutate({ params: { id: replay.id } })}>
            Stop
          </Button>
        )
      }
    >
      <div className={styles.progress}>
        <progress aria-label="Progress of the replay" {...(share === undefined ? {} : { value: share, max: 1 })} />
        <p role="status">
          {events === 0
            ? `Counting the ${unit}s…`
            : `${formatNumber(done)} of ${plural(events, unit)}, ${plural(matches, 'match', 'matches')} so far`}
        </p>
      </div>
    </Card>
  );
}
