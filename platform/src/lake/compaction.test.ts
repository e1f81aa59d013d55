import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openTestLake, select, type TestLake, testRow, testTable } from '../../test/support/lake.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { LiveFile } from './catalog.ts';
import { type CompactionDeps, compactLake, planMerges, runMerge } from './compaction.ts';
import type { LakeSql } from './sql.ts';

const table = testTable('Web', { n: 'int', tags: ['string'], who: { id: 'int' }, raw: 'json' });
const HOUR_MS = 3_600_000;

let lake: TestLake;
let sql: LakeSql;
let deps: CompactionDeps;
let merges = 0;

beforeEach(async () => {
  lake = await openTestLake();
  sql = lake.sql([table]);
  const { state, objects, catalog, duckdb, tmpDir } = lake;
  deps = {
    state,
    objects,
    catalog,
    duckdb,
    tmpDir,
    clock: { now: () => lake.time },
    nonce: () => {
      merges += 1;
      return String(merges);
    },
  };
});
afterEach(() => lake.close());

/** `count` files of one hour with three rows each. */
async function storeFiles(count: number, first = 0): Promise<void> {
  for (let i = first; i < first + count; i += 1) {
    const rows = [0, 1, 2].map((k) => {
      const time = `2026-01-02 03:${String((i * 7 + k * 13) % 60).padStart(2, '0')}:00`;
      return testRow(i * 3 + k, time, { n: i, tags: [`t${k}`], who: { id: k }, raw: { k: [k, 'x'] } });
    });
    await lake.store(`c${i}`, table, rows);
  }
}

async function content(): Promise<unknown> {
  const query = `SELECT count(*) AS rows, count(DISTINCT p_row_id) AS ids, bit_xor(hash(w)) AS hash FROM custom_web w`;
  return (await select(sql, query))[0];
}

function later(ms: number): void {
  lake.time = new Date(lake.time.getTime() + ms);
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of lake.objects.list(BUCKETS.processedData, '')) found.push(key);
  return found;
}

test('many files become one with the same rows, sorted; the old ones go after the longest query', async () => {
  await storeFiles(6);
  const before = await content();
  later(HOUR_MS);
  const result = await compactLake(deps);
  assert.deepEqual({ ...result }, { merges: 1, filesBefore: 6, filesAfter: 1, rows: 18, deleted: 0, failures: [] });
  assert.deepEqual(await content(), before);
  const [merged, ...more] = await lake.catalog.liveFiles();
  assert.deepEqual([merged?.rowCount, merged?.hour, more.length], [18, '2026-01-02T03', 0]);
  const times = (await select(sql, 'SELECT p_event_time AS t FROM custom_web')).map(({ t }) => String(t));
  assert.deepEqual(times, times.toSorted());
  assert.equal((await keys()).length, 7, 'queries that began before can still read the old files');
  later(HOUR_MS);
  assert.equal((await compactLake(deps)).deleted, 6);
  assert.deepEqual(await keys(), [merged?.objectKey]);
  assert.deepEqual(await content(), before);
});

test('an hour that still gets files is left alone until there are many', async () => {
  await storeFiles(3);
  assert.equal((await compactLake(deps)).merges, 0);
  await storeFiles(2, 3);
  assert.equal((await compactLake(deps, { manyFiles: 5 })).merges, 1);
});

test('plans by size, by table and hour, and bounds a merge', () => {
  const file = (n: number, sizeBytes: number, hour = '2026-01-02T03', name = 'a'): LiveFile => ({
    objectKey: `k${n}`,
    database: 'panther_logs',
    table: name,
    hour,
    rowCount: 1,
    sizeBytes,
    createdAt: '2026-01-02T04:00:00.000Z',
  });
  const plan = (files: readonly LiveFile[]) =>
    planMerges(files, new Date('2026-01-03T00:00:00Z'), { targetBytes: 100 }).map((merge) =>
      merge.map(({ objectKey }) => objectKey),
    );
  assert.deepEqual(plan([file(1, 10), file(2, 100), file(3, 200), file(4, 20)]), [['k1', 'k4']], 'large ones stay');
  assert.deepEqual(plan([file(1, 40), file(2, 50), file(3, 60)]), [['k1', 'k2']]);
  assert.deepEqual(plan([file(1, 1), file(2, 1, '2026-01-02T04'), file(3, 1, '2026-01-02T03', 'b')]), []);
  const many = plan(Array.from({ length: 1_200 }, (_, i) => file(i, 0)));
  assert.deepEqual(
    many.map(({ length }) => length),
    [500, 500, 200],
  );
});

test('while an hour gets files, its larger ones are not copied again', () => {
  const file = (n: number, sizeBytes: number): LiveFile => ({
    objectKey: `k${n}`,
    database: 'panther_logs',
    table: 'a',
    hour: '2026-01-02T03',
    rowCount: 1,
    sizeBytes,
    createdAt: `2026-01-02T03:00:0${n}.000Z`,
  });
  const files = [file(1, 500), file(2, 1), file(3, 1), file(4, 1)];
  const options = { targetBytes: 1_000, manyFiles: 3 };
  const plan = (now: string) =>
    planMerges(files, new Date(now), options).map((merge) => merge.map(({ objectKey }) => objectKey));
  assert.deepEqual(plan('2026-01-02T03:00:10Z'), [['k2', 'k3', 'k4']]);
  assert.deepEqual(plan('2026-01-02T05:00:00Z'), [['k2', 'k3', 'k4', 'k1']]);
});

