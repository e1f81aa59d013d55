/** Takes an event out of the lake, or one that has raised an alert of the detection. */
import { useState } from 'react';
import { useApi } from '../../api/hooks.ts';
import { eventPreview } from '../../components/event-preview.ts';
import { formatTime } from '../../components/format.ts';
import { PickOne } from '../../components/pick.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import styles from './editor.module.css';
import { eventText, type LogEvent } from './event-text.ts';

interface PickEventProps {
  readonly logTypes: readonly string[];
  readonly savedId: string | undefined;
  readonly onPick: (text: string) => void;
}

const NONE = 'none';
const LOG_TYPE = 'log-type:';
const ALERT = 'alert:';
const MOST_ALERTS = 10;

export function PickEvent({ logTypes, savedId, onPick }: PickEventProps) {
  const [from, setFrom] = useState(NONE);
  const alerts = useApi(
    'GET /alerts',
    { query: { ruleId: savedId ?? '', limit: MOST_ALERTS } },
    { enabled: savedId !== undefined },
  );
  const options = [
    { value: NONE, label: 'as it is pasted' },
    ...logTypes.map((name) => ({ value: LOG_TYPE + name, label: `new ones of ${name}` })),
    ...(alerts.data?.items ?? []).map(({ id, title, createdAt }) => ({
      value: ALERT + id,
      label: `the alert “${title}” of ${formatTime(createdAt)}`,
    })),
  ];
  return (
    <div className={styles.column}>
      <PickOne label="Where the event is from" prefix="Event:" options={options} value={from} onChange={setFrom} />
      {from.startsWith(LOG_TYPE) && <OfLogType logType={from.slice(LOG_TYPE.length)} onPick={onPick} />}
      {from.startsWith(ALERT) && <OfAlert id={from.slice(ALERT.length)} onPick={onPick} />}
    </div>
  );
}

function OfLogType({ logType, onPick }: { readonly logType: string } & Pick<PickEventProps, 'onPick'>) {
  const events = useApi('GET /detection-drafts/events', { query: { logType } });
  return <Loaded query={events}>{({ items }) => <Events events={items} onPick={onPick} />}</Loaded>;
}

function OfAlert({ id, onPick }: { readonly id: string } & Pick<PickEventProps, 'onPick'>) {
  const events = useApi('GET /alerts/:id/events', { params: { id }, query: { limit: MOST_ALERTS } });
  return <Loaded query={events}>{({ items }) => <Events events={items} onPick={onPick} />}</Loaded>;
}

function Events({ events, onPick }: { readonly events: readonly LogEvent[] } & Pick<PickEventProps, 'onPick'>) {
  if (events.length === 0) return <Empty title="There are none">Within the last 30 days, none came in.</Empty>;
  return (
    <ul className={styles.events} aria-label="Events">
      {events.map((event, index) => (
        <li key={String(event.p_row_id ?? index)}>
          <button type="button" className={styles.pick} onClick={() => onPick(eventText(event))}>
            <span className={styles.counts}>{String(event.p_event_time ?? '').slice(0, 19)}</span>
            <span>{eventPreview(event) || 'an event'}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
