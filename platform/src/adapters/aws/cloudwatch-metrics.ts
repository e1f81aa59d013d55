/**
 * Metrics for CloudWatch: added up in memory, written as embedded metric format every minute, to CloudWatch Logs or to
 * the standard output. What the console shows is read from a local copy, which has every value at once and costs no
 * requests; alarms and the dashboards of the account read CloudWatch.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Dimensions, Metrics, MetricsReader, MetricUnit } from '../../ports/metrics.ts';
import { type EmfLine, type EmfSeries, emfLines } from './emf.ts';

/** Takes lines, or throws; then they are given again with the next ones. */
export type EmfOutput = (lines: readonly EmfLine[]) => Promise<void>;

export interface CloudWatchMetricsOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly output: EmfOutput;
  /** Answers queries. */
  readonly local: Metrics & MetricsReader & { close(): Promise<void> };
  /** A minute without it; 0: only `flush` writes. */
  readonly flushEveryMs?: number;
  /** Told about a failed write by the timer. */
  readonly onError?: (error: unknown) => void;
}

export interface CloudWatchMetrics extends Metrics, MetricsReader {
  close(): Promise<void>;
}

type Kind = 'counter' | 'gauge' | 'histogram';

interface Series extends EmfSeries {
  readonly kind: Kind;
  values: number[];
}

const RESOLUTION_MS = 60_000;
/** Of a histogram in a minute; what is more is written at once. */
const VALUES_HELD = 5_000;
/** While CloudWatch cannot be reached; then the oldest go. */
const LINES_HELD = 20_000;

export function createCloudWatchMetrics(options: CloudWatchMetricsOptions): CloudWatchMetrics {
  const { local, clock, namespace } = options;
  const onError = options.onError ?? (() => {});
  const flushEveryMs = options.flushEveryMs ?? RESOLUTION_MS;
  let series = new Map<string, Series>();
  let unsent: EmfLine[] = [];
  let sending: Promise<void> = Promise.resolve();

  function add(kind: Kind, name: string, value: number, dimensions: Dimensions, unit: MetricUnit): void {
    if (!Number.isFinite(value)) return;
    const at = Math.floor(clock.now().getTime() / RESOLUTION_MS) * RESOLUTION_MS;
    const key = JSON.stringify([at, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
    let one = series.get(key);
    if (one === undefined) {
      one = { kind, name, unit, dimensions, at, values: [] };
      series.set(key, one);
    }
    if (kind === 'counter') one.values = [(one.values[0] ?? 0) + value];
    else if (kind === 'gauge') one.values = gaugeValues(one.values, value);
    else one.values.push(value);
    if (one.values.length >= VALUES_HELD) send().catch(onError);
  }

  /** One after the other, so that lines keep their order. */
  function send(): Promise<void> {
    const result = sending.then(sendAll);
    sending = result.catch(() => {});
    return result;
  }

  async function sendAll(): Promise<void> {
    unsent.push(...emfLines(namespace, [...series.values()]));
    series = new Map();
    if (unsent.length > LINES_HELD) unsent = unsent.slice(-LINES_HELD);
    const lines = unsent;
    if (lines.length === 0) return;
    unsent = [];
    try {
      await options.output(lines);
    } catch (error) {
      unsent = [...lines, ...unsent];
      throw error;
    }
  }

  const timer = flushEveryMs > 0 ? setInterval(() => send().catch(onError), flushEveryMs).unref() : undefined;
  return {
    count(name, value, dimensions = {}, unit = 'count') {
      add('counter', name, value, dimensions, unit);
      local.count(name, value, dimensions, unit);
    },
    gauge(name, value, dimensions = {}, unit = 'count') {
      add('gauge', name, value, dimensions, unit);
      local.gauge(name, value, dimensions, unit);
    },
    observe(name, value, dimensions = {}, unit = 'ms') {
      add('histogram', name, value, dimensions, unit);
      local.observe(name, value, dimensions, unit);
    },
    async flush() {
      await local.flush();
      await send();
    },
    query: (query) => local.query(query),
    names: (from) => local.names(from),
    async close() {
      clearInterval(timer);
      // A stop does not fail because CloudWatch is away.
      await send().catch(onError);
      await local.close();
    },
  };
}

/** Lowest, highest and last value of the minute: what a gauge promises to keep. */
function gaugeValues(values: readonly number[], value: number): number[] {
  return [...new Set([Math.min(value, ...values), Math.max(value, ...values), value])];
}
