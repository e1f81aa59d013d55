/** What every adapter of the port `Objects` promises. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { ByteRange, Objects } from './objects.ts';

export interface ObjectsUnderTest {
  readonly objects: Objects;
  close(): Promise<void>;
}

/** What the server behind an adapter cannot do, though the port asks for it. */
export interface ObjectsDefects {
  /** Titles of cases, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Keys that it cannot hold. */
  readonly cannotHold?: RegExp;
}

const BUCKET = 'panther-suite';

/** Keys that file systems, URLs or shells treat in their own way. */
const ODD_KEYS = [
  'a',
  'a/b',
  'a/b/c',
  'a//b',
  '/a',
  'a/',
  '/',
  '//',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/./b',
  '.hidden',
  'a.',
  'a..b',
  'a.b/c',
  'A',
  'aB',
  'ab',
  'README.md',
  'con',
  'con.txt',
  'nul/x',
  'a b',
  ' ',
  'a%2fb',
  'a%',
  '%',
  'a.%',
  '%+',
  'a\\b',
  'c:\\x',
  'a:b',
  'a\0b',
  'a\nb',
  'é',
  'e\u0301',
  '日本/語.parquet',
  '😀',
  '\uFFFF',
  'x'.repeat(1_024),
  `${'y'.repeat(300)}/z`,
  'y'.repeat(300),
  'ß'.repeat(500),
  `${'.'.repeat(400)}`,
  'y'.repeat(200),
  `${'y'.repeat(200)}/a`,
  'y'.repeat(199),
  'a\'"`$&?*<>|#;',
  '.tmp/x',
  'logs/t/year=2026/month=1/day=2/hour=3/x.parquet',
];

