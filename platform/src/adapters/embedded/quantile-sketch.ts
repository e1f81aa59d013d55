/**
 * Quantiles within 1 % relative error, mergeable: counts per logarithmic bucket, as in DDSketch (Masson, Rim, Lee:
 * "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
 */
const GAMMA = 1.01 / 0.99;
const LOG_GAMMA = Math.log(GAMMA);
/** Smaller ones count as zero. */
const MIN_VALUE = 1e-9;

/** Bucket to count: `p<index>` of positive values, `n<index>` of negative ones, `z` of zero. */
export type Sketch = Map<string, number>;

export function addToSketch(sketch: Sketch, value: number): void {
  const bucket = bucketOf(value);
  sketch.set(bucket, (sketch.get(bucket) ?? 0) + 1);
}

export function mergeSketch(into: Sketch, other: Sketch): void {
  for (const [bucket, count] of other) into.set(bucket, (into.get(bucket) ?? 0) + count);
}

/** @param quantile 0 to 1; undefined for an empty sketch */
export function quantileOf(sketch: Sketch, quantile: number): number | undefined {
  const buckets = Array.from(sketch, ([bucket, count]) => ({ value: middleOf(bucket), count }));
  buckets.sort((a, b) => a.value - b.value);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const rank = quantile * (total - 1);
  let seen = 0;
  for (const { value, count } of buckets) {
    seen += count;
    if (seen > rank) return value;
  }
  return undefined;
}

export function sketchToText(sketch: Sketch): string {
  return Array.from(sketch, ([bucket, count]) => `${bucket}:${count}`).join(' ');
}

export function sketchFromText(text: string): Sketch {
  const entries = text.split(' ').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf(':')), Number(entry.slice(entry.indexOf(':') + 1))]),
  );
}

function bucketOf(value: number): string {
  if (Math.abs(value) < MIN_VALUE) return 'z';
  return `${value < 0 ? 'n' : 'p'}${Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA)}`;
}

function middleOf(bucket: string): number {
  if (bucket === 'z') return 0;
  const magnitude = (2 * GAMMA ** Number(bucket.slice(1))) / (GAMMA + 1);
  return bucket.startsWith('n') ? -magnitude : magnitude;
}
