import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Objects } from '../ports/objects.ts';
import { createLakeFileCache, type WantedFile } from './lake-files.ts';

async function setUp(t: TestContext, maxBytes: number) {
  const root = await mkdtemp(join(tmpdir(), 'panther-lake-files-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const fetched: string[] = [];
  const contents = new Map<string, string>();
  const get: Objects['get'] = async (_bucket, key) => {
    fetched.push(key);
    const content = contents.get(key);
    if (content === undefined) return undefined;
    const info = { key, sizeBytes: content.length, modifiedAt: new Date(0), version: '1' };
    return { info, stream: Readable.from([Buffer.from(content)]) };
  };
  const add = (key: string, content: string): WantedFile => {
    contents.set(key, content);
    return { objectKey: key, sizeBytes: content.length };
  };
  const folder = join(root, 'cache');
  const open = () => createLakeFileCache({ objects: { get }, folder, maxBytes });
  return { root, folder, fetched, contents, add, open };
}

const KEY = 'logs/t/year=2026/month=1/day=2/hour=3';

test('a file is fetched once for many readers, and keeps its partition in its path', async (t) => {
  const { root, fetched, add, open } = await setUp(t, 1_000);
  const file = add(`${KEY}/a.parquet`, 'rows');
  const cache = open();
  const readers = Array.from({ length: 5 }, (_, index) => cache.hold(join(root, `q${index}`)));
  await Promise.all(readers.map((reader) => reader.add([file])));
  for (const reader of readers) {
    assert.ok(reader.pathOf(file.objectKey).endsWith(file.objectKey));
    assert.equal(await readFile(reader.pathOf(file.objectKey), 'utf8'), 'rows');
  }
  assert.deepEqual(fetched, [file.objectKey]);
});

test('what was used least recently goes, but a reader keeps what it holds', async (t) => {
  const { root, fetched, add, open } = await setUp(t, 250);
  const files = ['a', 'b', 'c'].map((name) => add(`${KEY}/${name}.parquet`, name.repeat(100)));
  const [a, b, c] = files as [WantedFile, WantedFile, WantedFile];
  const cache = open();
  const first = cache.hold(join(root, 'q1'));
  await first.add([a]);
  await cache.hold(join(root, 'q2')).add([b]);
  await cache.hold(join(root, 'q3')).add([c]);
  assert.equal(await readFile(first.pathOf(a.objectKey), 'utf8'), 'a'.repeat(100));
  fetched.length = 0;
  const later = cache.hold(join(root, 'q4'));
  await later.add([c]);
  assert.deepEqual(fetched, []);
  await later.release();
  await assert.rejects(readdir(join(root, 'q4')), { code: 'ENOENT' });
});

test('processes share the folder', async (t) => {
  const { root, fetched, add, open } = await setUp(t, 1_000);
  const file = add(`${KEY}/a.parquet`, 'rows');
  await open().hold(join(root, 'q1')).add([file]);
  await open().hold(join(root, 'q2')).add([file]);
  assert.deepEqual(fetched, [file.objectKey]);
});

test('a copy that is not whole is fetched again; a lake file that is not whole is an error', async (t) => {
  const { root, folder, fetched, contents, add, open } = await setUp(t, 1_000);
  const file = add(`${KEY}/a.parquet`, 'rows');
  await open().hold(join(root, 'q1')).add([file]);
  await rm(join(folder, file.objectKey));
  await writeFile(join(folder, file.objectKey), 'ro');
  const reader = open().hold(join(root, 'q2'));
  await reader.add([file]);
  assert.equal(await readFile(reader.pathOf(file.objectKey), 'utf8'), 'rows');
  assert.equal(fetched.length, 2);
  contents.set(`${KEY}/b.parquet`, 'short');
  const wrong = open()
    .hold(join(root, 'q3'))
    .add([{ objectKey: `${KEY}/b.parquet`, sizeBytes: 9 }]);
  await assert.rejects(wrong, /has 5 bytes, the catalog says 9/);
  const missing = open()
    .hold(join(root, 'q4'))
    .add([{ objectKey: `${KEY}/c.parquet`, sizeBytes: 9 }]);
  await assert.rejects(missing, /is missing in its bucket/);
});

test('more than the cache may hold is refused before anything is fetched', async (t) => {
  const { root, fetched, add, open } = await setUp(t, 5);
  const files = [add(`${KEY}/a.parquet`, 'rows'), add(`${KEY}/b.parquet`, 'rows')];
  await assert.rejects(open().hold(join(root, 'q')).add(files), /narrow p_event_time/);
  assert.deepEqual(fetched, []);
});
