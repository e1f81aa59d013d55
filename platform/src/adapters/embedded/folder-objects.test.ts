import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { testObjects } from '../../ports/objects.suite.ts';
import { openFolderObjects, removeUnfinishedObjects } from './folder-objects.ts';

const makeFolder = () => mkdtemp(join(tmpdir(), 'panther-objects-'));

testObjects('folder', async () => {
  const root = await makeFolder();
  return { objects: openFolderObjects(root), close: () => rm(root, { recursive: true }) };
});

it('keeps the paths of the lake readable', async () => {
  const key = 'logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/0a1b-2.parquet';
  assert.equal(openFolderObjects('/data').locate('panther-processed-data', key), `/data/panther-processed-data/${key}`);
});

it('never leaves its bucket', async () => {
  const objects = openFolderObjects('/data');
  for (const key of ['../../etc/passwd', '/etc/passwd', 'a/../../b', '..']) {
    assert.match(objects.locate('bucket', key), /^\/data\/bucket\/(?!.*\.\.)/);
  }
  assert.throws(() => objects.locate('../bucket', 'a'), /bucket/);
});

it('hides and removes what a crashed process had not finished', async () => {
  const root = await makeFolder();
  const objects = openFolderObjects(root);
  await objects.put('bucket', 'whole', Buffer.from('x'));
  await mkdir(join(root, '.tmp'), { recursive: true });
  await writeFile(join(root, '.tmp', 'half'), 'x');
  assert.deepEqual(
    (await Array.fromAsync(objects.list('bucket', ''))).map(({ key }) => key),
    ['whole'],
  );
  await removeUnfinishedObjects(root);
  assert.deepEqual(await readdir(root), ['bucket']);
  await objects.put('bucket', 'next', Buffer.from('x'));
  await rm(root, { recursive: true });
});

it('leaves no empty folders behind', async () => {
  const root = await makeFolder();
  const objects = openFolderObjects(root);
  await objects.put('bucket', 'a/b/c', Buffer.from('x'));
  await objects.delete('bucket', 'a/b/c');
  assert.deepEqual(await readdir(join(root, 'bucket')), []);
  await rm(root, { recursive: true });
});
