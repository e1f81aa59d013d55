import type { Overview } from '@panther/platform/contract';
import { CircleCheck, LoaderCircle } from 'lucide-react';
import { Link } from 'react-router';
import { SEVERITIES, SeverityBadge } from '../../components/badge.tsx';
import { formatBytes, formatCompact, formatNumber } from '../../components/format.ts';
import { Card, Stat } from '../../components/page.tsx';
import styles from './overview.module.css';

/** The numbers at the top: the records' balance, and what needs attention. */
export function Figures({ overview }: { readonly overview: Overview }) {
  return (
    <div className={styles.figures}>
      <Balance overview={overview} />
      <OpenAlerts overview={overview} />
    </div>
  );
}

function Balance({ overview }: { readonly overview: Overview }) {
  const { total, last24Hours } = overview.records;
  return (
    <Card
      title="Records"
      aside={
        total.balanced ? (
          <span className={styles.balanced}>
            <CircleCheck aria-hidden /> In balance
          </span>
        ) : (
          <span className={styles.settling}>
            <LoaderCircle aria-hidden /> Settling
          </span>
        )
      }
    >
      <div className={styles.balance}>
        <Stat
          label="Received"
          value={number(total.received)}
          note={`+${formatCompact(last24Hours.received)} in 24 h`}
        />
        <span aria-hidden className={styles.sign}>
          =
        </span>
        <Stat
          label="Stored"
          value={number(total.stored)}
          note={`${formatNumber(total.events)} events, ${formatBytes(total.bytes)}`}
        />
        <span aria-hidden className={styles.sign}>
          +
        </span>
        <Stat label="Quarantined" value={number(total.quarantined)} note="no log type accepts them" />
        <span aria-hidden className={styles.sign}>
          +
        </span>
        <Stat label="Rejected" value={number(total.rejected)} note="broken or too long" />
      </div>
    </Card>
  );
}

function number(value: number) {
  return <span className={styles.exact}>{formatNumber(value)}</span>;
}

function OpenAlerts({ overview }: { readonly overview: Overview }) {
  const open = SEVERITIES.reduce((sum, severity) => sum + (overview.openAlerts[severity] ?? 0), 0);
  return (
    <Card title="Open alerts" aside={<Link to="/alerts">{formatNumber(open)} in total</Link>}>
      <ul className={styles.severities}>
        {SEVERITIES.map((severity) => (
          <li key={severity}>
            <Link to={`/alerts?severity=${severity}`} className={styles.severity}>
              <span className={styles.severityCount}>{formatNumber(overview.openAlerts[severity] ?? 0)}</span>{' '}
              <SeverityBadge severity={severity} />
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
