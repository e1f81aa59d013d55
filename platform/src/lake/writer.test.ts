import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { openTestLake, select, type TestLake, testRow, testTable } from '../../test/support/lake.ts';
import { BUCKETS } from '../ports/buckets.ts';
import { hourOf } from './layout.ts';

const table = testTable('Web', {
  user: 'string',
  count: 'int',
  big: 'bigint',
  ratio: 'double',
  ok: 'boolean',
  at: 'timestamp',
  raw: 'json',
  tags: ['string'],
  who: { id: 'smallint', name: 'string', raw: 'json', roles: [{ role: 'string' }] },
});

let lake: TestLake;
beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.close());

async function objectKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.objects.list(BUCKETS.processedData, '')) keys.push(key);
  return keys;
}

test('writes a file for each table and hour, under Hive partitions', async () => {
  const other = testTable('Other', { x: 'int' });
  const writer = lake.writer('c1');
  writer.append(table, '2026-01-02T03', JSON.stringify(testRow(1, '2026-01-02 03:00:00')));
  writer.append(table, '2026-01-02T04', JSON.stringify(testRow(2, '2026-01-02 04:00:00')));
  writer.append(other, '2026-01-02T03', JSON.stringify(testRow(3, '2026-01-02 03:00:00')));
  const files = await writer.finish();
  assert.deepEqual(files.map(({ objectKey }) => objectKey).toSorted(), [
    'logs/custom_other/year=2026/month=1/day=2/hour=3/c1-003.parquet',
    'logs/custom_web/year=2026/month=1/day=2/hour=3/c1-001.parquet',
    'logs/custom_web/year=2026/month=1/day=2/hour=4/c1-002.parquet',
  ]);
  assert.deepEqual(await objectKeys(), files.map(({ objectKey }) => objectKey).toSorted());
  assert.ok(files.every(({ rowCount, sizeBytes }) => rowCount === 1 && sizeBytes > 0));
});

test('rows are seen from the commit on, not before', async () => {
  const sql = lake.sql([table]);
  const count = async () => (await select(sql, 'SELECT count(*) AS n FROM custom_web'))[0]?.n;
  const writer = lake.writer('c1');
  writer.append(table, '2026-01-02T03', JSON.stringify(testRow(1, '2026-01-02 03:00:00')));
  const files = await writer.finish();
  assert.equal(await count(), 0);
  await lake.state.transaction((tx) => lake.catalog.promote(tx, 'c1', files.length));
  assert.equal(await count(), 1);
});

test('a crash at any point leaves no row behind, and a retry stores every row once', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => testRow(i, `2026-01-02 0${i % 4}:00:00`));
  const crashes = ['register', 'put', 'before promote', 'in the commit'] as const;
  for (const [attempt, crash] of crashes.entries()) {
    const commitId = `crash-${attempt}`;
    let puts = 0;
    const writer = lake.writer(commitId, {
      catalog: {
        discardPending: lake.catalog.discardPending,
        async registerPending(id, files) {
          await lake.catalog.registerPending(id, files);
          if (crash === 'register') throw new Error('crash');
        },
      },
      objects: {
        ...lake.objects,
        async putFile(bucket, key, path) {
          puts += 1;
          if (crash === 'put' && puts === 3) throw new Error('crash');
          return lake.objects.putFile(bucket, key, path);
        },
      },
    });
    for (const row of rows) writer.append(table, hourOf(String(row.p_event_time)), JSON.stringify(row));
    const finished = await writer.finish().catch((error: Error) => error.message);
    if (crash === 'in the commit') {
      const commit = lake.state.transaction(async (tx) => {
        await lake.catalog.promote(tx, commitId, 4);
        throw new Error('crash');
      });
      await assert.rejects(commit, /crash/);
    } else if (crash !== 'before promote') assert.equal(finished, 'crash');
    // What the next start does: nothing is active.
    await lake.catalog.discardPending();
    assert.deepEqual(await objectKeys(), [], crash);
    assert.deepEqual(await lake.state.db.selectFrom('lake_files').selectAll().execute(), [], crash);
  }
  await lake.store('c1', table, rows);
  const found = await select(lake.sql([table]), 'SELECT p_row_id FROM custom_web ORDER BY 1');
  assert.deepEqual(
    found.map((row) => row.p_row_id),
    rows.map((row) => row.p_row_id).toSorted(),
  );
});

