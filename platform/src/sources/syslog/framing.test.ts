import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createFraming } from './framing.ts';

/** What comes out when the bytes arrive in these pieces; large messages are joined and marked. */
function messages(pieces: readonly Buffer[], maxMessageBytes = 100): string[] {
  const found: string[] = [];
  let large = '';
  const framing = createFraming(
    {
      message: (bytes) => void found.push(bytes.toString('latin1')),
      startLarge: (length) => {
        large = `large ${length}: `;
      },
      large: (piece) => {
        large += piece.toString('latin1');
      },
      endLarge: () => void found.push(large),
    },
    maxMessageBytes,
  );
  for (const piece of pieces) framing.push(piece);
  framing.end();
  return found;
}

const text = (...pieces: string[]) => pieces.map((piece) => Buffer.from(piece, 'latin1'));

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

it('tells octet counting from line feeds by the first bytes', () => {
  assert.deepEqual(messages(text('9 <34>one\n\n', '7 <34>two')), ['<34>one', '<34>two']);
  assert.deepEqual(messages(text('<34>one\r\n<34>two\n\n\0')), ['<34>one', '<34>two']);
  assert.deepEqual(messages(text('2026-01-01 no priority\n12 eggs\n')), ['2026-01-01 no priority', '12 eggs']);
  assert.deepEqual(messages(text('1')), ['1']);
  assert.deepEqual(messages([]), []);
});

it('finds the same messages however the bytes are cut: octet counting', () => {
  const message = fc.string({ maxLength: 30 }).map((rest) => `<13>${rest.replaceAll(/[\0\r\n]+$/g, '')}\nx`);
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), fc.array(fc.nat()), (all, places) => {
      const bytes = Buffer.from(all.map((one) => `${Buffer.byteLength(one, 'latin1')} ${one}`).join(''), 'latin1');
      assert.deepEqual(messages(cut(bytes, places)), all);
    }),
  );
});

it('finds the same messages however the bytes are cut: line feeds', () => {
  const message = fc.string({ maxLength: 30 }).map((rest) => `<13>${rest.replaceAll(/[\0\r\n]/g, '')}x`);
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), fc.array(fc.nat()), (all, places) => {
      assert.deepEqual(messages(cut(Buffer.from(`${all.join('\n')}\n`, 'latin1'), places)), all);
    }),
  );
});

it('passes large messages on as they come', () => {
  const x = 'x'.repeat(200);
  assert.deepEqual(messages(text(`204 <13>${x.slice(0, 50)}`, `${x.slice(50)}6 <13>ok`)), [
    `large 204: <13>${x}`,
    '<13>ok',
  ]);
  assert.deepEqual(messages(text(`<13>${x.slice(0, 150)}`, `${x.slice(150)}\n<13>ok\n`)), [
    `large -1: <13>${x}`,
    '<13>ok',
  ]);
});

it('keeps everything when the lengths are wrong, or the sender breaks off', () => {
  assert.deepEqual(messages(text('7 <34>one<34>two\n<34>three')), ['<34>one', '<34>two', '<34>three']);
  assert.deepEqual(messages(text('20 <34>half')), ['<34>half']);
  assert.deepEqual(messages(text('7 <34>one12')), ['<34>one', '12']);
  assert.deepEqual(messages(text('<34>no end')), ['<34>no end']);
});
