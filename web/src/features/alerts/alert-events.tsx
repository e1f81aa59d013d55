import { ChevronRight, Search } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useApiPages } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { eventPreview } from '../../components/event-preview.ts';
import { plural } from '../../components/format.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import styles from './alerts.module.css';
import { pivotAddress } from './pivot.ts';

type LogEvent = Readonly<Record<string, unknown>>;

const PAGE_SIZE = 10;

export function AlertEvents({ alertId, total }: { readonly alertId: string; readonly total: number }) {
  const pages = useApiPages('GET /alerts/:id/events', { params: { id: alertId }, query: { limit: PAGE_SIZE } });
  const events = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card title="Events" aside={plural(total, 'event')} flush>
      <Loaded query={pages} lines={4}>
        {() => (
          <>
            {events.length === 0 && <Empty title="No events yet">They appear once they are in the lake.</Empty>}
            {events.map((event, index) => (
              <EventItem key={String(event.p_row_id ?? index)} event={event} isFirst={index === 0} />
            ))}
            {pages.hasNextPage && (
              <div className={styles.foot}>
                <Button small busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                  Show more events
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function EventItem({ event, isFirst }: { readonly event: LogEvent; readonly isFirst: boolean }) {
  const [open, setOpen] = useState(isFirst);
  return (
    <div className={styles.event}>
      <div className={styles.eventRow}>
        <button type="button" className={styles.eventHead} aria-expanded={open} onClick={() => setOpen(!open)}>
          <ChevronRight aria-hidden />
          <span className={styles.eventTime}>{String(event.p_event_time ?? '').slice(0, 23)}</span>
          <span className={styles.eventPreview}>{eventPreview(event)}</span>
        </button>
        <CopyButton text={JSON.stringify(event, null, 2)} label="Copy event as JSON" />
      </div>
      {open && (
        <div className={styles.eventBody}>
          <JsonView value={event} act={(value, path) => <Pivot value={value} path={path} event={event} />} />
        </div>
      )}
    </div>
  );
}

interface PivotProps {
  readonly value: string | number | boolean;
  readonly path: string;
  readonly event: LogEvent;
}

function Pivot({ value, path, event }: PivotProps) {
  return (
    <Link to={pivotAddress(value, path, event)} className={styles.pivot} aria-label={`Search for ${String(value)}`}>
      <Search aria-hidden /> Search
    </Link>
  );
}
