/** Rows of any shape survive: what is read from the Parquet file is what was written as JSON. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { openDuckdb } from '../duckdb.ts';
import { initialSchema } from './table-schema.ts';
import { findDifferences } from './verify.ts';
import { writeParquet } from './write-parquet.ts';

let root: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'panther-schema-test-'));
  instance = await openDuckdb({ tmpDir: root, memoryBytes: 512 << 20, threads: 1 });
  connection = await instance.connect();
});
after(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true, force: true });
});

/** As compact does it, for a table that the lake does not have. */
async function convert(batches: readonly (readonly object[])[]) {
  const declared = initialSchema(undefined, 'panther_logs');
  const schema = { declared, current: declared };
  const found: unknown[] = [];
  for (const [index, rows] of batches.entries()) {
    const folder = join(root, `batch-${index}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'rows.json');
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const input = { key: 'k', sizeBytes: 0, modifiedAt: new Date(0), version: '' };
    const end = statSync(path).size;
    const fetched = {
      inputs: [input],
      segments: [{ input, path, start: 0, end }],
      paths: [path],
      bytes: end,
      damaged: [],
    };
    const written = await writeParquet({ connection, rows: fetched, parquet: [], folder, schema });
    assert.deepEqual(written.unfit, []);
    const { json, source } = written;
    assert.deepEqual(await findDifferences(connection, { json, source, parquet: [], written: written.path }), []);
    const read = await connection.runAndReadAll(`SELECT * FROM '${written.path}' ORDER BY p_row_id::INTEGER`);
    const keys = new Map(source?.columns.map(({ key, name }) => [name, key]));
    for (const row of read.getRowObjectsJson()) {
      found.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [keys.get(name) ?? name, value])));
    }
  }
  return found;
}

/** Whether a value can be read as the one that was written: as its type, or as JSON text. */
function isSame(written: unknown, read: unknown): boolean {
  if (written === null || written === undefined) return read === null || read === undefined;
  if (typeof written === 'string') return read === written || isText(written, read);
  if (typeof written === 'number') return Number(read) === written;
  if (typeof read === 'string') return isText(written, read);
  if (Array.isArray(written)) {
    return Array.isArray(read) && read.length === written.length && written.every((one, i) => isSame(one, read[i]));
  }
  if (typeof written !== 'object') return written === read;
  if (typeof read !== 'object' || read === null) return false;
  const [was, is] = [written as Record<string, unknown>, read as Record<string, unknown>];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].every((key) => isSame(was[key], is[key]));
}

function isText(written: unknown, read: unknown): boolean {
  if (typeof read !== 'string') return false;
  try {
    return isSame(written, JSON.parse(read));
  } catch {
    return false;
  }
}

const keys = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'A', 'b', 'c', "it's", 'x/y~z', 'é') }, fc.string());
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, 1, -7, 1.5, 2 ** 52, '', '007', '2026-01-02 03:04:05.000000000'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const rows = fc.array(fc.dictionary(keys, values, { maxKeys: 4 }), { minLength: 1, maxLength: 6 });

test('what is read is what was written', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 2 }), async (batches) => {
      let id = 0;
      const numbered = batches.map((batch) =>
        batch.map((row) => ({ ...row, p_row_id: String(id++), p_event_time: '2026-01-02 03:04:05' })),
      );
      const found = (await convert(numbered)) as Record<string, unknown>[];
      for (const [index, row] of numbered.flat().entries()) {
        const { p_event_time: _time, ...read } = found[index] ?? {};
        const { p_event_time: _was, ...written } = row;
        assert.ok(isSame(written, read), `${JSON.stringify(written)}\n${JSON.stringify(read)}`);
      }
    }),
    { numRuns: Number(process.env.PANTHER_SCHEMA_RUNS ?? 40) },
  );
});
