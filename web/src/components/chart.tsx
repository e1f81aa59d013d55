/** A time chart: stacked bars or lines, with a legend and the values under the pointer or the arrow keys. */
import { scaleLinear, scaleUtc } from 'd3-scale';
import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react';
import styles from './chart.module.css';
import { type ChartSeries, type ChartTable, chartMax } from './chart-data.ts';
import { ChartTip } from './chart-tip.tsx';
import { formatCompact } from './format.ts';
import { useWidth } from './use-width.ts';

interface ChartProps {
  readonly table: ChartTable;
  readonly kind: 'bars' | 'lines';
  /** What it shows, in a few words. */
  readonly label: string;
  readonly height?: number;
  readonly format?: (value: number) => string;
  readonly legend?: boolean;
  /** Length of a bar's period; the mean distance of the times unless given. */
  readonly periodMs?: number;
  /** What lines reach over, in milliseconds since the epoch; their own times unless given. */
  readonly range?: readonly [number, number];
}

const LEAST_LEFT = 34;
const CHARACTER_PX = 6.4;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;

export function Chart({
  table,
  kind,
  label,
  height = 190,
  format = formatCompact,
  legend = true,
  periodMs,
  range,
}: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const [at, setAt] = useState<number>();
  const scales = scalesOf(table, kind, { width, height, periodMs, range, format });
  const { x } = scales;
  const last = table.times.length - 1;

  function point(event: PointerEvent<SVGSVGElement>) {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const time = x.invert(left).getTime() - (kind === 'bars' ? scales.periodMs / 2 : 0);
    setAt(nearest(table.times, time));
  }

  function step(event: KeyboardEvent) {
    const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (move === 0 || last < 0) return;
    event.preventDefault();
    setAt(Math.min(last, Math.max(0, (at ?? last) + move)));
  }

  const shownAt = at !== undefined && at <= last ? at : undefined;
  return (
    <figure className={styles.chart}>
      <div ref={host} className={styles.plot} style={{ height }}>
        {width > 0 && (
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={describe(label, table, format)}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the values
            tabIndex={0}
            onPointerMove={point}
            onPointerLeave={() => setAt(undefined)}
            onKeyDown={step}
            onBlur={() => setAt(undefined)}
          >
            <Axes scales={scales} width={width} height={height} format={format} />
            {kind === 'bars' ? <Bars table={table} scales={scales} /> : <Lines table={table} scales={scales} />}
            {shownAt !== undefined && (
              <line
                className={styles.cursor}
                x1={centre(table, scales, kind, shownAt)}
                x2={centre(table, scales, kind, shownAt)}
                y1={TOP}
                y2={height - BOTTOM}
              />
            )}
          </svg>
        )}
        {shownAt !== undefined && (
          <ChartTip
            table={table}
            at={shownAt}
            left={centre(table, scales, kind, shownAt)}
            width={width}
            format={format}
          />
        )}
      </div>
      {legend && table.series.length > 0 && <Legend series={table.series} format={format} sum={kind === 'bars'} />}
    </figure>
  );
}

interface Scales {
  readonly x: ReturnType<typeof scaleUtc<number>>;
  readonly y: ReturnType<typeof scaleLinear<number>>;
  readonly yTicks: readonly number[];
  readonly periodMs: number;
  /** Where the plot begins, beside the widest label. */
  readonly left: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly periodMs: number | undefined;
  readonly range: readonly [number, number] | undefined;
  readonly format: (value: number) => string;
}

function scalesOf(table: ChartTable, kind: 'bars' | 'lines', frame: Frame): Scales {
  const { width, height, format } = frame;
  const first = table.times[0] ?? 0;
  const end = table.times.at(-1) ?? 1;
  const mean = table.times.length > 1 ? (end - first) / (table.times.length - 1) : 300_000;
  const periodMs = frame.periodMs ?? mean;
  const y = scaleLinear([0, chartMax(table, kind)], [height - BOTTOM, TOP]).nice(4);
  const yTicks = y.ticks(Math.min(4, Math.max(1, y.domain()[1] ?? 1)));
  const left = Math.max(LEAST_LEFT, 12 + CHARACTER_PX * Math.max(...yTicks.map((value) => format(value).length)));
  const domain = frame.range ?? [first, kind === 'bars' ? end + periodMs : Math.max(end, first + 1)];
  return { x: scaleUtc(domain, [left, Math.max(left + 1, width - RIGHT)]), y, yTicks, periodMs, left };
}