test('a start-up leaves alone what a commit in progress has registered', async () => {
  const writer = lake.writer('active');
  writer.append(table, '2026-01-02T03', JSON.stringify(testRow(1, '2026-01-02 03:00:00')));
  await writer.finish();
  assert.equal(await lake.catalog.discardPending({ activeCommits: new Set(['active']) }), 0);
  assert.equal(await lake.catalog.discardPending({ createdBefore: lake.time }), 0);
  assert.equal(await lake.catalog.discardPending(), 1);
  const commit = lake.state.transaction((tx) => lake.catalog.promote(tx, 'active', 1));
  await assert.rejects(commit, /0 pending lake files, not 1/, 'a commit whose files are gone does not happen');
});

test('abort removes everything the writer wrote', async () => {
  const writer = lake.writer('c1', { limits: { partSize: 2_000, totalSize: 4_000 } });
  for (let i = 0; i < 100; i += 1) {
    writer.append(table, `2026-01-02T0${i % 8}`, JSON.stringify(testRow(i, `2026-01-02 0${i % 8}:00:00`)));
    await writer.pressure();
  }
  await writer.abort();
  assert.deepEqual(await objectKeys(), []);
  assert.deepEqual(
    (await readdir(lake.tmpDir)).filter((name) => name !== 'duckdb'),
    [],
  );
  const finished = lake.writer('c2');
  finished.append(table, '2026-01-02T03', JSON.stringify(testRow(1, '2026-01-02 03:00:00')));
  await finished.finish();
  await finished.abort();
  assert.deepEqual(await objectKeys(), []);
});

test('more rows than memory holds: parts of an hour, and hours gathered on disk', async () => {
  const limits = { partSize: 80_000, totalSize: 16_000 };
  const writer = lake.writer('c1', { limits });
  const rows = Array.from({ length: 3_000 }, (_, i) =>
    testRow(i, i % 2 === 0 ? '2026-01-02 03:00:00' : `2026-01-${String(1 + (i % 28)).padStart(2, '0')} 07:00:00`),
  );
  for (const row of rows) {
    writer.append(table, hourOf(String(row.p_event_time)), JSON.stringify(row));
    await writer.pressure();
  }
  const files = await writer.finish();
  await lake.state.transaction((tx) => lake.catalog.promote(tx, 'c1', files.length));
  const oneHour = files.filter(({ hour }) => hour === '2026-01-02T03');
  assert.ok(oneHour.length >= 5 && oneHour.length < 12, `large hours are cut: ${oneHour.length}`);
  assert.equal(files.length - oneHour.length, 14, 'small hours are gathered');
  const found = await select(lake.sql([table]), 'SELECT p_row_id FROM custom_web ORDER BY 1', { maxRows: 5_000 });
  assert.deepEqual(
    found.map((row) => row.p_row_id),
    rows.map((row) => row.p_row_id),
  );
});

test('a file of several row groups is sorted by time', async () => {
  const rows = Array.from({ length: 61_441 }, (_, i) =>
    testRow(i, `2026-01-02 03:${String((i * 37) % 60).padStart(2, '0')}:00`),
  );
  const writer = lake.writer('c1', { limits: { partSize: 64 << 20 } });
  for (const row of rows) writer.append(table, '2026-01-02T03', JSON.stringify(row));
  const [file, ...others] = await writer.finish();
  assert.equal(others.length, 0);
  const connection = await lake.duckdb.connect();
  const path = lake.objects.locate(BUCKETS.processedData, file?.objectKey ?? '');
  const result = await connection.run(
    `SELECT count(*) FILTER (p_event_time < before)::INTEGER
     FROM (SELECT p_event_time, lag(p_event_time) OVER () AS before FROM read_parquet('${path}'))`,
  );
  assert.deepEqual(await result.getRows(), [[0]]);
  connection.closeSync();
});

