import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { OutputClosed, streamOutput } from './output.ts';

/** A stream that takes a chunk only when told to. */
function slowStream() {
  const chunks: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 16,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      waiting.push(done);
    },
  });
  return { stream, chunks, takeOne: () => waiting.shift()?.() };
}

test('small writes leave together, in order, on the next turn', async () => {
  const { stream, chunks } = slowStream();
  const output = streamOutput(stream);
  for (const letter of ['a', 'b', 'c']) await output.write(letter);
  assert.deepEqual(chunks, []);
  await turn();
  assert.deepEqual(chunks, ['abc']);
});

test('bytes follow the text that was written before them', async () => {
  const { stream, chunks, takeOne } = slowStream();
  const output = streamOutput(stream);
  await output.write('text ');
  await output.write(Buffer.from('bytes'));
  takeOne();
  await turn();
  assert.deepEqual(chunks, ['text ', 'bytes']);
});

test('a write waits while the reader is slow', async () => {
  const { stream, takeOne } = slowStream();
  const output = streamOutput(stream);
  let isDone = false;
  const written = output.write('x'.repeat(100_000)).then(() => {
    isDone = true;
  });
  await turn();
  assert.equal(isDone, false);
  takeOne();
  await written;
});

test('a closed reader rejects waiting and later writes', async () => {
  const { stream } = slowStream();
  const output = streamOutput(stream);
  const waiting = output.write('x'.repeat(100_000));
  stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await assert.rejects(waiting, OutputClosed);
  await assert.rejects(output.write('more'), OutputClosed);
  await assert.rejects(output.flush(), OutputClosed);
});

test('another failure of the stream reaches the writer as it is', async () => {
  const { stream } = slowStream();
  const output = streamOutput(stream);
  const waiting = output.write('x'.repeat(100_000));
  stream.destroy(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  await assert.rejects(waiting, { code: 'ENOSPC' });
});

test('small writes wait as well while the reader is slow', async () => {
  const { stream, chunks, takeOne } = slowStream();
  const output = streamOutput(stream);
  await output.write('x'.repeat(100));
  await turn();
  let isDone = false;
  const written = output.write('y').then(() => {
    isDone = true;
  });
  for (let i = 0; i < 20; i++) await turn();
  assert.equal(isDone, false);
  assert.equal(stream.listenerCount('drain'), 1);
  takeOne();
  await written;
  await turn();
  assert.deepEqual(chunks, ['x'.repeat(100), 'y']);
});
