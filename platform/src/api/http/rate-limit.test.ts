import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRateLimiter } from './rate-limit.ts';

const RATE = { count: 5, periodMs: 10_000 };

function limiterAt(start: number) {
  let now = start;
  const limiter = createRateLimiter({ now: () => new Date(now) });
  return { limiter, advance: (ms: number) => (now += ms) };
}

test('no window of any length lets more through than a full bucket and what refilled in it', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (waits) => {
      const { limiter, advance } = limiterAt(1_000_000);
      const passed: number[] = [];
      for (const wait of waits) {
        const now = advance(wait);
        if (limiter.take('key', RATE) === 0) passed.push(now);
      }
      for (const [index, from] of passed.entries()) {
        for (const [later, to] of passed.slice(index).entries()) {
          assert.ok(later + 1 <= RATE.count + ((to - from) / RATE.periodMs) * RATE.count + 1e-6);
        }
      }
    }),
  );
});

test('whoever waits as long as asked gets through', () => {
  const { limiter, advance } = limiterAt(0);
  for (let n = 0; n < 50; n += 1) {
    const seconds = limiter.take('key', RATE);
    if (seconds === 0) continue;
    advance(seconds * 1_000);
    assert.equal(limiter.take('key', RATE), 0);
  }
});

test('keys do not share, and a forgotten one is full again', () => {
  const { limiter } = limiterAt(0);
  for (let n = 0; n < 5; n += 1) limiter.take('one', RATE);
  assert.equal(limiter.take('one', RATE), 2);
  assert.equal(limiter.take('other', RATE), 0);
  limiter.forget('one');
  assert.equal(limiter.take('one', RATE), 0);
});

test('a clock that was set back neither locks nor opens', () => {
  const { limiter, advance } = limiterAt(100_000_000);
  for (let n = 0; n < 5; n += 1) limiter.take('key', RATE);
  advance(-50_000_000);
  assert.ok(limiter.take('key', RATE) > 0);
  advance(2_000);
  assert.equal(limiter.take('key', RATE), 0);
});

test('many addresses do not fill the memory', () => {
  const { limiter } = limiterAt(0);
  for (let n = 0; n < 60_000; n += 1) assert.equal(limiter.take(`address ${n}`, RATE), 0);
});
