import type { Destination } from '@panther/platform/contract';
import { Plus, Send } from 'lucide-react';
import { Link } from 'react-router';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Dot, SEVERITIES, SeverityBadge, sentence } from '../../components/badge.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { formatDuration, formatNumber } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { useNotify } from '../../components/toasts.tsx';

export default function DestinationsPage() {
  const canAdd = useCan('admin');
  const destinations = useApi('GET /destinations', {}, { refetchInterval: 15_000 });
  const add = (
    <ButtonLink to="/destinations/new" look="primary" icon={<Plus aria-hidden />}>
      Add destination
    </ButtonLink>
  );
  return (
    <Page
      title="Destinations"
      lead="Where alerts are sent. A detection can name its own; otherwise severity decides."
      actions={canAdd && add}
    >
      <Card flush>
        <Loaded query={destinations}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No destination yet" icon={<Send aria-hidden />} action={canAdd && add}>
                Alerts are kept and shown here in any case.{' '}
                {canAdd ? 'Add a destination' : 'An administrator can add a destination'}, so that they also reach the
                people who act on them.
              </Empty>
            ) : (
              <DestinationTable destinations={items} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

function DestinationTable({ destinations }: { readonly destinations: readonly Destination[] }) {
  const canChange = useCan('admin');
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Destination</th>
          <th>State</th>
          <th className={table.hideMedium}>Severities</th>
          <th className={table.hideMedium}>Alert types</th>
          <th className={cx(table.number, table.hideSmall)}>Delivered, 24 h</th>
          <th className={cx(table.number, table.hideSmall)}>Failed, 24 h</th>
          {canChange && <HiddenHead />}
        </tr>
      </thead>
      <tbody>
        {destinations.map((destination) => (
          <tr key={destination.id}>
            <td>
              <Link to={`/destinations/${encodeURIComponent(destination.id)}`} className={table.main}>
                {destination.name}
              </Link>
              <span className={table.sub}>{destination.type}</span>
            </td>
            <td>
              <State destination={destination} />
            </td>
            <td className={table.hideMedium}>
              <span className={table.tags}>
                {SEVERITIES.filter((severity) => destination.severities.includes(severity)).map((severity) => (
                  <SeverityBadge key={severity} severity={severity} />
                ))}
              </span>
            </td>
            <td className={cx(table.hideMedium, table.dim)}>{destination.alertTypes.map(sentence).join(', ')}</td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(destination.last24Hours.delivered)}</td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(destination.last24Hours.failed)}</td>
            {canChange && (
              <td className={table.actions}>
                <TestButton small destination={destination} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function State({ destination }: { readonly destination: Destination }) {
  if (!destination.enabled) return <Dot tone="info">Disabled</Dot>;
  const { delivered, failed } = destination.last24Hours;
  if (failed > 0) return <Dot tone={delivered > 0 ? 'warn' : 'bad'}>Failing</Dot>;
  return <Dot tone="good">Enabled</Dot>;
}

/** Sends a test alert, and tells what the other side answered. */
export function TestButton({ destination, small }: { readonly destination: Destination; readonly small?: boolean }) {
  const notify = useNotify();
  const test = useCommand('POST /destinations/:id/test');
  function send() {
    test.mutate(
      { params: { id: destination.id } },
      {
        onSuccess: ({ success, statusCode, message, durationMs }) => {
          const answer = statusCode > 0 ? `HTTP ${statusCode} in ${formatDuration(durationMs)}` : message;
          if (success) notify.done(`The test alert has arrived at ${destination.name}: ${answer}.`);
          else
            notify.failed(
              `The test alert did not arrive at ${destination.name}: ${answer}${statusCode > 0 && message !== '' ? `, ${message}` : ''}`,
            );
        },
      },
    );
  }
  return (
    <Button
      small={small ?? false}
      icon={<Send aria-hidden />}
      busy={test.isPending}
      onClick={send}
      aria-label={`Send a test alert to ${destination.name}`}
    >
      Test
    </Button>
  );
}
