import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCheckpoint } from './checkpoint.ts';

const run = { s3path: 's3://b/x', filter: ['*.gz'] };
const startedAt = '2026-01-02T03:04:05.000Z';
const checkpoint = { version: 1, run, startedAt, after: 'x/k', sent: 3, bytes: 30, isComplete: false } as const;

test('is read by the same run only', () => {
  assert.deepEqual(readCheckpoint(JSON.stringify(checkpoint), run, 'f'), checkpoint);
  assert.throws(
    () => readCheckpoint(JSON.stringify(checkpoint), { ...run, s3path: 's3://b/y' }, 'f'),
    /another run \(s3path was "s3:\/\/b\/x", now "s3:\/\/b\/y"\)/,
  );
  assert.throws(
    () => readCheckpoint(JSON.stringify(checkpoint), { ...run, queue: 'q' }, 'f'),
    /queue was not given, now "q"/,
  );
});

for (const text of ['', 'null', '{}', '[]', '{"version":2}', '{"version":1,"run":null,"sent":1}']) {
  test(`${text} is no checkpoint`, () => assert.throws(() => readCheckpoint(text, run, 'f'), /is not a checkpoint/));
}
