import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNotification } from './notifications.ts';

function s3Event(key: string, more: object = {}, eventName = 'ObjectCreated:Put'): object {
  return { Records: [{ eventName, s3: { bucket: { name: 'logs' }, object: { key, size: 7, ...more } } }] };
}

function bySns(message: unknown, type = 'Notification'): string {
  return JSON.stringify({ Type: type, Message: typeof message === 'string' ? message : JSON.stringify(message) });
}

const FOUND = [{ bucket: 'logs', key: 'a b+c/é.gz' }];

test('reads the key of S3 events, which comes as in a URL', () => {
  assert.deepEqual(parseNotification(JSON.stringify(s3Event('a+b%2Bc/%C3%A9.gz'))), FOUND);
  assert.deepEqual(parseNotification(bySns(s3Event('a+b%2Bc/%C3%A9.gz'))), FOUND);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const key = `${name}.gz`;
      const sent = encodeURIComponent(key).replaceAll('%20', '+');
      assert.deepEqual(parseNotification(bySns(s3Event(sent))), [{ bucket: 'logs', key }]);
    }),
  );
});

test('takes a key as it is when it cannot be one of a URL', () => {
  assert.deepEqual(parseNotification(bySns(s3Event('100%.gz'))), [{ bucket: 'logs', key: '100%.gz' }]);
});

test('reads EventBridge, whose keys come as they are, and CloudTrail, which names several', () => {
  const detail = { bucket: { name: 'logs' }, object: { key: 'a b+c/é.gz', size: 7 } };
  const event = { source: 'aws.s3', 'detail-type': 'Object Created', detail };
  assert.deepEqual(parseNotification(JSON.stringify(event)), FOUND);
  assert.deepEqual(parseNotification(JSON.stringify({ ...event, 'detail-type': 'Object Deleted' })), []);
  assert.deepEqual(parseNotification(bySns({ s3Bucket: 'logs', s3ObjectKey: ['x', 'y'] })), [
    { bucket: 'logs', key: 'x' },
    { bucket: 'logs', key: 'y' },
  ]);
});

test('has nothing to do for tests, removals, folders and empty objects', () => {
  assert.deepEqual(parseNotification(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' })), []);
  assert.deepEqual(parseNotification(bySns('CloudTrail validation message.')), []);
  assert.deepEqual(parseNotification(JSON.stringify(s3Event('a', {}, 'ObjectRemoved:Delete'))), []);
  assert.deepEqual(parseNotification(JSON.stringify(s3Event('folder/'))), []);
  assert.deepEqual(parseNotification(JSON.stringify(s3Event('a', { size: 0 }))), []);
});

test('says what it does not understand, and leaves other messages to others', () => {
  assert.match(String(parseNotification(bySns('hello'))), /does not tell of an object/);
  assert.match(String(parseNotification(bySns('', 'SubscriptionConfirmation'))), /waits for its confirmation/);
  assert.equal(parseNotification('{"sourceId":"s1","bucket":"b","key":"k"}'), undefined);
  assert.equal(parseNotification('not JSON'), undefined);
});