test('rows that do not fit the columns come back with a reason; the rest is stored', async () => {
  const refused: [string, string][] = [];
  const good = (i: number, fields = {}) => JSON.stringify(testRow(i, '2026-01-02 03:00:00', fields));
  const writer = lake.writer('c1', { refuse: (at, row) => refused.push([at.name, row.reason]) });
  const bad = [
    [good(100, { who: 'text' }), /^who is the string "text", declared as object$/],
    [good(101, { tags: 'a' }), /^tags is the string "a", declared as array$/],
    [good(102, { count: 2 ** 31 }), /^count is the number 2147483648, declared as int$/],
    [good(103, { at: 'yesterday' }), /^at is the string "yesterday", declared as timestamp$/],
    [good(104, { who: { roles: [{ role: 'x' }, 7] } }), /^who.roles\[1\] is the number 7, declared as object$/],
    [`${good(105).slice(0, -1)},"big":18446744073709551616}`, /^big is the number 18446744073709551616/],
    ['{"user":', /not JSON/],
    ['[1]', /not a JSON object/],
    [good(106, { at: '2026-02-30 00:00:00.000000000' }), /^timestamp field value out of range/],
  ] as const;
  for (let i = 0; i < 40; i += 1) writer.append(table, '2026-01-02T03', good(i, { user: `u${i}` }));
  for (const [json] of bad) writer.append(table, '2026-01-02T03', json);
  writer.append(
    table,
    '2026-01-02T03',
    good(40, { user: 'half \ud800 pair', big: 1 }).replace('"big":1', '"big":9007199254740993'),
  );
  const files = await writer.finish();
  await lake.state.transaction((tx) => lake.catalog.promote(tx, 'c1', files.length));
  assert.equal(files[0]?.rowCount, 41);
  assert.equal(refused.length, bad.length);
  for (const [index, [, pattern]] of bad.entries()) assert.match(refused[index]?.[1] ?? '', pattern);
  const found = await select(lake.sql([table]), 'SELECT user, big FROM custom_web WHERE big IS NOT NULL');
  assert.deepEqual(found, [{ user: 'half \ufffd pair', big: '9007199254740993' }]);
});

test('an hour of which nothing fits gives no file; without a taker an unfit row fails the commit', async () => {
  const unfit = JSON.stringify(testRow(1, '2026-01-02 03:00:00', { who: 1 }));
  const taking = lake.writer('c1', { refuse: () => {} });
  taking.append(table, '2026-01-02T03', unfit);
  assert.deepEqual(await taking.finish(), []);
  const strict = lake.writer('c2');
  strict.append(table, '2026-01-02T03', unfit);
  await assert.rejects(strict.finish(), /a row of panther_logs.custom_web is unfit: who is the number 1/);
  await strict.abort();
});

test('a full disk fails the writer and says so', async () => {
  const writer = lake.writer('c1', {
    objects: { ...lake.objects, putFile: () => Promise.reject(new Error('ENOSPC: no space left on device')) },
    limits: { partSize: 1_000, totalSize: 2_000 },
  });
  const write = async () => {
    for (let i = 0; i < 20_000; i += 1) {
      writer.append(table, '2026-01-02T03', JSON.stringify(testRow(i, '2026-01-02 03:00:00')));
      await writer.pressure();
    }
    await writer.finish();
  };
  await assert.rejects(write(), /ENOSPC/);
  await writer.abort();
  assert.deepEqual(await objectKeys(), []);
});

