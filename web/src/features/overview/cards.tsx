import type { Overview } from '@panther/platform/contract';
import { Link } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { Ago } from '../../components/ago.tsx';
import { SeverityBadge, StatusBadge } from '../../components/badge.tsx';
import { formatBytes, formatDuration, formatNumber } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { SourceHealth } from '../sources/source-health.tsx';
import styles from './overview.module.css';

interface CardProps {
  readonly overview: Overview;
}

export function RecentAlerts({ overview }: CardProps) {
  return (
    <Card title="Recent alerts" aside={<Link to="/alerts">All alerts</Link>} flush>
      {overview.recentAlerts.length === 0 ? (
        <Empty title="No open alerts">When a detection matches, its alert is here within a second.</Empty>
      ) : (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Severity</th>
              <th>Alert</th>
              <th className={table.hideSmall}>Status</th>
              <th className={`${table.number} ${table.hideSmall}`}>Events</th>
              <th>Created</th>
            </tr>
          </thead>
          <tbody>
            {overview.recentAlerts.map((alert) => (
              <tr key={alert.id}>
                <td>
                  <SeverityBadge severity={alert.severity} />
                </td>
                <td>
                  <Link to={`/alerts/${alert.id}`} className={table.main}>
                    {alert.title}
                  </Link>
                  <span className={table.sub}>{alert.ruleName}</span>
                </td>
                <td className={table.hideSmall}>
                  <StatusBadge status={alert.status} />
                </td>
                <td className={`${table.number} ${table.hideSmall}`}>{formatNumber(alert.eventCount)}</td>
                <td className={`${table.nowrap} ${table.dim}`}>
                  <Ago time={alert.createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

const SOURCES_SHOWN = 8;

export function SourcesCard() {
  const sources = useApi('GET /sources', {}, { refetchInterval: 10_000 });
  return (
    <Card title="Sources" aside={<Link to="/sources">All sources</Link>}>
      <Loaded query={sources} lines={3}>
        {({ items }) => (
          <ul className={styles.rows}>
            {items.length === 0 && <li className={styles.quiet}>No source yet.</li>}
            {items.slice(0, SOURCES_SHOWN).map((source) => (
              <li key={source.id}>
                <Link to={`/sources/${encodeURIComponent(source.id)}`} className={styles.rowName}>
                  {source.name}
                </Link>
                <span className={styles.rowNote}>
                  <Ago time={source.lastEventAt} none="no data yet" />
                </span>
                <SourceHealth source={source} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

export function TopLogTypes({ overview }: CardProps) {
  const most = Math.max(1, ...overview.eventsByLogType.map(({ events }) => events));
  return (
    <Card title="Log types" aside={<Link to="/search">Search</Link>}>
      {overview.eventsByLogType.length === 0 ? (
        <Empty title="The lake is empty">Add a source, and its log types are listed here.</Empty>
      ) : (
        <ul className={styles.meters}>
          {overview.eventsByLogType.slice(0, 8).map((item) => (
            <li key={item.logType}>
              <span className={styles.meterName}>{item.logType}</span>
              <span className={styles.meterValue}>
                {formatNumber(item.events)} <span className={styles.quiet}>{formatBytes(item.bytes)}</span>
              </span>
              <span aria-hidden className={styles.meter}>
                <span style={{ width: `${(100 * item.events) / most}%` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

export function QueuesCard({ overview }: CardProps) {
  const dead = overview.queues.reduce((sum, queue) => sum + queue.deadLetters, 0);
  const waiting = overview.queues.reduce((sum, queue) => sum + queue.visible + queue.inFlight, 0);
  const oldest = Math.max(0, ...overview.queues.map((queue) => queue.oldestMessageAgeMs));
  return (
    <Card title="Pipeline" aside={<Link to="/health">Health</Link>}>
      <ul className={styles.rows}>
        <li>
          <span className={styles.rowName}>Messages waiting</span>
          <span className={styles.rowNumber}>{formatNumber(waiting)}</span>
        </li>
        <li>
          <span className={styles.rowName}>Oldest message</span>
          <span className={styles.rowNumber}>{waiting === 0 ? '–' : formatDuration(oldest)}</span>
        </li>
        <li>
          <span className={styles.rowName}>Dead letters</span>
          <span className={dead > 0 ? styles.rowBad : styles.rowNumber}>{formatNumber(dead)}</span>
        </li>
        <li>
          <span className={styles.rowName}>Detections enabled</span>
          <span className={styles.rowNumber}>
            {formatNumber(overview.detections.enabled)} of {formatNumber(overview.detections.total)}
          </span>
        </li>
        <li>
          <span className={styles.rowName}>Destinations enabled</span>
          <span className={styles.rowNumber}>
            {formatNumber(overview.destinations.enabled)} of {formatNumber(overview.destinations.total)}
          </span>
        </li>
      </ul>
    </Card>
  );
}
