import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeNotification } from './notification.ts';
import { parseS3Path } from './s3-path.ts';

test('is what an older log processor has always been sent', () => {
  assert.equal(
    fakeNotification({ bucket: 'logs', key: 'a/b c.gz', sizeBytes: 7 }, '123456789012'),
    '{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:123456789012:panther-fake-s3queue-topic",' +
      '"Message":"{\\"Records\\":[{\\"s3\\":{\\"bucket\\":{\\"name\\":\\"logs\\"},' +
      '\\"object\\":{\\"key\\":\\"a/b c.gz\\",\\"size\\":7}}}]}"}',
  );
});

test('every reader gets the key, whether it takes a plus for a space or not', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (key, sizeBytes) => {
      const text = fakeNotification({ bucket: 'b', key, sizeBytes }, '1');
      const message = JSON.parse(JSON.parse(text).Message);
      const { object, bucket } = message.Records[0].s3;
      assert.deepEqual([bucket.name, object.size], ['b', sizeBytes]);
      assert.equal(decodeURIComponent(object.key), key);
      assert.equal(decodeURIComponent(object.key.replaceAll('+', ' ')), key);
    }),
  );
});

test('reads S3 paths', () => {
  assert.deepEqual(parseS3Path('s3://b'), { bucket: 'b', prefix: '' });
  assert.deepEqual(parseS3Path('s3://b/'), { bucket: 'b', prefix: '' });
  assert.deepEqual(parseS3Path('s3://b/a b/%20+\n/'), { bucket: 'b', prefix: 'a b/%20+\n/' });
  assert.throws(() => parseS3Path('b/a'), /not s3 protocol \(expecting s3:\/\/\)/);
  assert.throws(() => parseS3Path('s3:///a'), /missing bucket/);
});
