import type { AlertDetail, Delivery } from '@panther/platform/contract';
import { RefreshCw, Send } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Dot } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { formatDuration } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { PickMany } from '../../components/pick.tsx';
import styles from './alerts.module.css';

const STATES = { pending: ['warn', 'Pending'], delivered: ['good', 'Delivered'], failed: ['bad', 'Failed'] } as const;

function useResend() {
  return useCommand('POST /alerts/:id/resend', {
    invalidates: ['GET /alerts/:id', 'GET /alerts'],
    done: ({ queued }) =>
      queued === 1 ? 'The alert is on its way.' : `The alert is on its way to ${queued} destinations.`,
  });
}

export function Deliveries({ alert }: { readonly alert: AlertDetail }) {
  const canSend = useCan('analyst');
  const [choosing, setChoosing] = useState(false);
  return (
    <Card
      title="Deliveries"
      aside={
        canSend && (
          <Button small icon={<Send aria-hidden />} onClick={() => setChoosing(true)}>
            Send to…
          </Button>
        )
      }
    >
      <div className={styles.list}>
        {alert.deliveryDetails.length === 0 && (
          <p className={styles.keys}>Sent nowhere: no destination takes alerts of this severity and type.</p>
        )}
        {alert.deliveryDetails.map((delivery) => (
          <DeliveryItem key={delivery.destinationId} delivery={delivery} alertId={alert.id} canSend={canSend} />
        ))}
      </div>
      {choosing && <SendDialog alertId={alert.id} onClose={() => setChoosing(false)} />}
    </Card>
  );
}

interface DeliveryItemProps {
  readonly delivery: Delivery;
  readonly alertId: string;
  readonly canSend: boolean;
}

function DeliveryItem({ delivery, alertId, canSend }: DeliveryItemProps) {
  const resend = useResend();
  const [tone, text] = STATES[delivery.status];
  return (
    <div className={styles.delivery}>
      <div className={styles.deliveryHead}>
        <Link to={`/destinations/${encodeURIComponent(delivery.destinationId)}`}>{delivery.destinationName}</Link>
        <Dot tone={tone}>{text}</Dot>
      </div>
      <ol className={styles.attempts}>
        {delivery.attempts.map((attempt) => (
          <li key={attempt.at}>
            <Ago time={attempt.at} />
            <span>
              {attempt.statusCode > 0 ? `HTTP ${attempt.statusCode}` : attempt.success ? 'sent' : 'no answer'} in{' '}
              {formatDuration(attempt.durationMs)}
              {attempt.message !== '' && ` – ${attempt.message}`}
            </span>
          </li>
        ))}
      </ol>
      {canSend && delivery.status !== 'pending' && (
        <div>
          <Button
            small
            icon={<RefreshCw aria-hidden />}
            busy={resend.isPending}
            onClick={() =>
              resend.mutate({ params: { id: alertId }, body: { destinationIds: [delivery.destinationId] } })
            }
          >
            Send again
          </Button>
        </div>
      )}
    </div>
  );
}

function SendDialog({ alertId, onClose }: { readonly alertId: string; readonly onClose: () => void }) {
  const destinations = useApi('GET /destinations', {});
  const [chosen, setChosen] = useState<string[]>([]);
  const resend = useResend();
  const options = (destinations.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Dialog
      open
      onClose={onClose}
      title="Send this alert"
      lead="To destinations of your choice, whatever their severities are."
    >
      <Field label="Destinations">
        <PickMany
          full
          label="Destinations"
          placeholder="Choose destinations"
          options={options}
          value={chosen}
          onChange={setChosen}
        />
      </Field>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="primary"
          disabled={chosen.length === 0}
          busy={resend.isPending}
          onClick={() =>
            resend.mutate({ params: { id: alertId }, body: { destinationIds: chosen } }, { onSuccess: onClose })
          }
        >
          Send
        </Button>
      </DialogActions>
    </Dialog>
  );
}
