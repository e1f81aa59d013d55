import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { testObjects } from '../../ports/objects.suite.ts';
import type { Objects } from '../../ports/objects.ts';
import { openPlainFolder } from './plain-folder.ts';

const makeFolder = () => mkdtemp(join(tmpdir(), 'panther-plain-'));
const open = (root: string) => openPlainFolder(join(root, 'data'), join(root, 'scratch'));

/** A folder for each bucket: a plain folder is but one. */
function withBuckets(root: string): Objects {
  const of = (bucket: string) => openPlainFolder(join(root, bucket), join(root, '.scratch'));
  return {
    put: (bucket, ...rest) => of(bucket).put(bucket, ...rest),
    putFile: (bucket, ...rest) => of(bucket).putFile(bucket, ...rest),
    get: (bucket, ...rest) => of(bucket).get(bucket, ...rest),
    head: (bucket, key) => of(bucket).head(bucket, key),
    list: (bucket, ...rest) => of(bucket).list(bucket, ...rest),
    delete: (bucket, key) => of(bucket).delete(bucket, key),
    locate: (bucket, key) => of(bucket).locate(bucket, key),
  };
}

const REASON = 'a file and a folder cannot have one name';
testObjects(
  'plain folder',
  async () => {
    const root = await makeFolder();
    return { objects: withBuckets(root), close: () => rm(root, { recursive: true }) };
  },
  {
    skip: {
      'keeps any key apart from any other, and lists keys by their bytes': REASON,
      'lists what has a prefix, from a key on': REASON,
      'lists any set of keys completely and in order, from any key on': REASON,
      'puts and deletes neighbours at the same time': REASON,
    },
  },
);

it('lists any set of files completely and in order, with a prefix, from any key on', async () => {
  const part = fc.constantFrom('a', 'a-b', 'a.b', 'ab', 'A', 'é', 'year=2026', '0');
  // No key is the folder of another one.
  const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}.x`);
  const property = fc.asyncProperty(
    fc.uniqueArray(key, { minLength: 1, maxLength: 10 }),
    fc.nat(),
    fc.nat(),
    async (all, pick, cut) => {
      const root = await makeFolder();
      const objects = open(root);
      for (const one of all) await objects.put('', one, Buffer.from(one));
      const sorted = all.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const after = sorted[pick % sorted.length] ?? '';
      const prefix = after.slice(0, cut % after.length);
      const list = async (start: string, options: { after?: string }) =>
        (await Array.fromAsync(objects.list('', start, options))).map((info) => info.key);
      assert.deepEqual(await list('', {}), sorted);
      const behind = sorted.slice(sorted.indexOf(after) + 1);
      assert.deepEqual(await list('', { after }), behind);
      assert.deepEqual(
        await list(prefix, { after }),
        behind.filter((one) => one.startsWith(prefix)),
      );
      await rm(root, { recursive: true });
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

it('puts and deletes neighbours at the same time', async () => {
  const objects = open(await makeFolder());
  const work = async (index: number) => {
    for (let round = 0; round < 20; round += 1) {
      await objects.put('', `logs/folder/${index}`, Buffer.from('x'));
      await objects.delete('', `logs/folder/${index}`);
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, index) => work(index)));
  assert.deepEqual(await Array.fromAsync(objects.list('', '')), []);
});

it('holds its files as they are, and leaves no empty folder', async () => {
  const root = await makeFolder();
  const objects = open(root);
  const key = 'logs/aws_cloudtrail/year=2026/month=01/day=02/hour=03/a.json.gz';
  await objects.put('', key, Buffer.from('x'));
  assert.deepEqual(await readdir(join(root, 'data', 'logs/aws_cloudtrail/year=2026/month=01/day=02/hour=03')), [
    'a.json.gz',
  ]);
  await objects.delete('', key);
  assert.deepEqual(await readdir(join(root, 'data')), []);
});

it('never leaves its folder, and follows no link out of it', async () => {
  const root = await makeFolder();
  const objects = open(root);
  for (const key of ['../x', '/etc/passwd', 'a/../../b', '..', 'a//b', '']) {
    await assert.rejects(objects.put('', key, Buffer.from('x')), /cannot be the name of a file/);
  }
  await objects.put('', 'a', Buffer.from('x'));
  await writeFile(join(root, 'secret'), 'x');
  await symlink(root, join(root, 'data', 'link'));
  assert.deepEqual(
    (await Array.fromAsync(objects.list('', ''))).map(({ key }) => key),
    ['a'],
  );
});
