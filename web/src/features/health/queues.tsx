import type { Queue } from '@panther/platform/contract';
import { useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { Confirm, Dialog, DialogActions } from '../../components/dialog.tsx';
import { formatDuration, formatNumber, plural } from '../../components/format.ts';
import { unpackedJson } from '../../components/json-text.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import styles from './health.module.css';

export function Queues({ queues }: { readonly queues: readonly Queue[] }) {
  const canLook = useCan('admin');
  const [opened, setOpened] = useState<string>();
  return (
    <Card title="Queues" flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Queue</th>
            <th className={table.number}>Waiting</th>
            <th className={cx(table.number, table.hideSmall)}>In flight</th>
            <th className={cx(table.number, table.hideSmall)}>Delayed</th>
            <th className={cx(table.number, table.hideSmall)}>Oldest</th>
            <th className={table.number}>Dead letters</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.name}>
              <td className={styles.queue}>{queue.name}</td>
              <td className={table.number}>{formatNumber(queue.visible)}</td>
              <td className={cx(table.number, table.hideSmall)}>{formatNumber(queue.inFlight)}</td>
              <td className={cx(table.number, table.hideSmall)}>{formatNumber(queue.delayed)}</td>
              <td className={cx(table.number, table.hideSmall)}>
                {queue.visible === 0 ? '–' : formatDuration(queue.oldestMessageAgeMs)}
              </td>
              <td className={table.number}>
                {queue.deadLetters > 0 && canLook ? (
                  <Button
                    small
                    look="danger"
                    onClick={() => setOpened(queue.name)}
                    aria-label={`${formatNumber(queue.deadLetters)} – look at the dead letters of ${queue.name}`}
                  >
                    {formatNumber(queue.deadLetters)} – look
                  </Button>
                ) : (
                  <span className={queue.deadLetters > 0 ? styles.dead : undefined}>
                    {formatNumber(queue.deadLetters)}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {opened !== undefined && <DeadLetters queue={opened} onClose={() => setOpened(undefined)} />}
    </Card>
  );
}

interface DeadLettersProps {
  readonly queue: string;
  readonly onClose: () => void;
}

/** The messages that failed too often, with why, and what can be done with them. */
function DeadLetters({ queue, onClose }: DeadLettersProps) {
  const [purging, setPurging] = useState(false);
  const params = { name: queue };
  const letters = useApi('GET /queues/:name/dead-letters', { params, query: { limit: 50 } });
  const invalidates = ['GET /system', 'GET /overview', 'GET /queues/:name/dead-letters'] as const;
  const redrive = useCommand('POST /queues/:name/redrive', {
    invalidates,
    done: ({ moved }) => `${plural(moved, 'message')} moved back to ${queue}.`,
  });
  const purge = useCommand('POST /queues/:name/purge', {
    invalidates,
    done: ({ deleted }) => `${plural(deleted, 'message')} deleted.`,
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Dead letters of ${queue}`}
      lead="Messages that failed too often. They stay here until they are moved back or deleted."
    >
      <Loaded query={letters} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No dead letters" />
          ) : (
            <ul className={styles.letters}>
              {items.map((letter) => (
                <li key={letter.id} className={styles.letter}>
                  <p className={styles.letterError}>{letter.lastError ?? 'No reason is known.'}</p>
                  <p className={styles.letterMeta}>
                    Sent <Ago time={letter.sentAt} />, tried {plural(letter.receiveCount, 'time')}
                  </p>
                  <JsonView value={unpackedJson(letter.body)} depth={1} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <DialogActions>
        <Button look="danger" onClick={() => setPurging(true)}>
          Delete all
        </Button>
        <Button
          look="primary"
          busy={redrive.isPending}
          onClick={() => redrive.mutate({ params }, { onSuccess: onClose })}
        >
          Move all back to the queue
        </Button>
      </DialogActions>
      <Confirm
        open={purging}
        onClose={() => setPurging(false)}
        title="Delete all dead letters?"
        text={`What the messages of ${queue} ask for will not be done. This cannot be taken back.`}
        verb="Delete all"
        busy={purge.isPending}
        onConfirm={() => purge.mutate({ params }, { onSuccess: onClose })}
      />
    </Dialog>
  );
}
