/**
 * The embedded metric format of CloudWatch: log lines from which CloudWatch takes metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Dimensions, MetricUnit } from '../../ports/metrics.ts';

/** Values of one metric that came together. */
export interface EmfSeries {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly dimensions: Dimensions;
  /** ms since the epoch. */
  readonly at: number;
  readonly values: readonly number[];
}

export interface EmfLine {
  /** ms since the epoch. */
  readonly timestamp: number;
  /** One JSON document without line breaks. */
  readonly text: string;
}

export const MAX_METRICS = 100;
export const MAX_VALUES = 100;
export const MAX_DIMENSIONS = 30;
const MAX_NAME = 255;
const MAX_DIMENSION_NAME = 250;
const MAX_DIMENSION_VALUE = 1_024;
/** CloudWatch takes no value outside, except 0. */
const [SMALLEST, LARGEST] = [8.51592e-109, 1.174271e108];

const UNITS: Readonly<Record<MetricUnit, string>> = {
  count: 'Count',
  bytes: 'Bytes',
  ms: 'Milliseconds',
  percent: 'Percent',
};

/** Series that share time and dimensions share lines, as far as the format allows. */
export function emfLines(namespace: string, series: readonly EmfSeries[]): EmfLine[] {
  const split = series.flatMap(inParts);
  const groups = Map.groupBy(split, ({ at, dimensions }) => `${at} ${JSON.stringify(sorted(dimensions))}`);
  return [...groups.values()].flatMap((group) => linesOf(namespace, group));
}

/** Of at most 100 values each. */
function inParts(series: EmfSeries): EmfSeries[] {
  const values = series.values.map(inRange);
  const parts = Array.from({ length: Math.ceil(values.length / MAX_VALUES) }, (_, index) =>
    values.slice(index * MAX_VALUES, (index + 1) * MAX_VALUES),
  );
  return parts.map((part) => ({ ...series, values: part }));
}

function linesOf(namespace: string, group: readonly EmfSeries[]): EmfLine[] {
  const lines: EmfSeries[][] = [];
  const taken: Set<string>[] = [];
  for (const one of group) {
    // A line has one member for each name, so what is more of the same goes into the next line.
    const free = taken.findIndex((names) => !names.has(one.name) && names.size < MAX_METRICS);
    if (free === -1) {
      lines.push([one]);
      taken.push(new Set([one.name]));
    } else {
      lines[free]?.push(one);
      taken[free]?.add(one.name);
    }
  }
  return lines.map((line) => toLine(namespace, line));
}

function toLine(namespace: string, metrics: readonly EmfSeries[]): EmfLine {
  const timestamp = metrics[0]?.at ?? 0;
  const dimensions = dimensionsOf(metrics[0]?.dimensions ?? {}, new Set(metrics.map(({ name }) => name)));
  const definitions = metrics.map(({ name, unit }) => ({ Name: name.slice(0, MAX_NAME), Unit: UNITS[unit] }));
  const directive = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: definitions };
  const values = metrics.map(({ name, values: all }) => [name.slice(0, MAX_NAME), all.length === 1 ? all[0] : all]);
  const document = {
    _aws: { Timestamp: timestamp, CloudWatchMetrics: [directive] },
    ...dimensions,
    ...Object.fromEntries(values),
  };
  return { timestamp, text: JSON.stringify(document) };
}

/** A dimension is a member beside the metrics, so it gives way to a metric of its name; an empty value is not allowed. */
function dimensionsOf(dimensions: Dimensions, taken: ReadonlySet<string>): Record<string, string> {
  const entries = Object.entries(sorted(dimensions)).slice(0, MAX_DIMENSIONS);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const free = taken.has(name) || name === '_aws' ? `${name}_` : name;
      return [printable(free).slice(0, MAX_DIMENSION_NAME), printable(value).slice(0, MAX_DIMENSION_VALUE)];
    }),
  );
}

/** CloudWatch takes ASCII with at least one character that is not white space. */
function printable(text: string): string {
  const ascii = text.replaceAll(/[^\x20-\x7e]/g, '?').replace(/^:/, '_');
  return ascii.trim() === '' ? 'none' : ascii;
}

function inRange(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size < SMALLEST) return 0;
  return size > LARGEST ? Math.sign(value) * LARGEST : value;
}

function sorted(dimensions: Dimensions): Dimensions {
  return Object.fromEntries(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
