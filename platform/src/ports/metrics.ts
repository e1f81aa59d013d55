/** Metrics written through one API by every component: local time series, or CloudWatch. */

export type Dimensions = Readonly<Record<string, string>>;

export type MetricUnit = 'count' | 'bytes' | 'ms' | 'percent';

/** Adds without waiting; an adapter aggregates in memory and writes every few seconds. */
export interface Metrics {
  /** A counter: adds to the sum of the current period. */
  count(name: string, value: number, dimensions?: Dimensions, unit?: MetricUnit): void;
  /** A gauge: the last value of a period, with its minimum and maximum. */
  gauge(name: string, value: number, dimensions?: Dimensions, unit?: MetricUnit): void;
  /** A histogram: percentiles within 2 % relative error. */
  observe(name: string, value: number, dimensions?: Dimensions, unit?: MetricUnit): void;
  flush(): Promise<void>;
}

export type Statistic = 'sum' | 'count' | 'avg' | 'min' | 'max' | 'last' | 'p50' | 'p90' | 'p95' | 'p99';

export interface MetricQuery {
  readonly name: string;
  readonly statistic: Statistic;
  /** Series must carry these dimensions; others are merged, unless named in `groupBy`. */
  readonly dimensions?: Dimensions;
  readonly groupBy?: readonly string[];
  readonly from: Date;
  readonly to: Date;
  readonly periodMs: number;
}

export interface MetricSeries {
  readonly dimensions: Dimensions;
  /** One point per period that has data, oldest first; `at` is the start of the period. */
  readonly points: readonly { readonly at: Date; readonly value: number }[];
}

export interface MetricsReader {
  query(query: MetricQuery): Promise<readonly MetricSeries[]>;
  /** Names and dimension sets with data since `from`. */
  names(
    from: Date,
  ): Promise<readonly { readonly name: string; readonly unit: MetricUnit; readonly dimensions: Dimensions }[]>;
}