test('a crash at any point leaves the same rows', async () => {
  await storeFiles(4);
  const before = await content();
  const [merge] = planMerges(await lake.catalog.liveFiles(), new Date(lake.time.getTime() + HOUR_MS));
  assert.ok(merge !== undefined);
  const dies = () => Promise.reject(new Error('crash'));
  const { catalog, state } = lake;
  // The process is gone: nothing is cleaned up either.
  const dead = { ...catalog, discardPending: async () => 0 };
  const crashes: Partial<CompactionDeps>[] = [
    { catalog: { ...dead, registerPending: dies } },
    { catalog: dead, objects: { ...lake.objects, locate: (b, k) => lake.objects.locate(b, k), putFile: dies } },
    { catalog: dead, state: { ...state, db: state.db, transaction: dies } },
    { catalog: { ...dead, promote: dies } },
  ];
  for (const [index, crash] of crashes.entries()) {
    await assert.rejects(runMerge({ ...deps, ...crash }, merge), /crash/);
    assert.deepEqual(await content(), before, `crash ${index}, before the next start`);
    await catalog.discardPending();
    assert.equal((await keys()).length, 4, `crash ${index}`);
    assert.deepEqual(await content(), before, `crash ${index}`);
  }
  await runMerge(deps, merge);
  assert.deepEqual(await content(), before);
});

test('a merge whose files another merge took fails and changes nothing', async () => {
  await storeFiles(4);
  const before = await content();
  const [merge] = planMerges(await lake.catalog.liveFiles(), new Date(lake.time.getTime() + HOUR_MS));
  const results = await Promise.allSettled([runMerge(deps, merge ?? []), runMerge(deps, merge ?? [])]);
  assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.deepEqual(await content(), before);
  assert.equal((await lake.catalog.liveFiles()).length, 1);
});

test('a damaged file fails its merge only', async () => {
  await storeFiles(2);
  const other = testTable('Other', { n: 'int' });
  await lake.store('o1', other, [testRow(1, '2026-01-02 03:00:00')]);
  await lake.store('o2', other, [testRow(2, '2026-01-02 03:00:00')]);
  const [file] = await lake.catalog.liveFiles({ database: 'panther_logs', table: 'custom_web' });
  await lake.objects.put(BUCKETS.processedData, file?.objectKey ?? '', Buffer.from('PAR1 not really'));
  later(HOUR_MS);
  const result = await compactLake(deps);
  assert.equal(result.merges, 1);
  assert.match(result.failures.join(), /custom_web 2026-01-02T03: Invalid Input Error/);
  assert.equal((await lake.catalog.liveFiles({ database: 'panther_logs', table: 'custom_web' })).length, 2);
});

test('files with different columns merge', async () => {
  await storeFiles(1);
  const younger = testTable('Web', {
    n: 'int',
    tags: ['string'],
    who: { id: 'int', name: 'string' },
    raw: 'json',
    extra: 'bigint',
  });
  await lake.store('y', younger, [testRow(9, '2026-01-02 03:30:00', { who: { id: 9, name: 'n' }, extra: 2 })]);
  const read = lake.sql([younger]);
  const query = 'SELECT who, extra, tags FROM custom_web ORDER BY p_row_id';
  const before = await select(read, query);
  later(HOUR_MS);
  assert.equal((await compactLake(deps)).merges, 1);
  assert.deepEqual(await select(read, query), before);
});

test('writing, merging, deleting and querying at the same time lose and repeat nothing', async () => {
  let stored = 0;
  let isWriting = true;
  const write = async () => {
    for (let i = 0; i < 40; i += 1) {
      await storeFiles(1, i);
      stored = (i + 1) * 3;
    }
    isWriting = false;
  };
  const compact = async () => {
    while (isWriting) {
      await setImmediate();
      const { failures } = await compactLake(deps, { manyFiles: 3, deleteAfterMs: HOUR_MS });
      assert.deepEqual(failures, []);
    }
  };
  const query = async () => {
    while (isWriting) {
      await setImmediate();
      const least = stored;
      const found = (await content()) as { rows: number; ids: number };
      assert.equal(found.rows, found.ids);
      assert.ok(found.rows >= least && found.rows % 3 === 0, `${found.rows} of at least ${least}`);
    }
  };
  await Promise.all([write(), compact(), query(), query()]);
  assert.equal(((await content()) as { rows: number }).rows, 120);
  later(2 * HOUR_MS);
  await compactLake(deps);
  later(2 * HOUR_MS);
  await compactLake(deps);
  const live = await lake.catalog.liveFiles();
  assert.equal(live.length, 1);
  assert.deepEqual(
    await keys(),
    live.map(({ objectKey }) => objectKey),
  );
  await access(lake.objects.locate(BUCKETS.processedData, live[0]?.objectKey ?? ''));
});