export function testObjects(name: string, make: () => Promise<ObjectsUnderTest>, defects: ObjectsDefects = {}): void {
  const canHold = (key: string): boolean => defects.cannotHold?.test(key) !== true;
  const oddKeys = ODD_KEYS.filter(canHold);
  describe(`objects: ${name}`, () => {
    const test = (title: string, run: () => Promise<void>) => it(title, { skip: defects.skip?.[title] ?? false }, run);
    let fixture: ObjectsUnderTest;
    let objects: Objects;
    before(async () => {
      fixture = await make();
      objects = fixture.objects;
    });
    after(() => fixture.close());

    const read = async (key: string, range?: ByteRange) => {
      const found = await objects.get(BUCKET, key, range);
      return found && (await buffer(found.stream)).toString();
    };
    const keys = async (prefix: string, afterKey?: string) => {
      const found: string[] = [];
      const options = afterKey === undefined ? {} : { after: afterKey };
      for await (const { key } of objects.list(BUCKET, prefix, options)) found.push(key);
      return found;
    };

    test('gives undefined for what is not there', async () => {
      assert.equal(await objects.get(BUCKET, 'missing'), undefined);
      assert.equal(await objects.head(BUCKET, 'missing/too'), undefined);
      assert.equal(await objects.get('panther-no-such-bucket', 'missing'), undefined);
      assert.deepEqual(await keys('missing/'), []);
      await objects.delete(BUCKET, 'missing');
    });

    test('keeps bytes, and streams', async () => {
      await objects.put(BUCKET, 'bytes', Buffer.from('one'));
      const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(10_000, index));
      const info = await objects.put(BUCKET, 'stream', Readable.from(chunks));
      assert.equal(await read('bytes'), 'one');
      assert.equal(info?.sizeBytes, 500_000);
      assert.deepEqual(
        await buffer((await objects.get(BUCKET, 'stream'))?.stream ?? Readable.from([])),
        Buffer.concat(chunks),
      );
    });

    test('keeps an empty object', async () => {
      await objects.put(BUCKET, 'empty', new Uint8Array());
      assert.equal(await read('empty'), '');
      assert.equal((await objects.head(BUCKET, 'empty'))?.sizeBytes, 0);
    });

    test('reads ranges', async () => {
      await objects.put(BUCKET, 'range', Buffer.from('0123456789'));
      assert.equal(await read('range', { start: 2, end: 5 }), '234');
      assert.equal(await read('range', { start: 7 }), '789');
      assert.equal(await read('range', { start: 7, end: 100 }), '789');
      assert.equal(await read('range', { start: 10 }), '');
      assert.equal(await read('range', { start: 4, end: 4 }), '');
    });

    test('gives another version when the bytes change', async () => {
      const first = await objects.put(BUCKET, 'version', Buffer.from('a'));
      assert.equal((await objects.head(BUCKET, 'version'))?.version, first?.version);
      const second = await objects.put(BUCKET, 'version', Buffer.from('b'));
      assert.notEqual(second?.version, first?.version);
      const found = await objects.get(BUCKET, 'version');
      found?.stream.destroy();
      assert.equal(found?.info.version, second?.version);
    });

    test('puts only what is absent, once, whoever races', async () => {
      const bodies = Array.from({ length: 8 }, (_, index) => String(index));
      const puts = bodies.map((body) => objects.put(BUCKET, 'race/absent', Buffer.from(body), { ifAbsent: true }));
      const stored = (await Promise.all(puts)).filter((info) => info !== undefined);
      assert.equal(stored.length, 1);
      assert.ok(bodies.includes((await read('race/absent')) ?? ''));
    });

    test('shows nothing of a put that fails', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000);
          throw new Error('the sender hung up');
        })(),
      );
      await objects.put(BUCKET, 'kept', Buffer.from('old'));
      await assert.rejects(objects.put(BUCKET, 'kept', broken), /hung up/);
      assert.equal(await read('kept'), 'old');
      assert.deepEqual(await keys('kept'), ['kept']);
    });

    test('gives a reader the whole old object while it is replaced', async () => {
      await objects.put(BUCKET, 'replaced', Buffer.alloc(2_000_000, 1));
      const found = await objects.get(BUCKET, 'replaced');
      await objects.put(BUCKET, 'replaced', Buffer.alloc(10, 2));
      const bytes = await buffer(found?.stream ?? Readable.from([]));
      assert.deepEqual([bytes.length, bytes.at(-1)], [2_000_000, 1]);
    });

    test('moves a file into the store', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'panther-objects-file-'));
      const path = join(folder, 'x');
      await writeFile(path, 'from a file');
      const info = await objects.putFile(BUCKET, 'moved/x.parquet', path);
      assert.equal(info.sizeBytes, 11);
      assert.equal(await read('moved/x.parquet'), 'from a file');
      await assert.rejects(readFile(path), { code: 'ENOENT' });
      await rm(folder, { recursive: true });
    });

    test('keeps any key apart from any other, and lists keys by their bytes', async () => {
      for (const key of oddKeys) await objects.put('panther-odd', key, Buffer.from(key));
      const listed: string[] = [];
      for await (const info of objects.list('panther-odd', '')) listed.push(info.key);
      assert.deepEqual(listed, byBytes(oddKeys));
      for (const key of oddKeys) {
        const found = await objects.get('panther-odd', key);
        assert.equal(found && (await buffer(found.stream)).toString(), key);
      }
      for (const key of oddKeys) await objects.delete('panther-odd', key);
      assert.equal((await Array.fromAsync(objects.list('panther-odd', ''))).length, 0);
    });

    test('lists what has a prefix, from a key on', async () => {
      for (const key of ['l/a', 'l/a/1', 'l/a/2', 'l/a-b', 'l/b', 'l/bc/d', 'm'])
        await objects.put(BUCKET, key, Buffer.from('x'));
      assert.deepEqual(await keys('l/a'), ['l/a', 'l/a-b', 'l/a/1', 'l/a/2']);
      assert.deepEqual(await keys('l/a/'), ['l/a/1', 'l/a/2']);
      assert.deepEqual(await keys('l/b'), ['l/b', 'l/bc/d']);
      assert.deepEqual(await keys('l/', 'l/a/1'), ['l/a/2', 'l/b', 'l/bc/d']);
      assert.deepEqual(await keys('l/', 'l/a-b'), ['l/a/1', 'l/a/2', 'l/b', 'l/bc/d']);
    });

    test('lists any set of keys completely and in order, from any key on', async () => {
      const segment = fc.oneof(
        fc.constantFrom('', '.', '..', 'a', 'a.b', 'A', 'y'.repeat(199), 'y'.repeat(200), 'y'.repeat(201)),
        fc.string({ maxLength: 5, unit: 'grapheme' }),
      );
      const key = fc
        .array(segment, { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join('/'))
        .filter((text) => text !== '' && text.isWellFormed() && canHold(text));
      const set = fc.uniqueArray(key, { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(set, fc.nat(), async (all, pick) => {
          const bucket = 'panther-property';
          for (const one of all) await objects.put(bucket, one, Buffer.from(one));
          const sorted = byBytes(all);
          const from = sorted[pick % sorted.length] ?? '';
          const list = async (options: { after?: string }) =>
            (await Array.fromAsync(objects.list(bucket, '', options))).map((info) => info.key);
          assert.deepEqual(await list({}), sorted);
          assert.deepEqual(await list({ after: from }), sorted.slice(sorted.indexOf(from) + 1));
          await Promise.all(all.map((one) => objects.delete(bucket, one)));
          assert.deepEqual(await list({}), []);
        }),
        { numRuns: 40 },
      );
    });

    test('puts and deletes neighbours at the same time', async () => {
      const work = async (index: number) => {
        for (let round = 0; round < 20; round++) {
          await objects.put(BUCKET, `busy/folder/${index}`, Buffer.from('x'));
          await objects.delete(BUCKET, `busy/folder/${index}`);
        }
      };
      await Promise.all(Array.from({ length: 6 }, (_, index) => work(index)));
      assert.deepEqual(await keys('busy/'), []);
    });

    test('refuses what is no key', async () => {
      for (const key of ['', 'x'.repeat(1_025), '\ud800'])
        await assert.rejects(objects.put(BUCKET, key, Buffer.from('x')));
    });
  });
}

function byBytes(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
