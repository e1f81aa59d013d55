import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Emulator, startEmulator } from '../../test/support/emulators.ts';
import { makeTestSources, type TestSources } from '../../test/support/test-sources.ts';
import { createS3Client } from '../adapters/aws/aws-client.ts';
import { createClaim, createOpen } from './configured.ts';

describe('source s3-bucket', () => {
  let sources: TestSources;
  let emulator: Emulator;
  let s3: S3Client;

  before(async () => {
    sources = await makeTestSources();
    emulator = await startEmulator('fauxqs');
    s3 = await createS3Client(emulator.settings);
    await s3.send(new CreateBucketCommand({ Bucket: 'logs' }));
  });
  after(async () => {
    s3.destroy();
    await emulator.stop();
    await sources.close();
  });

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: 'logs', Key, Body }));
  const add = (prefix: string) =>
    sources.add('s3-bucket', { bucket: 'logs', prefix, endpoint: emulator.endpoint, region: 'us-east-1' });

  it('takes the objects of its bucket and prefix; the longest prefix decides', async () => {
    const wide = await add('a/');
    const narrow = await add('a/b/');
    const claim = createClaim(sources.deps);
    await put('a/x', 'one');
    await put('a/b/x y+é', 'three');
    const found = await claim({ bucket: 'logs', key: 'a/x' });
    assert.ok(typeof found === 'object');
    assert.deepEqual([found.sourceId, found.sizeBytes], [wide.id, 3]);
    const other = await claim({ bucket: 'logs', key: 'a/b/x y+é' });
    assert.ok(typeof other === 'object');
    assert.equal(other.sourceId, narrow.id);
    const stream = await createOpen(sources.deps)(other, { id: narrow.id });
    assert.ok(stream);
    assert.equal((await buffer(stream)).toString(), 'three');
  });

  it('says why an object has no source, or is gone', async () => {
    const claim = createClaim(sources.deps);
    assert.match(String(await claim({ bucket: 'logs', key: 'z' })), /no enabled source takes logs\/z: add one/);
    assert.match(String(await claim({ bucket: 'other', key: 'a/x' })), /no enabled source/);
    assert.match(String(await claim({ bucket: 'logs', key: 'a/missing' })), /does not exist any more/);
  });

  it('does not read other content than was announced', async () => {
    const row = await add('c/');
    await put('c/x', 'first');
    const found = await createClaim(sources.deps)({ bucket: 'logs', key: 'c/x' });
    assert.ok(typeof found === 'object');
    await put('c/x', 'second');
    await assert.rejects(createOpen(sources.deps)(found, { id: row.id }), /was overwritten/);
  });
});
