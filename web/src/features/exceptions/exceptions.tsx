import type { DetectionDetail, Exception } from '@panther/platform/contract';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Badge, Dot } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { Confirm } from '../../components/dialog.tsx';
import { formatNumber } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { readableCondition } from './conditions.ts';
import { ExceptionDialog } from './exception-dialog.tsx';
import styles from './exceptions.module.css';

/** What of a detection's matches is no alert, why, and how much it has hidden. */
export function Exceptions({ detection }: { readonly detection: DetectionDetail }) {
  const canChange = useCan('analyst');
  const exceptions = useApi('GET /exceptions', { query: { detectionId: detection.id } });
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title="Exceptions"
      aside={
        canChange && (
          <Button small icon={<Plus aria-hidden />} onClick={() => setOpen(true)}>
            Add an exception
          </Button>
        )
      }
      flush
    >
      <Loaded query={exceptions}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No exceptions">
              An exception keeps matches that are known to be harmless from becoming alerts. It is easiest to make one
              from such an alert.
            </Empty>
          ) : (
            <ExceptionTable exceptions={items} />
          )
        }
      </Loaded>
      {isOpen && <ExceptionDialog detectionId={detection.id} onClose={() => setOpen(false)} />}
    </Card>
  );
}

const STATES = { live: 'good', expired: 'info', disabled: 'info' } as const;
const STATE_NAMES = { live: 'Live', expired: 'Expired', disabled: 'Disabled' } as const;
const STALE = { invalidates: ['GET /exceptions'] } as const;

function ExceptionTable({ exceptions }: { readonly exceptions: readonly Exception[] }) {
  const canChange = useCan('analyst');
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Hides matches with</th>
          <th className={table.hideSmall}>State</th>
          <th className={table.number}>Hidden</th>
          <th className={table.hideMedium}>Owner</th>
          {canChange && <HiddenHead />}
        </tr>
      </thead>
      <tbody>
        {exceptions.map((exception) => (
          <tr key={exception.id}>
            <td>
              {exception.conditions.map((condition) => (
                <code key={JSON.stringify(condition)} className={styles.condition}>
                  {readableCondition(condition)}
                </code>
              ))}
              <span className={table.sub}>{exception.reason}</span>
              {exception.forceReason !== '' && (
                <span className={styles.forced}>Hides known true positives: {exception.forceReason}</span>
              )}
            </td>
            <td className={table.hideSmall}>
              <Dot tone={STATES[exception.state]}>{STATE_NAMES[exception.state]}</Dot>{' '}
              {exception.isStale && <Badge tone="warn">Stale</Badge>}
              {exception.expiresAt !== null && (
                <span className={table.sub}>
                  {exception.state === 'expired' ? 'since ' : 'until '}
                  <Ago time={exception.expiresAt} />
                </span>
              )}
            </td>
            <td className={table.number}>
              {formatNumber(exception.hiddenCount)}
              {exception.lastHiddenAt !== null && (
                <span className={table.sub}>
                  <Ago time={exception.lastHiddenAt} />
                </span>
              )}
            </td>
            <td className={cx(table.hideMedium, table.dim)}>{exception.owner}</td>
            {canChange && (
              <td className={table.actions}>
                {exception.origin === 'user' ? <Actions exception={exception} /> : 'from a file'}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Actions({ exception: { id, state } }: { readonly exception: Exception }) {
  const [isAsking, setAsking] = useState(false);
  const update = useCommand('PATCH /exceptions/:id', STALE);
  const remove = useCommand('DELETE /exceptions/:id', { ...STALE, done: 'The exception is deleted.' });
  return (
    <span className={styles.actions}>
      {state !== 'expired' && (
        <Button
          small
          busy={update.isPending}
          onClick={() => update.mutate({ params: { id }, body: { enabled: state === 'disabled' } })}
        >
          {state === 'disabled' ? 'Enable' : 'Disable'}
        </Button>
      )}
      <Button small onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        title="Delete the exception?"
        text="Its matches become alerts again."
        verb="Delete"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params: { id } }, { onSettled: () => setAsking(false) })}
      />
    </span>
  );
}
