/** Verification tells what differs, whatever it is. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { openDuckdb } from '../duckdb.ts';
import { jsonSource } from './json-source.ts';
import { findDifferences } from './verify.ts';

let root: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'panther-verify-test-'));
  instance = await openDuckdb({ tmpDir: root, memoryBytes: 256 << 20, threads: 1 });
  connection = await instance.connect();
});
after(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true, force: true });
});

const ROWS = [
  '{"id":"a","n":9007199254740993,"tags":["x","y"],"who":{"name":"alice"}}',
  '{"id":"b","n":2,"tags":null,"who":{}}',
  '{"id":"c","n":2.0}',
];

async function compare(change: string): Promise<string[]> {
  const json = { paths: [join(root, 'rows.json')] };
  writeFileSync(json.paths[0] ?? '', `${ROWS.join('\n')}\n`);
  const text = { kind: 'scalar', type: 'string' } as const;
  const columns = [
    { name: 'id', type: text },
    { name: 'n', type: { kind: 'scalar', type: 'bigint' } },
    { name: 'tags', type: { kind: 'array', element: text } },
    { name: 'who', type: { kind: 'struct', fields: [{ name: 'name', type: text }] } },
  ] as const;
  const source = await jsonSource(connection, { isKnown: false, columns }, json, join(root, 'template.json'));
  const written = join(root, 'written.parquet');
  await connection.run(`COPY (SELECT ${change} FROM (${source.sql}) t) TO '${written}' (FORMAT parquet)`);
  return findDifferences(connection, { json, source, parquet: [], written });
}

for (const [change, differences] of [
  ['*', []],
  ['* REPLACE (n + 1 AS n)', ['the values of n differ']],
  ["* REPLACE (CASE WHEN id = 'b' THEN 'B' ELSE id END AS id)", ['the values of id differ']],
  ['* REPLACE (list_reverse(tags) AS tags)', ['the values of tags differ']],
  ["* REPLACE ({'name': 'bob'} AS who)", ['the values of who differ']],
  ['* REPLACE (NULL::VARCHAR AS id)', ['the values of id differ']],
  ['* EXCLUDE (who)', ['the values of who differ']],
] as const) {
  test(`${change}: ${differences.join() || 'nothing differs'}`, async () => {
    assert.deepEqual(await compare(change), differences);
  });
}

test('missing and doubled rows are told', async () => {
  const found = await compare('*');
  assert.deepEqual(found, []);
  const json = { paths: [join(root, 'rows.json')] };
  const source = await jsonSource(
    connection,
    { isKnown: false, columns: [{ name: 'id', type: { kind: 'scalar', type: 'string' } }] },
    { paths: [join(root, 'ids.json')] },
    join(root, 'template.json'),
  );
  writeFileSync(join(root, 'ids.json'), '{"id":"a"}\n{"id":"b"}\n');
  const written = join(root, 'twice.parquet');
  await connection.run(`COPY (${source.sql} UNION ALL ${source.sql}) TO '${written}' (FORMAT parquet)`);
  const files = { ...json, paths: [join(root, 'ids.json')] };
  assert.deepEqual(await findDifferences(connection, { json: files, source, parquet: [], written }), [
    '2 rows before, 4 after',
    'the values of id differ',
  ]);
});
