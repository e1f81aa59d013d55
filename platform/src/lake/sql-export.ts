/** The whole result of a query as text or as a Parquet file, in a stream. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { LakeSql, QueryOptions, QueryRun } from './sql.ts';
import type { Json } from './sql-values.ts';

export const EXPORT_FORMATS = ['csv', 'json', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions extends QueryOptions {
  /** Scratch space for Parquet. */
  readonly tmpDir: string;
  /** Puts `'` before texts of CSV that a spreadsheet would run as a formula. */
  readonly guardFormulas?: boolean;
}

export interface Export {
  readonly stream: Readable;
  /** Rows given so far; for Parquet the whole number. */
  rowCount(): number;
}

/**
 * CSV is RFC 4180 with a header, `json` one object a line. Every row is given, unless `maxRows` says less (not for
 * Parquet). Errors before the first row are thrown, later ones destroy the stream.
 */
export async function exportResult(
  lake: LakeSql,
  sql: string,
  format: ExportFormat,
  options: ExportOptions,
): Promise<Export> {
  if (format === 'parquet') return exportParquet(lake, sql, options);
  const run = await lake.query(sql, { maxRows: Number.MAX_SAFE_INTEGER, ...options });
  const text = format === 'csv' ? csvText(run, options.guardFormulas ?? false) : ndjsonText(run);
  const stream = Readable.from(text, { objectMode: false });
  stream.once('close', () => void run.close());
  return { stream, rowCount: () => run.stats().rows };
}

async function exportParquet(lake: LakeSql, sql: string, options: ExportOptions): Promise<Export> {
  await mkdir(options.tmpDir, { recursive: true });
  const path = join(options.tmpDir, `export-${randomUUID()}.parquet`);
  try {
    const { rowCount } = await lake.exportParquet(sql, path, options);
    const stream = createReadStream(path);
    stream.once('close', () => void rm(path, { force: true }));
    return { stream, rowCount: () => rowCount };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Texts of some rows each. */
export async function* ndjsonText(run: QueryRun): AsyncGenerator<string> {
  const names = distinct(run.columns.map(({ name }) => name));
  for await (const rows of run.rows) {
    yield rows.map((row) => `${JSON.stringify(toObject(names, row))}\n`).join('');
  }
}

export async function* csvText(run: QueryRun, guardFormulas: boolean): AsyncGenerator<string> {
  const line = (values: readonly Json[]) => `${values.map((value) => csvField(value, guardFormulas)).join(',')}\r\n`;
  yield line(run.columns.map(({ name }) => name));
  for await (const rows of run.rows) yield rows.map(line).join('');
}

/** NULL is an empty field, an empty text is `""`. */
function csvField(value: Json, guardFormulas: boolean): string {
  if (value === null) return '';
  if (typeof value === 'string') return quoted(guardFormulas && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  return quoted(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toObject(names: readonly string[], row: readonly Json[]): Record<string, Json> {
  return Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
}

/** `a, a` becomes `a, a_1`: an object has each name once. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>(names);
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let count = 1;
    while (taken.has(`${name}_${count}`)) count += 1;
    taken.add(`${name}_${count}`);
    return `${name}_${count}`;
  });
}
