import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { suggestDedup } from './suggest-dedup.ts';

const samples = (
  count: number,
  event: (index: number) => Record<string, unknown>,
  dedup = (index: number) => `row ${index}`,
) => Array.from({ length: count }, (_, index) => ({ dedup: dedup(index), event: event(index) }));

const signIn = (index: number) => ({
  eventID: `e${index}`,
  eventName: 'ConsoleLogin',
  sourceIPAddress: `192.0.2.${index % 6}`,
  userIdentity: { arn: `arn:aws:iam::1:user/u${index % 3}`, type: 'IAMUser' },
  p_row_id: String(index),
});

test('need 14: a dedup string of its own for every match: by who did it, there are few', () => {
  const found = suggestDedup(samples(60, signIn));
  assert.deepEqual(found?.fields, ['userIdentity.arn']);
  assert.equal(found?.groups, 3);
  assert.match(found?.reason ?? '', /60 dedup strings for 60 matches.*By userIdentity\.arn there would be 3/);
});

test('nothing to mend, nothing that would do better, or too little to tell', () => {
  assert.equal(suggestDedup(samples(60, signIn, (index) => `user ${index % 3}`)), null);
  assert.equal(suggestDedup(samples(60, (index) => ({ eventID: `e${index}`, eventName: 'X' }))), null);
  assert.equal(suggestDedup(samples(5, signIn)), null);
});

test('what is suggested groups the samples as it says, whatever they are and in whatever order', () => {
  const event = fc.dictionary(
    fc.constantFrom('user', 'ip', 'id', 'p_row_id'),
    fc.oneof(fc.nat(20), fc.string(), fc.constant(null)),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ dedup: fc.string(), event }), { maxLength: 60 }), (given) => {
      const found = suggestDedup(given);
      assert.deepEqual(suggestDedup(given.toReversed()), found);
      if (found === null) return;
      const [field = ''] = found.fields;
      const values = given
        .map((one) => one.event[field])
        .filter((value) => value !== null && value !== undefined && value !== '');
      assert.equal(new Set(values.map(String)).size, found.groups);
      assert.ok(found.groups < new Set(given.map(({ dedup }) => dedup)).size);
    }),
  );
});
