import type { MetricSeries } from '@panther/platform/contract';
import { useMemo, useState } from 'react';
import { useApi } from '../../api/hooks.ts';
import { Chart } from '../../components/chart.tsx';
import { chartTable } from '../../components/chart-data.ts';
import { formatBytes, formatCompact, formatDuration } from '../../components/format.ts';
import { humanName } from '../../components/names.ts';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import styles from './health.module.css';

type Unit = string;

const RANGES = [
  { value: '1', label: 'Last hour' },
  { value: '6', label: 'Last 6 hours' },
  { value: '24', label: 'Last 24 hours' },
  { value: '168', label: 'Last 7 days' },
];
const HOUR_MS = 3_600_000;
const POINTS = 60;
const MOST_CHARTS = 24;

interface Metric {
  readonly name: string;
  readonly unit: Unit;
  readonly dimensions: readonly string[];
}

/** A chart for every metric that has data. */
export function Metrics() {
  const [hours, setHours] = useState('1');
  const list = useApi('GET /metrics', {}, { refetchInterval: 30_000 });
  return (
    <section className={styles.metrics} aria-label="Metrics">
      <header className={styles.metricsHead}>
        <h2>Metrics</h2>
        <PickOne small label="Time range of the metrics" options={RANGES} value={hours} onChange={setHours} />
      </header>
      <Loaded query={list} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <Empty title="No metrics yet">They appear when the first log is processed.</Empty>
            </Card>
          ) : (
            <div className={styles.charts}>
              {metricsOf(items)
                .slice(0, MOST_CHARTS)
                .map((metric) => (
                  <MetricChart key={metric.name} metric={metric} hours={Number(hours)} />
                ))}
            </div>
          )
        }
      </Loaded>
    </section>
  );
}

type Listed = readonly {
  readonly name: string;
  readonly unit: Unit;
  readonly dimensions: Readonly<Record<string, string>>;
}[];

function metricsOf(items: Listed): readonly Metric[] {
  const byName = new Map<string, { unit: Unit; dimensions: Set<string> }>();
  for (const { name, unit, dimensions } of items) {
    const metric = byName.get(name) ?? { unit, dimensions: new Set<string>() };
    for (const dimension of Object.keys(dimensions)) metric.dimensions.add(dimension);
    byName.set(name, metric);
  }
  return [...byName]
    .map(([name, { unit, dimensions }]) => ({ name, unit, dimensions: [...dimensions] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function MetricChart({ metric, hours }: { readonly metric: Metric; readonly hours: number }) {
  const range = useMemo(() => rangeOf(hours), [hours]);
  const isSum = metric.unit === 'count' || metric.unit === 'bytes';
  const statistic = isSum ? 'sum' : metric.unit === 'ms' ? 'p95' : 'avg';
  const query = { name: metric.name, statistic, groupBy: metric.dimensions.slice(0, 1), ...range } as const;
  const series = useApi('GET /metrics/query', { query }, { staleTime: 30_000 });
  const table = useMemo(
    () => metricTable(series.data?.items ?? [], metric, range, isSum),
    [series.data, metric, range, isSum],
  );
  const title = humanName(metric.name);
  return (
    <Card
      title={title}
      aside={<span className={styles.statistic}>{`${statistic} per ${formatDuration(range.periodMs)}`}</span>}
    >
      <Loaded query={series} lines={4}>
        {() =>
          table.series.length === 0 ? (
            <Empty title="No data in this time" />
          ) : (
            <Chart
              table={table}
              kind={isSum ? 'bars' : 'lines'}
              label={title}
              height={140}
              format={formatOf(metric.unit)}
              legend={table.series.length > 1}
              periodMs={range.periodMs}
              range={[Date.parse(range.from), Date.parse(range.to)]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

const MOST_SERIES = 6;

function metricTable(items: readonly MetricSeries[], metric: Metric, range: Range, isSum: boolean) {
  const named = items.map(({ dimensions, points }) => ({
    label: Object.values(dimensions).join(' ') || humanName(metric.name),
    points,
  }));
  if (!isSum) return chartTable(named, { most: MOST_SERIES, omitsRest: true });
  const grid = { fromMs: Date.parse(range.from), toMs: Date.parse(range.to), periodMs: range.periodMs };
  return chartTable(named, { most: MOST_SERIES, grid });
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly periodMs: number;
}

function rangeOf(hours: number): Range {
  const periodMs = Math.max(60_000, (hours * HOUR_MS) / POINTS);
  const toMs = Math.ceil(Date.now() / periodMs) * periodMs;
  return { from: new Date(toMs - hours * HOUR_MS).toISOString(), to: new Date(toMs).toISOString(), periodMs };
}

function formatOf(unit: Unit): (value: number) => string {
  if (unit === 'bytes') return formatBytes;
  if (unit === 'ms') return formatDuration;
  return unit === 'percent' ? (value) => `${formatCompact(value)} %` : formatCompact;
}
