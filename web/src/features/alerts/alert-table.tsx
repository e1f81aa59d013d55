import type { AlertSummary } from '@panther/platform/contract';
import { TriangleAlert, UserRound } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { type AlertStatus, SeverityBadge, Tag } from '../../components/badge.tsx';
import { cx } from '../../components/cx.ts';
import { Check } from '../../components/field.tsx';
import { formatNumber, plural } from '../../components/format.ts';
import table from '../../components/table.module.css';
import type { Selection } from '../../components/use-selection.ts';
import styles from './alerts.module.css';
import { StatusMenu } from './status-menu.tsx';

interface AlertTableProps {
  readonly alerts: readonly AlertSummary[];
  /** Absent: the rows cannot be chosen. */
  readonly selection: Selection | undefined;
  readonly onStatus: (id: string, status: AlertStatus) => void;
}

export function AlertTable({ alerts, selection, onStatus }: AlertTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body, selection);
  return (
    <table className={table.table}>
      <thead>
        <tr>
          {selection !== undefined && (
            <th className={styles.tick}>
              <Check bare label="Choose all alerts shown" checked={selection.isAll} onChange={selection.toggleAll} />
            </th>
          )}
          <th>Severity</th>
          <th className={table.grow}>Alert</th>
          <th className={table.hideMedium}>Log types</th>
          <th className={table.hideSmall}>Status</th>
          <th className={cx(table.number, table.hideSmall)}>Events</th>
          <th className={table.hideMedium}>Assigned to</th>
          <th className={table.hideSmall}>Created</th>
        </tr>
      </thead>
      <tbody ref={body}>
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} selection={selection} onStatus={onStatus} />
        ))}
      </tbody>
    </table>
  );
}

interface AlertRowProps extends Omit<AlertTableProps, 'alerts'> {
  readonly alert: AlertSummary;
}

function AlertRow({ alert, selection, onStatus }: AlertRowProps) {
  const isChosen = selection?.has(alert.id) ?? false;
  return (
    <tr data-selected={isChosen} data-alert={alert.id}>
      {selection !== undefined && (
        <td className={styles.tick}>
          <Check bare label={`Choose ${alert.title}`} checked={isChosen} onChange={() => selection.toggle(alert.id)} />
        </td>
      )}
      <td>
        <SeverityBadge severity={alert.severity} />
      </td>
      <td>
        <Link to={`/alerts/${alert.id}`} className={table.main} data-row-link>
          {alert.title}
        </Link>
        <span className={table.sub}>
          {alert.type === 'RULE_ERROR' && 'Rule error · '}
          {alert.ruleName}
          <span className={table.showSmall}>
            {' · '}
            <Ago time={alert.createdAt} />
          </span>
          {alert.deliveries.failed > 0 && <FailedDeliveries count={alert.deliveries.failed} />}
        </span>
      </td>
      <td className={table.hideMedium}>
        <span className={table.tags}>
          {alert.logTypes.map((logType) => (
            <Tag key={logType}>{logType}</Tag>
          ))}
        </span>
      </td>
      <td className={table.hideSmall}>
        <StatusMenu status={alert.status} onChange={(status) => onStatus(alert.id, status)} />
      </td>
      <td className={cx(table.number, table.hideSmall)}>{formatNumber(alert.eventCount)}</td>
      <td className={cx(table.hideMedium, table.dim)}>
        {alert.assignee === null ? (
          '–'
        ) : (
          <span className={styles.assignee}>
            <UserRound aria-hidden /> {alert.assignee.name}
          </span>
        )}
      </td>
      <td className={cx(table.nowrap, table.dim, table.hideSmall)}>
        <Ago time={alert.createdAt} />
      </td>
    </tr>
  );
}

function FailedDeliveries({ count }: { readonly count: number }) {
  return (
    <span className={styles.failed}>
      <TriangleAlert aria-hidden /> {plural(count, 'delivery', 'deliveries')} failed
    </span>
  );
}

/** `j` and `k` walk through the rows, `x` ticks one; `Enter` is the link's own. */
function useRowKeys(body: React.RefObject<HTMLTableSectionElement | null>, selection: Selection | undefined): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const links = [...(body.current?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])];
      const row = document.activeElement?.closest<HTMLElement>('[data-alert]');
      const at = links.findIndex((link) => link.closest('[data-alert]') === row);
      if (event.key === 'j') links[Math.min(at + 1, links.length - 1)]?.focus();
      else if (event.key === 'k') links[Math.max(at - 1, 0)]?.focus();
      else if (event.key === 'x' && row?.dataset.alert !== undefined) selection?.toggle(row.dataset.alert);
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isText = target instanceof HTMLInputElement && target.type !== 'checkbox';
  return (
    isText ||
    target instanceof HTMLTextAreaElement ||
    target.isContentEditable ||
    target.closest('[role="dialog"],[role="menu"],[role="listbox"]') !== null
  );
}