function centre(table: ChartTable, { x, periodMs }: Scales, kind: 'bars' | 'lines', index: number): number {
  return x((table.times[index] ?? 0) + (kind === 'bars' ? periodMs / 2 : 0));
}

interface AxesProps {
  readonly scales: Scales;
  readonly width: number;
  readonly height: number;
  readonly format: (value: number) => string;
}

function Axes({ scales: { x, y, yTicks, left }, width, height, format }: AxesProps) {
  const times = x.ticks(Math.max(2, Math.floor(width / 110)));
  const nameOf = x.tickFormat();
  return (
    <g aria-hidden className={styles.axes}>
      {yTicks.map((value) => (
        <g key={value}>
          <line x1={left} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={left - 8} y={y(value)} dy="0.32em" textAnchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {times.map((time) => (
        <text key={time.getTime()} x={x(time)} y={height - 5} textAnchor={x(time) > width - 26 ? 'end' : 'middle'}>
          {clock(time, nameOf)}
        </text>
      ))}
    </g>
  );
}

function clock(time: Date, nameOf: (time: Date) => string): string {
  const isMidnight = time.getUTCHours() === 0 && time.getUTCMinutes() === 0;
  if (isMidnight) return time.toLocaleDateString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
  return time.getUTCSeconds() === 0 ? time.toISOString().slice(11, 16) : nameOf(time);
}

interface MarksProps {
  readonly table: ChartTable;
  readonly scales: Scales;
}

function Bars({ table, scales: { x, y, periodMs } }: MarksProps) {
  return table.times.map((time, index) => {
    let below = 0;
    const left = x(time);
    const width = Math.max(1, x(time + periodMs) - left - (x(time + periodMs) - left > 5 ? 1.5 : 0));
    return table.series.map((item) => {
      const value = item.values[index] ?? 0;
      if (value === 0) return null;
      const bottom = y(below);
      below += value;
      const barHeight = Math.max(1, bottom - y(below));
      return (
        <rect
          key={`${time} ${item.label}`}
          x={left}
          y={bottom - barHeight}
          width={width}
          height={barHeight}
          fill={item.color}
        />
      );
    });
  });
}

function Lines({ table, scales: { x, y } }: MarksProps) {
  const clip = useId();
  return table.series.map((item) => (
    <g key={`${clip}${item.label}`} className={styles.line} stroke={item.color}>
      <path d={linePath(item, table.times, x, y)} />
      {table.times.length === 1 && (
        <circle r={2.5} cx={x(table.times[0] ?? 0)} cy={y(item.values[0] ?? 0)} fill={item.color} />
      )}
    </g>
  ));
}

function linePath(item: ChartSeries, times: readonly number[], x: Scales['x'], y: Scales['y']): string {
  const parts: string[] = [];
  for (const [index, time] of times.entries()) {
    const value = item.values[index];
    if (value === null || value === undefined) continue;
    parts.push(`${parts.length === 0 ? 'M' : 'L'}${x(time).toFixed(1)},${y(value).toFixed(1)}`);
  }
  return parts.join('');
}

interface LegendProps {
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly sum: boolean;
}

function Legend({ series, format, sum }: LegendProps) {
  return (
    <figcaption>
      <ul className={styles.legend}>
        {series.map((item) => (
          <li key={item.label}>
            <span className={styles.swatch} style={{ background: item.color }} />
            {item.label}
            {sum && <span className={styles.total}>{format(item.total)}</span>}
          </li>
        ))}
      </ul>
    </figcaption>
  );
}

function describe(label: string, table: ChartTable, format: (value: number) => string): string {
  if (table.series.length === 0) return `${label}: no data`;
  return `${label}: ${table.series.map((item) => `${item.label} ${format(item.total)}`).join(', ')}`;
}

function nearest(times: readonly number[], time: number): number | undefined {
  let best: number | undefined;
  for (const [index, candidate] of times.entries()) {
    if (best === undefined || Math.abs(candidate - time) < Math.abs((times[best] ?? 0) - time)) best = index;
  }
  return best;
}
