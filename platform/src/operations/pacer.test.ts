import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPacer } from './pacer.ts';

test('without a rate nothing waits', () => {
  const pacer = createPacer(0);
  assert.equal(pacer.step, 10);
  assert.equal(pacer.book(1_000, 0), 0);
  assert.equal(pacer.book(1_000, 0), 0);
});

test('a slow rate takes single steps', () => {
  assert.equal(createPacer(0.5).step, 1);
  assert.equal(createPacer(3.7).step, 3);
  assert.equal(createPacer(1_000).step, 10);
});

test('time in which nothing was sent is not caught up', () => {
  const pacer = createPacer(10);
  assert.equal(pacer.book(10, 0), 0);
  assert.equal(pacer.book(10, 500), 500);
  assert.equal(pacer.book(10, 60_000), 0);
  assert.equal(pacer.book(10, 60_000), 1_000);
});

test('however workers come, never more than the rate is sent', () => {
  const arrivals = fc.array(
    fc.record({ items: fc.integer({ min: 1, max: 10 }), afterMs: fc.integer({ min: 0, max: 3_000 }) }),
    { minLength: 1, maxLength: 100 },
  );
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 500, noNaN: true }), arrivals, (rate, all) => {
      const pacer = createPacer(rate);
      let now = 0;
      let sent = 0;
      let first: number | undefined;
      for (const { items, afterMs } of all) {
        now += afterMs;
        const at = now + pacer.book(items, now);
        first ??= at;
        // What was sent before this step needed its time.
        assert.ok(at - first >= (sent * 1_000) / rate - 1e-6);
        sent += items;
      }
    }),
  );
});
