import type { DetectionDetail } from '@panther/platform/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { SeverityBadge, StatusBadge } from '../../components/badge.tsx';
import { Chart } from '../../components/chart.tsx';
import { chartTable } from '../../components/chart-data.ts';
import { cx } from '../../components/cx.ts';
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
  if (stats.length === 0) {
    return (
      <Card title="Last 30 days">
        <Empty title="No events yet">Nothing of its log types has come in since it was loaded.</Empty>
      </Card>
    );
  }
  return (
    <>
      <Card title="Matches and errors per day">
        <DayChart stats={stats} label="Matches and errors per day" series={OUTCOMES} />
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
      <div className={styles.pair}>
        <Card title="Events it was run on, per day">
          <DayChart stats={stats} label="Events it was run on, per day" series={CANDIDATES} />
        </Card>
        <Card title="Time spent per day">
          <DayChart stats={stats} label="Time spent per day" series={TIME} format={formatDuration} />
        </Card>
      </div>
      <RunHistory stats={stats} />
    </>
  );
}

type Day = DetectionDetail['stats'][number];

interface DaySeries {
  readonly label: string;
  readonly color: string;
  readonly valueOf: (day: Day) => number;
}

const OUTCOMES: readonly DaySeries[] = [
  { label: 'Matches', color: 'var(--series-1)', valueOf: ({ matches }) => matches },
  { label: 'Errors', color: 'var(--critical)', valueOf: ({ errors }) => errors },
];
const CANDIDATES: readonly DaySeries[] = [
  { label: 'Run on', color: 'var(--series-2)', valueOf: ({ candidates }) => candidates },
];
const TIME: readonly DaySeries[] = [
  { label: 'Time', color: 'var(--series-3)', valueOf: ({ micros }) => micros / 1_000 },
];

interface DayChartProps {
  readonly stats: readonly Day[];
  readonly label: string;
  readonly series: readonly DaySeries[];
  readonly format?: (value: number) => string;
}

function DayChart({ stats, label, series, format }: DayChartProps) {
  const chart = useMemo(() => {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const grid = { fromMs: today - 29 * DAY_MS, toMs: today + DAY_MS, periodMs: DAY_MS };
    const points = series.map((item) => ({
      label: item.label,
      points: stats.map((day) => ({ at: `${day.day}T00:00:00.000Z`, value: item.valueOf(day) })),
    }));
    return chartTable(points, { grid, colorOf: (_, index) => series[index]?.color ?? '' });
  }, [stats, series]);
  return (
    <Chart
      table={chart}
      kind="bars"
      label={label}
      height={150}
      periodMs={DAY_MS}
      legend={series.length > 1}
      {...(format === undefined ? {} : { format })}
    />
  );
}

/** The same in numbers, newest day first. */
function RunHistory({ stats }: { readonly stats: readonly Day[] }) {
  return (
    <Card title="Run history" flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Day</th>
            <th className={table.number}>Events</th>
            <th className={table.number}>Run on</th>
            <th className={table.number}>Matches</th>
            <th className={table.number}>Errors</th>
            <th className={cx(table.number, table.hideSmall)}>Time</th>
          </tr>
        </thead>
        <tbody>
          {stats.toReversed().map((day) => (
            <tr key={day.day}>
              <td className={table.nowrap}>{day.day}</td>
              <td className={table.number}>{formatNumber(day.events)}</td>
              <td className={table.number}>{formatNumber(day.candidates)}</td>
              <td className={table.number}>{formatNumber(day.matches)}</td>
              <td className={table.number}>
                {day.errors > 0 ? <strong className={styles.errors}>{formatNumber(day.errors)}</strong> : 0}
              </td>
              <td className={cx(table.number, table.hideSmall, table.dim)}>{formatDuration(day.micros / 1_000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
