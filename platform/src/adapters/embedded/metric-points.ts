/** What one series did in one period, and how two periods become one. */
import type { Statistic } from '../../ports/metrics.ts';
import { addToSketch, mergeSketch, quantileOf, type Sketch } from './quantile-sketch.ts';

export interface Point {
  sum: number;
  count: number;
  min: number;
  max: number;
  /** The value of the last addition, and when that was. */
  last: number;
  lastAt: number;
  /** Of histograms only. */
  readonly sketch: Sketch;
}

export function emptyPoint(): Point {
  return { sum: 0, count: 0, min: Infinity, max: -Infinity, last: 0, lastAt: -Infinity, sketch: new Map() };
}

export function addValue(point: Point, value: number, at: number, isHistogram: boolean): void {
  point.sum += value;
  point.count += 1;
  point.min = Math.min(point.min, value);
  point.max = Math.max(point.max, value);
  point.last = value;
  point.lastAt = at;
  if (isHistogram) addToSketch(point.sketch, value);
}

export function mergePoint(into: Point, other: Point): void {
  into.sum += other.sum;
  into.count += other.count;
  into.min = Math.min(into.min, other.min);
  into.max = Math.max(into.max, other.max);
  if (other.lastAt >= into.lastAt) {
    into.last = other.last;
    into.lastAt = other.lastAt;
  }
  mergeSketch(into.sketch, other.sketch);
}

/** Undefined for a percentile of what is no histogram. */
export function statisticOf(point: Point, statistic: Statistic): number | undefined {
  if (statistic === 'avg') return point.sum / point.count;
  if (!statistic.startsWith('p')) return point[statistic as 'sum' | 'count' | 'min' | 'max' | 'last'];
  const value = quantileOf(point.sketch, Number(statistic.slice(1)) / 100);
  return value === undefined ? undefined : Math.min(Math.max(value, point.min), point.max);
}
