/**
 * Takes the rows out that the engine cannot read, after it has refused their files. It is asked about some rows at a
 * time, and about halves of those it refuses, so that what is left is what it reads.
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { readLines } from '../../core/lines.ts';
import { checkRow } from '../row-check.ts';
import type { RowsSegment } from './fetch-rows.ts';
import type { JsonFiles } from './json-source.ts';
import type { TableSchema } from './table-schema.ts';

export interface SetApartOptions {
  readonly segments: readonly RowsSegment[];
  /** Without it a row only has to be a JSON object. */
  readonly schema: TableSchema | undefined;
  /** Of this batch alone; made already. */
  readonly folder: string;
  /** What the engine says against rows, if anything. */
  probe(path: string, maxRowBytes: number): Promise<string | undefined>;
}

export interface SoundRows {
  readonly rows: JsonFiles;
  readonly unfit: readonly UnfitRows[];
}

/** Rows of one file that do not fit: gzip NDJSON of `{"reason", "row"}`, the row as the text that it was. */
export interface UnfitRows {
  /** Of the file that they were in. */
  readonly key: string;
  readonly path: string;
  readonly count: number;
  /** Of the first. */
  readonly reason: string;
}

const ROWS_AT_ONCE = 4_000;
const CHARACTERS_AT_ONCE = 16 << 20;
const MAX_UTF8_BYTES = 3;

export async function setApart(options: SetApartOptions): Promise<SoundRows> {
  const path = `${options.folder}/sound.json`;
  const sound = await open(path, 'w');
  const unfit: UnfitRows[] = [];
  let longest = 0;
  try {
    for (const segment of options.segments) {
      const refused = createRefused(`${options.folder}/unfit-${unfit.length}.json.gz`);
      for await (const rows of groups(segment)) {
        const kept = await soundRows(options, rows, refused.add);
        longest = kept.reduce((max, row) => Math.max(max, row.length), longest);
        if (kept.length > 0) await sound.appendFile(`${kept.join('\n')}\n`);
      }
      const found = await refused.end();
      if (found !== undefined) unfit.push({ key: segment.input.key, ...found });
    }
  } finally {
    await sound.close();
  }
  return { rows: { paths: [path], maxRowBytes: longest * MAX_UTF8_BYTES }, unfit };
}

async function* groups({ path, start, end }: RowsSegment): AsyncIterable<readonly string[]> {
  if (start === end) return;
  let rows: string[] = [];
  let size = 0;
  for await (const row of readLines(createReadStream(path, { start, end: end - 1 }))) {
    if (row.trim() === '') continue;
    rows.push(row);
    size += row.length;
    if (rows.length < ROWS_AT_ONCE && size < CHARACTERS_AT_ONCE) continue;
    yield rows;
    [rows, size] = [[], 0];
  }
  if (rows.length > 0) yield rows;
}

type Refuse = (row: string, reason: string) => Promise<void>;

async function soundRows(options: SetApartOptions, rows: readonly string[], refuse: Refuse) {
  if ((await problemOf(options, rows)) === undefined) return rows;
  const plausible: string[] = [];
  for (const row of rows) {
    const checked = checkRow(row, options.schema?.columns ?? []);
    if ('reason' in checked) await refuse(row, checked.reason);
    // Half surrogates, which no engine stores, are repaired; otherwise the text stays as it is.
    else plausible.push(/\\u[dD][89a-fA-F]/.test(row) && !/\\u0000/.test(row) ? checked.json : row);
  }
  return bisect(options, plausible, refuse);
}

async function bisect(options: SetApartOptions, rows: readonly string[], refuse: Refuse): Promise<readonly string[]> {
  if (rows.length === 0) return rows;
  const problem = await problemOf(options, rows);
  if (problem === undefined) return rows;
  if (rows.length === 1) {
    await refuse(rows[0] ?? '', problem);
    return [];
  }
  const middle = rows.length >> 1;
  const left = await bisect(options, rows.slice(0, middle), refuse);
  return [...left, ...(await bisect(options, rows.slice(middle), refuse))];
}

async function problemOf({ folder, probe }: SetApartOptions, rows: readonly string[]): Promise<string | undefined> {
  const path = `${folder}/probe.json`;
  await writeFile(path, `${rows.join('\n')}\n`);
  return probe(path, Math.max(...rows.map((row) => row.length)) * MAX_UTF8_BYTES);
}

/** Makes the file with the first row. */
function createRefused(path: string) {
  let gzip: Gzip | undefined;
  let written: Promise<void> | undefined;
  let count = 0;
  let firstReason = '';
  return {
    async add(row: string, reason: string): Promise<void> {
      if (gzip === undefined) {
        gzip = createGzip();
        written = finished(gzip.pipe(createWriteStream(path)));
        firstReason = reason;
      }
      count += 1;
      if (!gzip.write(`${JSON.stringify({ reason, row })}\n`)) await once(gzip, 'drain');
    },
    async end(): Promise<Omit<UnfitRows, 'key'> | undefined> {
      gzip?.end();
      await written;
      return count === 0 ? undefined : { path, count, reason: firstReason };
    },
  };
}
