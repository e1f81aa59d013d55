/** `panther compact` on folders, on S3 as the in-process emulator has it, and on a lake. */
import assert from 'node:assert/strict';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'yaml';
import { type AwsEmulator, startAwsEmulator } from '../../../test/support/aws-emulator.ts';
import { openTestLake, testRow, testTable } from '../../../test/support/lake.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { ownOwner } from '../../app/tools/compact-scratch.ts';
import { tableName } from '../../core/ids.ts';
import { openDuckdb } from '../../lake/duckdb.ts';
import { compact } from './compact.ts';

const HOUR = 'year=2026/month=01/day=02/hour=03';
const FLOWS = `logs/aws_vpcflow/${HOUR}`;
const OWN = `logs/custom_orders/${HOUR}`;

let root: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'panther-compact-test-'));
  instance = await openDuckdb({ tmpDir: root, memoryBytes: 512 << 20, threads: 1 });
  connection = await instance.connect();
});
after(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true, force: true });
});

/** A folder with these files; `.gz` are compressed, unless they are bytes. */
function folderOf(files: Readonly<Record<string, readonly object[] | string | Buffer>>): string {
  const folder = mkdtempSync(join(root, 'folder-'));
  for (const [key, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytesOf(key, content));
  }
  return folder;
}

function bytesOf(key: string, content: readonly object[] | string | Buffer): Buffer {
  if (Buffer.isBuffer(content)) return content;
  const text = typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join('');
  return key.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
}

interface Report {
  readonly tables: readonly { readonly table: string; readonly [key: string]: unknown }[];
}

async function run(args: readonly string[], options: Parameters<typeof runCommand>[2] = {}) {
  const done = await runCommand(compact, ['--min-age', '0', '--json', ...args], { now: new Date(), ...options });
  return { ...done, report: done.stdout === '' ? { tables: [] } : (JSON.parse(done.stdout) as Report) };
}

function filesOf(folder: string): string[] {
  return globSync('**/*', { cwd: folder })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

async function query(sql: string): Promise<unknown[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

/** Of every Parquet file in the place of old ones. */
function rowsOf(folder: string, columns = '*', rest = ''): Promise<unknown[]> {
  return query(`SELECT ${columns} FROM read_parquet('${folder}/**/2*.parquet', union_by_name=true) ${rest}`);
}

function flow(index: number, more: object = {}) {
  const second = String(59 - index).padStart(2, '0');
  const time = `2026-01-02 03:04:${second}.000000000`;
  return {
    version: 2,
    account: '123456789012',
    srcAddr: `192.0.2.${index}`,
    bytes: 9_007_199_254_740_993n,
    start: time,
    p_log_type: 'AWS.VPCFlow',
    p_row_id: `row-${index}`,
    p_event_time: time,
    p_any_ip_addresses: [`192.0.2.${index}`],
    ...more,
  };
}

(BigInt.prototype as unknown as { toJSON(): unknown }).toJSON = function (this: bigint) {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(this));
};

test('JSON files of an hour become one Parquet file with the types of the lake, sorted by time', async () => {
  const folder = folderOf({
    [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1), flow(3)],
    [`${FLOWS}/20260102T030000Z-b.json`]: [flow(2)],
    [`${FLOWS}/20260102T030000Z-empty.json.gz`]: [],
  });
  const { status, report, stderr } = await run([folder, '--verify']);
  assert.equal(status, 0, stderr);
  const [table] = report.tables;
  assert.deepEqual([table?.filesBefore, table?.filesAfter, table?.rows, table?.unfitRows], [3, 1, 3, 0]);
  assert.match(filesOf(folder).join(), /^logs\/aws_vpcflow\/.*hour=03\/20260102T030000Z-[0-9a-f-]{36}\.parquet$/);
  const rows = await rowsOf(folder, 'p_row_id, "bytes", p_event_time, p_any_ip_addresses[1] AS ip');
  assert.deepEqual(rows, [
    { p_row_id: 'row-3', bytes: '9007199254740993', p_event_time: '2026-01-02 03:04:56', ip: '192.0.2.3' },
    { p_row_id: 'row-2', bytes: '9007199254740993', p_event_time: '2026-01-02 03:04:57', ip: '192.0.2.2' },
    { p_row_id: 'row-1', bytes: '9007199254740993', p_event_time: '2026-01-02 03:04:58', ip: '192.0.2.1' },
  ]);
  const types = await rowsOf(folder, 'DISTINCT typeof(p_event_time) AS t, typeof("bytes") AS b, typeof("start") AS s');
  assert.deepEqual(types, [{ t: 'TIMESTAMP', b: 'BIGINT', s: 'TIMESTAMP' }]);
  const codec = `SELECT DISTINCT compression, stats_min_value IS NOT NULL AS has FROM parquet_metadata('${folder}/**/*.parquet') WHERE path_in_schema = 'p_event_time'`;
  assert.deepEqual(await query(codec), [{ compression: 'ZSTD', has: true }]);
});

