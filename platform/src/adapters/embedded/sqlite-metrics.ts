/**
 * Metrics as time series in one SQLite file: added up in memory, written every few seconds, kept for two days at 10 s,
 * for a month at 5 min, then at 1 h. Every thread and process opens its own; what they write to one period is merged.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Dimensions, MetricQuery, MetricSeries, Metrics, MetricsReader, MetricUnit } from '../../ports/metrics.ts';
import { addValue, emptyPoint, mergePoint, type Point, statisticOf } from './metric-points.ts';
import { sketchFromText, sketchToText } from './quantile-sketch.ts';
import { immediately, openSqlite, type SqliteFile, whenUnlocked } from './sqlite.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Resolutions in ms, finest first, and the age at which points move to the next. */
const LEVELS = [
  { resolution: 10_000, keptFor: 2 * DAY },
  { resolution: 5 * MINUTE, keptFor: 30 * DAY },
  { resolution: 60 * MINUTE, keptFor: Infinity },
] as const;

const ROLL_UP_EVERY = 60 * MINUTE;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, dimensions TEXT NOT NULL, unit TEXT NOT NULL, last_at INTEGER NOT NULL,
    UNIQUE (name, dimensions)
  );
  CREATE TABLE IF NOT EXISTS points (
    resolution INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id), at INTEGER NOT NULL,
    sum REAL NOT NULL, count INTEGER NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    last REAL NOT NULL, last_at INTEGER NOT NULL, sketch TEXT NOT NULL,
    PRIMARY KEY (series, resolution, at)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS points_by_age ON points (resolution, at);
