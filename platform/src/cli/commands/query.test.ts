import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openTestLake, type TestLake, testRow } from '../../../test/support/lake.ts';
import { type RunOptions, runCommand } from '../../../test/support/run-command.ts';
import type { LakeTable } from '../../core/table.ts';
import { query } from './query.ts';

const STRING = { kind: 'scalar', type: 'string' } as const;
/** The part of the log type that the test needs; `panther query` has the log type itself. */
const nginx: LakeTable = {
  database: 'panther_logs',
  name: 'nginx_access',
  logType: 'Nginx.Access',
  columns: [
    { name: 'remoteAddr', type: STRING },
    { name: 'p_row_id', type: STRING },
    { name: 'p_event_time', type: { kind: 'scalar', type: 'timestamp' } },
  ],
};

let lake: TestLake;
before(async () => {
  lake = await openTestLake();
  const rows = [1, 2, 3].map((i) => testRow(i, `2026-01-02 03:00:0${i}`, { remoteAddr: `192.0.2.${i}` }));
  await lake.store('c1', nginx, rows);
});
after(() => lake.close());

const run = (argv: readonly string[], options?: RunOptions) =>
  runCommand(query, ['--data-dir', lake.root, ...argv], options);

const SQL = 'SELECT remoteAddr AS addr, second(p_event_time) AS s FROM nginx_access ORDER BY s';

test('a table, numbers on the right, the number of rows on stderr', async () => {
  const { status, stdout, stderr } = await run([SQL]);
  assert.equal(status, 0);
  assert.equal(
    stdout,
    [
      '┌───────────┬────────┐',
      '│ addr      │      s │',
      '│ varchar   │ bigint │',
      '├───────────┼────────┤',
      '│ 192.0.2.1 │      1 │',
      '│ 192.0.2.2 │      2 │',
      '│ 192.0.2.3 │      3 │',
      '└───────────┴────────┘',
      '',
    ].join('\n'),
  );
  assert.match(stderr, /^3 rows in \d+\.\d\d s\n$/);
});

test('NDJSON and CSV; SQL from stdin; fewer rows on request', async () => {
  const json = await run(['--format', 'json', '-'], { stdin: SQL });
  assert.equal(json.stdout.split('\n')[0], '{"addr":"192.0.2.1","s":1}');
  const csv = await run(['--format', 'csv', '--max-rows', '2', SQL]);
  assert.equal(csv.stdout, 'addr,s\r\n192.0.2.1,1\r\n192.0.2.2,2\r\n');
  assert.match(csv.stderr, /^2 rows in .*; there are more, see --max-rows\n$/);
});

test('Parquet', async () => {
  const { status, stdout, stderr } = await run(['--format', 'parquet', SQL]);
  assert.equal(status, 0);
  assert.match(stdout, /^PAR1.*PAR1$/s);
  assert.equal(stderr, '3 rows\n');
  assert.equal((await run(['--format', 'parquet', '--max-rows', '1', SQL])).status, 2);
});

test('lists tables, describes, explains', async () => {
  assert.match((await run(['SHOW ALL TABLES'])).stdout, /panther_rule_matches │ aws_cloudtrail/);
  assert.match((await run(['DESCRIBE aws_cloudtrail'])).stdout, /│ eventName +│ VARCHAR/);
  assert.match((await run([`EXPLAIN ${SQL}`])).stdout, /^┌─+┐\n│ +\w/);
});

test('mistakes have status 2 and a sentence', async () => {
  for (const [argv, message] of [
    [['SELEC'], /syntax error/],
    [['SELECT * FROM nope'], /there is no table "nope" in the lake/],
    [["COPY nginx_access TO '/tmp/x'"], /only SELECT/],
    [['--format', 'xml', SQL], /--format must be one of/],
    [
      ['--timeout', '1', 'SELECT count(*) FROM range(100000000000) a, range(1000000) b WHERE a.range = b.range * 7'],
      /took longer than 1 s/,
    ],
  ] as const) {
    const { status, stderr } = await run(argv);
    assert.equal(status, 2, argv.join(' '));
    assert.match(stderr, message);
  }
  const nowhere = await runCommand(query, ['--data-dir', join(lake.root, 'none'), 'SELECT 1']);
  assert.match(nowhere.stderr, /there is no Panther data in .*none; start Panther/);
  assert.equal(nowhere.status, 2);
  assert.ok(!(await readdir(lake.root)).includes('none'), 'nothing is created');
});
