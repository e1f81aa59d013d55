/** Arithmetic behind the charts. */
import type { Series } from '@panther/platform/contract';

export interface ChartSeries {
  readonly label: string;
  /** A CSS colour. */
  readonly color: string;
  /** One value per time of the table; absent values are `null`. */
  readonly values: readonly (number | null)[];
  readonly total: number;
}

export interface ChartTable {
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
}

const PALETTE_SIZE = 11;

/** The n-th colour for things without one of their own; the last is for what is left over. */
export function seriesColor(index: number): string {
  return `var(--series-${Math.min(index, PALETTE_SIZE) + 1})`;
}

interface TableOptions {
  readonly colorOf?: (label: string, index: number) => string;
  /** Series beyond this number are added up as `Other`. */
  readonly most?: number;
  /** Leaves the rest out instead, where adding up means nothing, such as for percentiles. */
  readonly omitsRest?: boolean;
  /** Bars: every period of the range is there, zero where nothing was. */
  readonly grid?: { readonly fromMs: number; readonly toMs: number; readonly periodMs: number };
}

/** Aligns series on common times. */
export function chartTable(series: readonly Series[], options: TableOptions = {}): ChartTable {
  const times = options.grid === undefined ? unionOfTimes(series) : gridTimes(options.grid);
  const rows = series.map(({ label, points }) => row(label, points, times, options.grid));
  const folded = fold(rows, options.most ?? PALETTE_SIZE + 1, options.omitsRest ?? false);
  const color =
    options.colorOf ?? ((label, index) => (label === 'Other' ? seriesColor(PALETTE_SIZE) : seriesColor(index)));
  return { times, series: folded.map((item, index) => ({ ...item, color: color(item.label, index) })) };
}

type Row = Omit<ChartSeries, 'color'>;

function row(label: string, points: Series['points'], times: readonly number[], grid: TableOptions['grid']): Row {
  const byTime = new Map<number, number>();
  for (const point of points) {
    const at = grid === undefined ? Date.parse(point.at) : floorTo(Date.parse(point.at), grid);
    byTime.set(at, (byTime.get(at) ?? 0) + point.value);
  }
  const values = times.map((time) => byTime.get(time) ?? (grid === undefined ? null : 0));
  return { label, values, total: points.reduce((sum, point) => sum + point.value, 0) };
}

function fold(rows: readonly Row[], most: number, omitsRest: boolean): readonly Row[] {
  if (rows.length <= most) return rows;
  const byTotal = rows.toSorted((a, b) => b.total - a.total);
  if (omitsRest) return byTotal.slice(0, most);
  const kept = byTotal.slice(0, most - 1);
  const rest = byTotal.slice(most - 1);
  const values = (rest[0]?.values ?? []).map((_, index) =>
    rest.reduce((sum, item) => sum + (item.values[index] ?? 0), 0),
  );
  return [...kept, { label: 'Other', values, total: rest.reduce((sum, item) => sum + item.total, 0) }];
}

function unionOfTimes(series: readonly Series[]): number[] {
  const times = new Set(series.flatMap(({ points }) => points.map(({ at }) => Date.parse(at))));
  return [...times].toSorted((a, b) => a - b);
}

function gridTimes({ fromMs, toMs, periodMs }: NonNullable<TableOptions['grid']>): number[] {
  const first = Math.floor(fromMs / periodMs) * periodMs;
  const count = Math.max(1, Math.ceil((toMs - first) / periodMs));
  return Array.from({ length: count }, (_, index) => first + index * periodMs);
}

function floorTo(timeMs: number, { periodMs }: { readonly periodMs: number }): number {
  return Math.floor(timeMs / periodMs) * periodMs;
}

/** The highest value of a chart: of the stack for bars, of any series for lines; at least 1. */
export function chartMax(table: ChartTable, kind: 'bars' | 'lines'): number {
  const heights = table.times.map((_, index) => {
    const values = table.series.map((item) => item.values[index] ?? 0);
    return kind === 'bars' ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
  });
  return Math.max(0, ...heights) || 1;
}
