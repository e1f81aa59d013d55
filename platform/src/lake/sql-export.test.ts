import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openTestLake, select, type TestLake } from '../../test/support/lake.ts';
import { UserError } from '../core/errors.ts';
import type { LakeSql } from './sql.ts';
import { type ExportFormat, exportResult } from './sql-export.ts';

let lake: TestLake;
let sql: LakeSql;
before(async () => {
  lake = await openTestLake();
  sql = lake.sql([]);
});
after(() => lake.close());

async function bytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function exported(query: string, format: ExportFormat, guardFormulas = false): Promise<Buffer> {
  return bytes((await exportResult(sql, query, format, { tmpDir: lake.tmpDir, guardFormulas })).stream);
}

const MIXED = `SELECT * FROM (VALUES (1, 'a,"b"', [1, 2]), (2, NULL, NULL), (3, '', []), (4, e'x\\ny', [3])) v("n", "t,", l) ORDER BY n`;

test('CSV', async () => {
  const text = (await exported(MIXED, 'csv')).toString();
  assert.equal(text, 'n,"t,",l\r\n1,"a,""b""","[1,2]"\r\n2,,\r\n3,"",[]\r\n4,"x\ny",[3]\r\n');
});

test('formulas of CSV are guarded on request', async () => {
  const query = `SELECT '=1+1' AS a, '@x' AS b, -1 AS c`;
  assert.equal((await exported(query, 'csv')).toString(), 'a,b,c\r\n=1+1,@x,-1\r\n');
  assert.equal((await exported(query, 'csv', true)).toString(), "a,b,c\r\n'=1+1,'@x,-1\r\n");
});

test('NDJSON, also with a name twice', async () => {
  const lines = (await exported(`SELECT 1 AS a, 2 AS a, {'k': NULL} AS s`, 'json')).toString();
  assert.equal(lines, '{"a":1,"a_1":2,"s":{"k":null}}\n');
});

test('more rows than a query shows', async () => {
  const lines = (await exported('SELECT range AS n FROM range(50000)', 'json')).toString().trimEnd().split('\n');
  assert.equal(lines.length, 50_000);
});

test('Parquet, with and without a semicolon, comments and brackets', async () => {
  for (const query of [
    'SELECT range AS n FROM range(5)',
    'SELECT range AS n FROM range(5); -- done;',
    "SELECT range AS n FROM range(5) WHERE ';' <> ')' -- ; )",
    'WITH r AS (SELECT * FROM range(5)) SELECT range AS n FROM r ORDER BY 1 LIMIT 5 ;',
  ]) {
    const path = join(lake.root, 'out.parquet');
    await writeFile(path, await exported(query, 'parquet'));
    const connection = await lake.duckdb.connect();
    const result = await connection.run(`SELECT sum(n) FROM read_parquet('${path}')`);
    assert.equal(Number((await result.getRows())[0]?.[0]), 10, query);
    connection.closeSync();
  }
});

test('a query that wants out of the brackets of the Parquet export does not get out', async () => {
  const path = join(lake.root, 'stolen.csv');
  for (const query of [
    `SELECT 1) TO '${path}'; --`,
    `SELECT 1; COPY (SELECT 2) TO '${path}'`,
    `SELECT 1) TO '${path}' (FORMAT csv) /*`,
    `EXPLAIN SELECT 1`,
  ]) {
    await assert.rejects(exported(query, 'parquet'), UserError, query);
  }
  assert.ok(!(await readdir(lake.root)).includes('stolen.csv'));
});

test('a reader that goes away leaves nothing behind', async () => {
  for (const format of ['csv', 'parquet'] as const) {
    const { stream } = await exportResult(sql, 'SELECT * FROM range(1000000)', format, { tmpDir: lake.tmpDir });
    for await (const _ of stream) break;
  }
  for (let i = 0; i < 100 && (await scratch()).length > 0; i += 1) await setTimeout(20);
  assert.deepEqual(await scratch(), []);
  assert.deepEqual(await select(sql, 'SELECT 1 AS a'), [{ a: 1 }]);
});

async function scratch(): Promise<string[]> {
  return (await readdir(lake.tmpDir)).filter((name) => name !== 'duckdb');
}