test('a second run has nothing to do', async () => {
  const folder = folderOf({ [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1)] });
  assert.equal((await run([folder])).status, 0);
  const files = filesOf(folder);
  const { status, report } = await run([folder]);
  assert.deepEqual([status, report.tables, filesOf(folder)], [0, [], files]);
});

test('fields that the lake does not have are kept beside the others', async () => {
  const folder = folderOf({
    [`logs/aws_cloudtrail/${HOUR}/20260102T030000Z-a.json.gz`]: [
      flow(1, { userIdentity: { type: 'Root', newField: { deep: [1, 2] } }, extra: true }),
      flow(2, { userIdentity: { type: 'IAMUser' } }),
    ],
  });
  const { status, stderr } = await run([folder, '--verify']);
  assert.equal(status, 0, stderr);
  const rows = await rowsOf(
    folder,
    'userIdentity.type AS type, userIdentity.newField.deep AS deep, extra',
    'ORDER BY ALL',
  );
  assert.deepEqual(rows, [
    { type: 'IAMUser', deep: null, extra: null },
    { type: 'Root', deep: ['1', '2'], extra: true },
  ]);
});

test('an unknown table gets the types that its values have; what has several stays JSON text', async () => {
  const folder = folderOf({
    [`${OWN}/20260102T030000Z-a.json.gz`]: [
      {
        p_row_id: '1',
        p_event_time: '2026-01-02 03:00:00.000000001',
        n: 1,
        mixed: 5,
        code: '007',
        o: {},
        A: 'x',
        a: 1,
      },
      {
        p_row_id: '2',
        p_event_time: '2026-01-02 03:00:01.5',
        n: -9_223_372_036_854_775_808n,
        mixed: 'five',
        o: { k: 1.5 },
      },
    ],
    [`${OWN}/20260102T030000Z-b.json.gz`]: [
      { p_row_id: '3', n: null, mixed: { six: 6 }, list: [{ a: 1 }, { b: 'x' }] },
    ],
  });
  const { status, stderr } = await run([folder, '--verify']);
  assert.equal(status, 0, stderr);
  const rows = await rowsOf(folder, 'p_row_id, n, mixed, code, o.k AS k, "A", a_1, list', 'ORDER BY p_row_id');
  assert.deepEqual(rows, [
    { p_row_id: '1', n: '1', mixed: '5', code: '007', k: null, A: 'x', a_1: '1', list: null },
    { p_row_id: '2', n: '-9223372036854775808', mixed: '"five"', code: null, k: 1.5, A: null, a_1: null, list: null },
    {
      p_row_id: '3',
      n: null,
      mixed: '{"six":6}',
      code: null,
      k: null,
      A: null,
      a_1: null,
      list: [
        { a: '1', b: null },
        { a: null, b: 'x' },
      ],
    },
  ]);
});

test('numbers that no column holds with all their digits stay text', async () => {
  const folder = folderOf({
    [`${OWN}/20260102T030000Z-a.json.gz`]: [
      { p_row_id: '1', large: 18_446_744_073_709_551_615n, ratio: 0.5 },
      { p_row_id: '2', large: 1, ratio: 9_007_199_254_740_993n },
    ],
  });
  const { status, stderr } = await run([folder, '--verify']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await rowsOf(folder, 'large, ratio', 'ORDER BY p_row_id'), [
    { large: '18446744073709551615', ratio: '0.5' },
    { large: '1', ratio: '9007199254740993' },
  ]);
});