test('any row comes back as it went in', async () => {
  const name = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
  const json: fc.Arbitrary<unknown> = fc.jsonValue({ noUnicodeString: false });
  const time = fc
    .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    .map((date) => `${date.toISOString().replace('T', ' ').slice(0, 23)}000000`);
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const rowArbitrary = fc.record({
    user: some(name),
    count: some(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    big: some(fc.maxSafeInteger()),
    ratio: some(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n))),
    ok: some(fc.boolean()),
    at: some(time),
    raw: some(json.filter((value) => value !== null)),
    tags: some(fc.array(name)),
    who: some(
      fc.record({
        id: some(fc.integer({ min: -32768, max: 32767 })),
        name: some(name),
        raw: some(json.filter((value) => value !== null)),
        roles: some(fc.array(fc.record({ role: some(name) }))),
      }),
    ),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(rowArbitrary, { maxLength: 20 }), async (given) => {
      run += 1;
      const day = `20${String(10 + Math.floor(run / 28)).padStart(2, '0')}-01-${String(1 + (run % 28)).padStart(2, '0')}`;
      await lake.store(
        `run-${run}`,
        table,
        given.map((fields, i) => testRow(i, `${day} 03:00:00`, fields)),
      );
      const query = `SELECT user, count, big, ratio, ok, "at", raw, tags, who FROM custom_web
        WHERE p_event_time >= '${day}' AND p_event_time < '${day} 04:00:00' ORDER BY p_row_id`;
      const found = await select(lake.sql([table]), query);
      assert.deepEqual(
        found.map(clean),
        given.map((row) => clean(JSON.parse(JSON.stringify(row)), true)),
      );
    }),
    { numRuns: 60, includeErrorInReport: true },
  );

  /** Drops what is absent; JSON columns are compared as values, times with the microseconds that the lake keeps. */
  function clean(row: Record<string, unknown>, isGiven: boolean | number = false): unknown {
    const given = isGiven === true;
    const parsed = (value: unknown) => (given ? JSON.parse(JSON.stringify(value)) : JSON.parse(String(value)));
    const entries = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(
      entries.map(([key, value]) => {
        if (key === 'raw') return [key, parsed(value)];
        if (key === 'at') return [key, String(value).slice(0, 26)];
        if (key === 'who') return [key, clean(value as Record<string, unknown>, isGiven)];
        if (key === 'roles') return [key, (value as Record<string, unknown>[]).map((item) => clean(item, isGiven))];
        return [key, value];
      }),
    );
  }
});

test('old files lack a column that came later, also inside of objects', async () => {
  const before = testTable('Web', { user: 'string', who: { id: 'int' }, list: [{ a: 'string' }] });
  const later = testTable('Web', {
    user: 'string',
    who: { name: 'string', id: 'int' },
    list: [{ a: 'string', b: 'int' }],
    extra: 'json',
  });
  await lake.store('c1', before, [
    testRow(1, '2026-01-02 03:00:00', { user: 'a', who: { id: 1 }, list: [{ a: 'x' }] }),
  ]);
  const sql = lake.sql([later]);
  const query = 'SELECT user, who, list, extra FROM custom_web ORDER BY p_row_id';
  const old = { user: 'a', who: { name: null, id: 1 }, list: [{ a: 'x', b: null }], extra: null };
  assert.deepEqual(await select(sql, query), [old], 'with old files only');
  const fields = { user: 'b', who: { id: 2, name: 'n' }, list: [{ a: 'y', b: 1 }], extra: { k: 1 } };
  await lake.store('c2', later, [testRow(2, '2026-01-02 03:00:01', fields)]);
  const young = { user: 'b', who: { name: 'n', id: 2 }, list: [{ a: 'y', b: 1 }], extra: '{"k":1}' };
  assert.deepEqual(await select(sql, query), [old, young]);
  assert.deepEqual(await select(lake.sql([before]), 'SELECT who FROM custom_web ORDER BY p_row_id'), [
    { who: { id: 1 } },
    { who: { id: 2 } },
  ]);
});

test("a long row and thousands of characters beyond ASCII fit the engine's buffers", async () => {
  const long = '\u20ac'.repeat(3_000_000);
  await lake.store('c1', table, [testRow(1, '2026-01-02 03:00:00', { user: long })]);
  assert.deepEqual(await select(lake.sql([table]), 'SELECT length(user) AS n FROM custom_web'), [{ n: 3_000_000 }]);
});

test('the scratch folder is clean afterwards', async () => {
  await lake.store('c1', table, [testRow(1, '2026-01-02 03:00:00')]);
  assert.deepEqual(
    (await readdir(join(lake.root, 'tmp'))).filter((name) => name !== 'duckdb'),
    [],
  );
});
