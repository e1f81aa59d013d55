import type { DetectionDetail } from '@panther/platform/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { SeverityBadge, StatusBadge } from '../../components/badge.tsx';
import { Chart } from '../../components/chart.tsx';
import { chartTable } from '../../components/chart-data.ts';
import { formatDuration, formatNumber } from '../../components/format.ts';
import { Card, Stat } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import styles from './detections.module.css';

const DAY_MS = 86_400_000;

export function DetectionActivity({ detection }: { readonly detection: DetectionDetail }) {
  return (
    <>
      <Statistics detection={detection} />
      <RecentAlerts detection={detection} />
    </>
  );
}

function Statistics({ detection }: { readonly detection: DetectionDetail }) {
  const { stats, last7Days: week } = detection;
  const chart = useMemo(() => {
    const pointsOf = (name: 'matches' | 'errors') =>
      stats.map((day) => ({ at: `${day.day}T00:00:00.000Z`, value: day[name] }));
    const series = [
      { label: 'Matches', points: pointsOf('matches') },
      { label: 'Errors', points: pointsOf('errors') },
    ];
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const grid = { fromMs: today - 29 * DAY_MS, toMs: today + DAY_MS, periodMs: DAY_MS };
    const colorOf = (label: string) => (label === 'Errors' ? 'var(--critical)' : 'var(--series-1)');
    return chartTable(series, { grid, colorOf });
  }, [stats]);
  if (stats.length === 0) {
    return (
      <Card title="Last 30 days">
        <Empty title="No events yet">Nothing of its log types has come in since it was loaded.</Empty>
      </Card>
    );
  }
  return (
    <Card title="Matches per day">
      <Chart table={chart} kind="bars" label="Matches and errors per day" height={170} periodMs={DAY_MS} />
      <div className={styles.stats}>
        <Stat label="Events, 7 days" value={formatNumber(week.events)} />
        <Stat
          label="Run on"
          value={formatNumber(week.candidates)}
          note={detection.condition === null ? 'every one of them' : 'events that met its condition'}
        />
        <Stat
          label="Time per run"
          value={week.candidates === 0 ? '–' : formatDuration(week.micros / week.candidates / 1_000)}
        />
        <Stat label="Errors" value={formatNumber(week.errors)} />
      </div>
    </Card>
  );
}

function RecentAlerts({ detection }: { readonly detection: DetectionDetail }) {
  const all = `/alerts?ruleId=${encodeURIComponent(detection.id)}&status=ANY`;
  return (
    <Card title="Recent alerts" aside={<Link to={all}>All of its alerts</Link>} flush>
      {detection.recentAlerts.length === 0 ? (
        <Empty title="No alerts yet" />
      ) : (
        <table className={table.table}>
          <tbody>
            {detection.recentAlerts.map((alert) => (
              <tr key={alert.id}>
                <td>
                  <SeverityBadge severity={alert.severity} />
                </td>
                <td>
                  <Link to={`/alerts/${alert.id}`} className={table.main}>
                    {alert.title}
                  </Link>
                </td>
                <td className={table.hideSmall}>
                  <StatusBadge status={alert.status} />
                </td>
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