test('rows that cannot be read are kept aside with their reasons; damaged files stay', async () => {
  const sound = JSON.stringify(flow(1));
  const lines = [
    sound,
    '{"torn":',
    '[1, 2]',
    '3',
    JSON.stringify(flow(2, { version: 'two' })),
    JSON.stringify(flow(3, { srcPort: 1e15 })),
    JSON.stringify(flow(5, { bytes: 1.5 })),
    JSON.stringify(flow(4, { start: 'yesterday' })),
    '{"p_row_id":"twice","account":"1","account":"2"}',
    sound.replace('123456789012', '\\ud800'),
    '',
  ];
  const whole = gzipSync(`${lines.join('\n')}\n`);
  const folder = folderOf({
    [`${FLOWS}/20260102T030000Z-a.json.gz`]: whole,
    [`${FLOWS}/20260102T030000Z-cut.json.gz`]: whole.subarray(0, whole.length - 9),
  });
  const { status, report, stderr } = await run([folder, '--verify']);
  assert.equal(status, 1, stderr);
  assert.deepEqual([report.tables[0]?.rows, report.tables[0]?.unfitRows], [2, 8]);
  const files = filesOf(folder);
  const aside = `_compact/unfit/${FLOWS}/20260102T030000Z-a.json.gz`;
  assert.equal(files[0], aside);
  assert.equal(files.length, 3);
  assert.ok(files.includes(`${FLOWS}/20260102T030000Z-cut.json.gz`));
  const kept = gunzipSync(readFileSync(join(folder, aside)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(kept.map(({ row }) => row).sort(), lines.slice(1, 9).sort());
  for (const { reason } of kept) assert.match(reason, /\w+ \w+/);
  assert.match(stderr, /cut\.json\.gz is left as it is: it cannot be decompressed/);
  assert.deepEqual(await rowsOf(folder, 'account', 'ORDER BY ALL'), [
    { account: '123456789012' },
    { account: '\ufffd' },
  ]);
});

test('rows of an unknown table that are no objects are kept aside', async () => {
  const folder = folderOf({
    [`${OWN}/20260102T030000Z-a.json`]: '{"p_row_id":"1","x":1}\nnot JSON\n{"p_row_id":"2","y":"',
  });
  const { status, report } = await run([folder, '--verify']);
  assert.deepEqual([status, report.tables[0]?.rows, report.tables[0]?.unfitRows], [1, 1, 2]);
  assert.deepEqual(await rowsOf(folder, 'x'), [{ x: '1' }]);
});

test('--dry-run changes nothing, --table, --log-type, --from and --to choose, --keep puts old files aside', async () => {
  const other = `logs/aws_vpcflow/year=2026/month=1/day=2/hour=4`;
  const made = {
    [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1)],
    [`${other}/20260102T040000Z-a.json.gz`]: [flow(2)],
    [`${OWN}/20260102T030000Z-a.json.gz`]: [flow(3)],
    [`rules/aws_vpcflow/${HOUR}/20260102T030000Z-a.json.gz`]: [flow(4, { p_rule_id: 'R', p_rule_tags: ['x'] })],
  };
  const folder = folderOf(made);
  const keys = Object.keys(made).sort();
  const dry = await run([folder, '--dry-run']);
  assert.deepEqual([dry.report.tables.length, filesOf(folder)], [3, keys]);
  const chosen = await run([
    folder,
    '--log-type',
    'AWS.VPCFlow',
    '--from',
    '2026-01-02T03',
    '--to',
    '2026-01-02T04',
    '--keep',
  ]);
  assert.equal(chosen.status, 0, chosen.stderr);
  const files = filesOf(folder);
  for (const key of keys) {
    const isDone = key.includes('aws_vpcflow') && key.includes('hour=03');
    assert.equal(files.includes(key), !isDone, key);
    assert.equal(files.includes(`_compact/originals/${key}`), isDone, key);
  }
  assert.deepEqual(await query(`SELECT p_rule_tags FROM '${folder}/rules/**/*.parquet'`), [{ p_rule_tags: ['x'] }]);
});

test('small Parquet files are merged, also with JSON; those that cannot be one are left', async () => {
  const folder = folderOf({ [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1)] });
  assert.equal((await run([folder])).status, 0);
  const [first = ''] = filesOf(folder);
  cpSync(join(folder, first), join(folder, FLOWS, '20260102T030000Z-b.parquet'));
  writeFileSync(join(folder, FLOWS, '20260102T030000Z-c.json'), `${JSON.stringify(flow(2))}\n`);
  const merged = await run([folder, '--verify']);
  assert.deepEqual(
    [merged.status, merged.report.tables[0]?.filesBefore, filesOf(folder).length],
    [0, 3, 1],
    merged.stderr,
  );
  assert.deepEqual(await rowsOf(folder, 'count(*) AS n'), [{ n: '3' }]);
  await connection.run(
    `COPY (SELECT 'x' AS p_any_ip_addresses, now() AS p_event_time) TO '${folder}/${FLOWS}/odd.parquet'`,
  );
  const odd = await run([folder]);
  assert.deepEqual([odd.status, filesOf(folder).length], [1, 2]);
  assert.match(odd.stderr, /left as they are/);
});