`;

export interface SqliteMetricsOptions {
  readonly path: string;
  readonly clock: Clock;
  /** 5 s when absent; 0: only `flush` writes. */
  readonly flushEveryMs?: number;
  /** 400 days when absent. */
  readonly retentionDays?: number;
  /** Told about a failed write by the timer; what was not written is tried again. */
  readonly onError?: (error: unknown) => void;
}

export interface SqliteMetrics extends Metrics, MetricsReader {
  close(): Promise<void>;
}

export async function openSqliteMetrics(options: SqliteMetricsOptions): Promise<SqliteMetrics> {
  // Losing the last seconds to a crash of the machine is all right; a commit need not wait for the disk.
  const file = openSqlite(options.path, 'NORMAL');
  await whenUnlocked(options.path, () => file.db.exec(SCHEMA));
  return new FileMetrics(file, options);
}

interface Pending {
  readonly name: string;
  readonly dimensions: string;
  readonly unit: MetricUnit;
  readonly at: number;
  readonly point: Point;
}

class FileMetrics implements SqliteMetrics {
  readonly #file: SqliteFile;
  readonly #now: () => number;
  readonly #retentionMs: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #pending = new Map<string, Pending>();
  #rolledUpAt = -Infinity;

  constructor(file: SqliteFile, options: SqliteMetricsOptions) {
    this.#file = file;
    this.#now = () => options.clock.now().getTime();
    this.#retentionMs = (options.retentionDays ?? 400) * DAY;
    const flushEveryMs = options.flushEveryMs ?? 5_000;
    const onError = options.onError ?? (() => {});
    if (flushEveryMs > 0) this.#timer = setInterval(() => this.flush().catch(onError), flushEveryMs).unref();
  }

  count(name: string, value: number, dimensions: Dimensions = {}, unit: MetricUnit = 'count'): void {
    this.#add(name, value, dimensions, unit, false);
  }

  gauge(name: string, value: number, dimensions: Dimensions = {}, unit: MetricUnit = 'count'): void {
    this.#add(name, value, dimensions, unit, false);
  }

  observe(name: string, value: number, dimensions: Dimensions = {}, unit: MetricUnit = 'ms'): void {
    this.#add(name, value, dimensions, unit, true);
  }

  #add(name: string, value: number, dimensions: Dimensions, unit: MetricUnit, isHistogram: boolean): void {
    if (!Number.isFinite(value)) return;
    const now = this.#now();
    const at = startOf(now, LEVELS[0].resolution);
    const sorted = canonical(dimensions);
    const key = `${at} ${name} ${sorted}`;
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = { name, dimensions: sorted, unit, at, point: emptyPoint() };
      this.#pending.set(key, pending);
    }
    addValue(pending.point, value, now, isHistogram);
  }

  async flush(): Promise<void> {
    const written = this.#pending;
    this.#pending = new Map();
    try {
      if (written.size > 0) await immediately(this.#file, () => this.#write([...written.values()]));
    } catch (error) {
      this.#takeBack(written);
      throw error;
    }
    await this.#rollUp();
  }

  #takeBack(pending: ReadonlyMap<string, Pending>): void {
    for (const [key, { point, ...rest }] of pending) {
      const newer = this.#pending.get(key);
      if (newer) mergePoint(newer.point, point);
      else this.#pending.set(key, { ...rest, point });
    }
  }

  #write(all: readonly Pending[]): void {
    for (const { name, dimensions, unit, at, point } of all) {
      const series = this.#file
        .prepare(
          `INSERT INTO series (name, dimensions, unit, last_at) VALUES (?, ?, ?, ?) ON CONFLICT (name, dimensions)
           DO UPDATE SET last_at = max(last_at, excluded.last_at), unit = excluded.unit RETURNING id`,
        )
        .get(name, dimensions, unit, at);
      this.#merge(LEVELS[0].resolution, Number(series?.id), at, point);
    }
  }

  #merge(resolution: number, series: number, at: number, point: Point): void {
    const select = this.#file.prepare('SELECT * FROM points WHERE resolution = ? AND series = ? AND at = ?');
    const stored = select.get(resolution, series, at);
    const merged = stored ? pointOf(stored) : emptyPoint();
    mergePoint(merged, point);
    const { sum, count, min, max, last, lastAt, sketch } = merged;
    this.#file
      .prepare('INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(resolution, series, at, sum, count, min, max, last, lastAt, sketchToText(sketch));
  }

  /** Moves old points to a coarser resolution a little at a time, so that no transaction is long. */
  async #rollUp(): Promise<void> {
    const now = this.#now();
    if (now - this.#rolledUpAt < ROLL_UP_EVERY) return;
    this.#rolledUpAt = now;
    for (const [index, level] of LEVELS.entries()) {
      const next = LEVELS[index + 1];
      if (next === undefined) continue;
      const before = startOf(now - level.keptFor, next.resolution);
      while (await immediately(this.#file, () => this.#rollUpSome(level.resolution, next.resolution, before)));
    }
    const oldest = now - this.#retentionMs;
    await immediately(this.#file, () => {
      this.#file.prepare('DELETE FROM points WHERE resolution >= 0 AND at < ?').run(oldest);
      this.#file.prepare('DELETE FROM series WHERE last_at < ? AND id NOT IN (SELECT series FROM points)').run(oldest);
    });
  }

  #rollUpSome(from: number, to: number, before: number): boolean {
    const rows = this.#file
      .prepare('SELECT * FROM points WHERE resolution = ? AND at < ? ORDER BY at LIMIT 1000')
      .all(from, before);
    const remove = this.#file.prepare('DELETE FROM points WHERE resolution = ? AND series = ? AND at = ?');
    for (const row of rows) {
      const [series, at] = [Number(row.series), Number(row.at)];
      this.#merge(to, series, startOf(at, to), pointOf(row));
      remove.run(from, series, at);
    }
    return rows.length > 0;
  }

  async query(query: MetricQuery): Promise<readonly MetricSeries[]> {
    await this.flush();
    const series = this.#file.prepare('SELECT id, dimensions FROM series WHERE name = ?').all(query.name);
    const groups = new Map<string, Map<number, Point>>();
    for (const { id, dimensions } of series) {
      const all = JSON.parse(String(dimensions)) as Dimensions;
      if (!carries(all, query.dimensions ?? {})) continue;
      const shown = canonical(Object.fromEntries((query.groupBy ?? []).map((name) => [name, all[name] ?? ''])));
      const periods = groups.get(shown) ?? new Map<number, Point>();
      groups.set(shown, periods);
      this.#addPoints(periods, Number(id), query);
    }
    return Array.from(groups, ([dimensions, periods]) => ({
      dimensions: JSON.parse(dimensions) as Dimensions,
      points: pointsOf(periods, query),
    })).filter(({ points }) => points.length > 0);
  }

  #addPoints(periods: Map<number, Point>, series: number, { from, to, periodMs }: MetricQuery): void {
    const range = 'SELECT * FROM points WHERE series = ? AND resolution = ? AND at >= ? AND at < ? ORDER BY at';
    for (const { resolution } of LEVELS) {
      const rows = this.#file.prepare(range).all(series, resolution, startOf(from.getTime(), resolution), to.getTime());
      for (const row of rows) {
        const at = startOf(Number(row.at), periodMs);
        const point = periods.get(at) ?? emptyPoint();
        mergePoint(point, pointOf(row));
        periods.set(at, point);
      }
    }
  }

  async names(from: Date) {
    await this.flush();
    const rows = this.#file
      .prepare('SELECT name, unit, dimensions FROM series WHERE last_at >= ? ORDER BY name, dimensions')
      .all(startOf(from.getTime(), LEVELS[0].resolution));
    return rows.map(({ name, unit, dimensions }) => ({
      name: String(name),
      unit: unit as MetricUnit,
      dimensions: JSON.parse(String(dimensions)) as Dimensions,
    }));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    this.#file.close();
  }
}

function pointsOf(periods: ReadonlyMap<number, Point>, { statistic }: MetricQuery) {
  return Array.from(periods, ([at, point]) => ({ at: new Date(at), value: statisticOf(point, statistic) }))
    .filter((point): point is { at: Date; value: number } => point.value !== undefined)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

function pointOf(row: Record<string, unknown>): Point {
  const [sum, count, min, max] = [Number(row.sum), Number(row.count), Number(row.min), Number(row.max)];
  return {
    sum,
    count,
    min,
    max,
    last: Number(row.last),
    lastAt: Number(row.last_at),
    sketch: sketchFromText(String(row.sketch)),
  };
}

function carries(all: Dimensions, wanted: Dimensions): boolean {
  return Object.entries(wanted).every(([name, value]) => all[name] === value);
}

function canonical(dimensions: Dimensions): string {
  return JSON.stringify(Object.fromEntries(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function startOf(at: number, periodMs: number): number {
  return Math.floor(at / periodMs) * periodMs;
}
