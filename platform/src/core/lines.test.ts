import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLines } from './lines.ts';

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  return Array.fromAsync(readLines(asyncOf(chunks)));
}

async function* asyncOf(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

test('lines survive any split into chunks', async () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '').toWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual(await linesOf(chunks), lines);
    }),
  );
});

test('only a line feed ends a line', async () => {
  assert.deepEqual(await linesOf([Buffer.from('a\u2028b\rc\nlast')]), ['a\u2028b\rc', 'last']);
});
