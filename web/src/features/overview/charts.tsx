import type { Overview } from '@panther/platform/contract';
import { useMemo } from 'react';
import { SEVERITIES, sentence } from '../../components/badge.tsx';
import { Chart } from '../../components/chart.tsx';
import { chartTable } from '../../components/chart-data.ts';
import { formatDuration } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';

interface ChartsProps {
  readonly overview: Overview;
}

function gridOf(overview: Overview) {
  return { fromMs: Date.parse(overview.from), toMs: Date.parse(overview.to), periodMs: overview.periodMs };
}

export function EventsChart({ overview }: ChartsProps) {
  const table = useMemo(() => chartTable(overview.events, { grid: gridOf(overview) }), [overview]);
  return (
    <Card title="Events by log type" aside={`per ${formatDuration(overview.periodMs)}, UTC`}>
      {table.series.length === 0 ? (
        <Empty title="No events in this time">Choose a longer time, or add a source.</Empty>
      ) : (
        <Chart table={table} kind="bars" label="Events by log type" height={220} periodMs={overview.periodMs} />
      )}
    </Card>
  );
}

export function AlertsCharts({ overview }: ChartsProps) {
  const table = useMemo(() => {
    const byLabel = new Map(overview.alerts.map((series) => [series.label.toUpperCase(), series]));
    const ordered = SEVERITIES.toReversed().flatMap((severity) => {
      const series = byLabel.get(severity);
      return series === undefined ? [] : [{ ...series, label: sentence(severity) }];
    });
    return chartTable(ordered, { grid: gridOf(overview), colorOf: (label) => `var(--${label.toLowerCase()})` });
  }, [overview]);
  return (
    <Card title="Alerts by severity" aside={`per ${formatDuration(overview.periodMs)}, UTC`}>
      {table.series.length === 0 ? (
        <Empty title="No alerts in this time">Detections have found nothing.</Empty>
      ) : (
        <Chart table={table} kind="bars" label="Alerts by severity" periodMs={overview.periodMs} />
      )}
    </Card>
  );
}