test('young files are left', async () => {
  const folder = folderOf({ [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1)] });
  const { status, stderr } = await run([folder, '--min-age', '1h']);
  assert.deepEqual([status, filesOf(folder).length], [0, 1]);
  assert.match(stderr, /1 files are younger/);
});

test('what a dead process had begun is undone before its commit and ended after it; a living one is left alone', async () => {
  const input = `${FLOWS}/20260102T030000Z-a.json.gz`;
  const output = `${FLOWS}/20260102T030000Z-half.parquet`;
  const claim = (state: string, pid: number) => {
    const owner = { host: ownOwner().host, pid, id: 'x' };
    return JSON.stringify({
      version: 1,
      owner,
      replacement: { state, inputs: [input], outputs: [output], keepsInputs: false },
    });
  };
  const dead = 2 ** 30;
  const begun = (state: string, pid: number) =>
    folderOf({ [input]: [flow(1)], [output]: 'half', [`${FLOWS}/_panther-compact-00001.json`]: claim(state, pid) });

  const undone = begun('writing', dead);
  assert.equal((await run([undone])).status, 0);
  assert.equal(filesOf(undone).length, 1);
  assert.deepEqual(await rowsOf(undone, 'p_row_id'), [{ p_row_id: 'row-1' }]);

  const ended = begun('committed', dead);
  assert.equal((await run([ended])).status, 0);
  assert.deepEqual(filesOf(ended), [output]);

  const living = begun('writing', process.pid);
  const left = await run([living]);
  assert.deepEqual([left.status, left.report.tables[0]?.busy, filesOf(living).length], [0, 1, 3]);
  assert.match(left.stderr, /another compact/);
});

test('the events that log types have as samples fit their tables', async () => {
  const files = new Map<string, object[]>();
  for (const { logType, event, events = [event] } of samples()) {
    const key = `logs/${tableName(logType)}/${HOUR}/20260102T030000Z-a.json.gz`;
    const rows = events.filter((each) => each !== undefined).map((each) => ({ ...each, p_log_type: logType }));
    files.set(key, [...(files.get(key) ?? []), ...rows]);
  }
  assert.ok(files.size >= 18, `${files.size}`);
  const { status, report, stderr } = await run([folderOf(Object.fromEntries(files)), '--verify']);
  assert.equal(status, 0, stderr);
  const stored = report.tables.reduce((sum, { rows }) => sum + Number(rows), 0);
  assert.equal(stored, [...files.values()].flat().length);
});

/** Beside the log types, and in the shared fixtures where they are there. */
function* samples(): Iterable<Sample & { readonly logType: string }> {
  const top = join(import.meta.dirname, '../../../..');
  const read = (...path: string[]) => parse(readFileSync(join(top, ...path), 'utf8')) as unknown;
  for (const file of globSync('content/log-types/**/*.samples.yml', { cwd: top })) {
    const { schema } = read(file.replace('.samples', '')) as { readonly schema: string };
    for (const sample of read(file) as readonly Sample[]) yield { ...sample, logType: schema };
  }
  for (const file of globSync('*.yml', { cwd: join(top, '../shared/fixtures/log-types') })) {
    const found = read('../shared/fixtures/log-types', file) as readonly Sample[];
    for (const sample of found) yield { ...sample, logType: file.slice(0, -'.yml'.length) };
  }
}

interface Sample {
  readonly event?: object;
  readonly events?: readonly (object | undefined)[];
}

test('a schema of yours gives its table the types', async () => {
  const time = '2026-01-02 03:04:05.678000000';
  const folder = folderOf({
    [`${OWN}/20260102T030000Z-a.json.gz`]: [{ p_row_id: '1', p_event_time: time, at: time, n: 5 }],
  });
  const schema = join(root, 'orders.yml');
  writeFileSync(
    schema,
    `schema: Custom.Orders
version: 0
fields:
  - { name: at, type: timestamp, timeFormat: rfc3339 }
  - { name: n, type: string }
`,
  );
  const { status, stderr } = await run([folder, '--schema', schema, '--verify']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await rowsOf(folder, 'typeof("at") AS at, n'), [{ at: 'TIMESTAMP', n: '5' }]);
});

test('two at a time share the work', async () => {
  const files = Array.from(
    { length: 8 },
    (_, hour) => `logs/aws_vpcflow/year=2026/month=1/day=2/hour=${hour}/a.json.gz`,
  );
  const folder = folderOf(Object.fromEntries(files.map((key, index) => [key, [flow(index)]])));
  const runs = await Promise.all([run([folder]), run([folder]), run([folder])]);
  for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
  // What one run has left to another one was taken by that.
  assert.equal(filesOf(folder).length, 8);
  assert.deepEqual(await rowsOf(folder, 'count(*) AS n, count(DISTINCT p_row_id) AS d'), [{ n: '8', d: '8' }]);
});

test('wrong use is told', async () => {
  const empty = folderOf({ 'x/y.txt': 'x' });
  const made = folderOf({ [`${FLOWS}/20260102T030000Z-a.json.gz`]: [flow(1)] });
  for (const [args, message] of [
    [[], /say what to compact/],
    [[join(empty, 'none')], /no such folder/],
    [[empty], /no tables here/],
    [[made, '--table', 'aws_cloudtrial'], /no table aws_cloudtrial here; there are aws_vpcflow/],
    [[made, '--from', '2026-01-03', '--to', '2026-01-02'], /--to/],
    [[made, '--data-dir', empty], /--data-dir/],
    [[made, '--memory', '1MB'], /256MB/],
    [['--data-dir', empty], /no Panther data/],
  ] as const) {
    const { status, stderr } = await run(args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

test('a bucket is compacted in place, whatever its keys are', async () => {
  const aws: AwsEmulator = await startAwsEmulator();
  try {
    Object.assign(process.env, aws.env);
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'processed' }));
    const keys = ['20260102T030000Z-a.json.gz', 'odd *[x]? +%é.json.gz', 'two.json'];
    for (const [index, name] of keys.entries()) {
      const Key = `some/prefix/${FLOWS}/${name}`;
      await aws.s3.send(new PutObjectCommand({ Bucket: 'processed', Key, Body: bytesOf(name, [flow(index + 1)]) }));
    }
    const bucket = ['s3://processed/some/prefix', ...aws.argv];
    const { status, report, stderr } = await run([...bucket, '--verify', '--keep']);
    assert.equal(status, 0, stderr);
    assert.deepEqual([report.tables[0]?.filesBefore, report.tables[0]?.rows], [3, 3]);
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'processed' }));
    const left = Contents.map(({ Key = '' }) => Key);
    assert.equal(left.filter((key) => key.startsWith('some/prefix/_compact/originals/')).length, 3, left.join('\n'));
    assert.equal(left.filter((key) => /logs\/aws_vpcflow\/.*\.parquet$/.test(key)).length, 1);
    assert.equal(left.length, 4);
    assert.equal((await run(bucket)).report.tables.length, 0);
  } finally {
    await aws.close();
  }
});

test('small files of a lake are merged through its catalog', async () => {
  const lake = await openTestLake();
  try {
    const table = testTable('Orders', { n: 'bigint' });
    for (let part = 0; part < 4; part += 1) {
      const time = `2026-01-02 0${part < 3 ? 3 : 4}:00:0${part}`;
      await lake.store(`c${part}`, table, [testRow(part, time, { n: part })]);
    }
    await lake.catalog.registerPending(`merge-compact-${'0'.repeat(16)}`, [
      { ...(await lake.catalog.liveFiles())[0], objectKey: 'logs/left-by-a-killed-one.parquet' } as never,
    ]);
    const args = ['--data-dir', lake.root];
    const dry = await run([...args, '--dry-run']);
    assert.deepEqual([dry.status, dry.report.tables[0]?.filesBefore], [0, 3], dry.stderr);
    assert.deepEqual((await run([...args, '--to', '2026-01-02T03'])).report.tables, []);
    const { status, report, stderr } = await run([...args, '--verify', '--keep']);
    assert.equal(status, 0, stderr);
    const [merged] = report.tables;
    assert.deepEqual([merged?.filesBefore, merged?.filesAfter, merged?.rows], [3, 1, 3]);
    assert.match(stderr, /3 old files wait/);
    const live = await lake.catalog.liveFiles();
    assert.deepEqual(live.map(({ rowCount }) => rowCount).sort(), [1, 3]);
    const pending = lake.state.db.selectFrom('lake_files').selectAll().where('status', '=', 'pending');
    assert.deepEqual(await pending.execute(), []);
    assert.equal(globSync('objects/**/_compact/originals/**/*.parquet', { cwd: lake.root }).length, 3);
    assert.deepEqual((await run(args)).report.tables, []);
    const unknown = await run([...args, '--table', 'none']);
    assert.deepEqual([unknown.status, /no files of a table none/.test(unknown.stderr)], [2, true], unknown.stderr);
    const folder = await run([lake.root]);
    assert.deepEqual([folder.status, /--data-dir/.test(folder.stderr)], [2, true], folder.stderr);
  } finally {
    await lake.close();
  }
});
