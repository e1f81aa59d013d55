import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RuleOutput } from '../detection.ts';
import { correlationOf } from '../format/correlation-rule.ts';
import { evaluateCorrelation, findCorrelations } from './evaluate.ts';

const schedule = { RateMinutes: 60, TimeoutMinutes: 1 };

function correlation(detection: Record<string, unknown>) {
  return correlationOf({ Detection: [{ Schedule: schedule, LookbackWindowMinutes: 120, ...detection }] });
}

function output(id: string, matches: RuleOutput['matches']): RuleOutput {
  return { id, matches };
}

const member = (id: string, more = {}) => ({ ID: id, RuleID: `Rule.${id}`, ...more });
const byUser = (...ids: string[]) => ({ user: ids.map((GroupID) => ({ GroupID, Match: 'user' })) });
const group = correlation({ Group: [member('A'), member('B')], MatchCriteria: byUser('A', 'B') });

test('a group holds when every member matched with a value in common', () => {
  const a = output('A', { user: { ann: [1] } });
  assert.equal(evaluateCorrelation(group, [a, output('B', { user: { ann: [50] } })]), true);
  assert.equal(evaluateCorrelation(group, [a, output('B', { user: { bob: [50] } })]), false);
  assert.equal(evaluateCorrelation(group, [a]), false);
});

test('members may have the value in different fields', () => {
  const spec = correlation({
    Group: [member('A'), member('B')],
    MatchCriteria: {
      ip: [
        { GroupID: 'A', Match: 'src' },
        { GroupID: 'B', Match: 'p_alert_context.ip' },
      ],
    },
  });
  const b = output('B', { 'p_alert_context.ip': { '192.0.2.1': [3] } });
  assert.equal(evaluateCorrelation(spec, [output('A', { src: { '192.0.2.1': [1] } }), b]), true);
  assert.equal(evaluateCorrelation(spec, [output('A', { dst: { '192.0.2.1': [1] } }), b]), false);
});

for (const [form, match] of Object.entries({
  'From and To': { From: 'src', To: 'p_alert_context.ip' },
  'On with From and To': { On: { From: 'src', To: 'p_alert_context.ip' } },
})) {
  test(`a sequence ties fields of different names: ${form}`, () => {
    const spec = correlation({
      Sequence: [member('A'), member('B')],
      Transitions: [{ From: 'A', To: 'B', Match: [match] }],
    });
    const b = output('B', { 'p_alert_context.ip': { '192.0.2.1': [3] } });
    assert.equal(evaluateCorrelation(spec, [output('A', { src: { '192.0.2.1': [1] } }), b]), true);
    assert.equal(evaluateCorrelation(spec, [output('A', { src: { '192.0.2.9': [1] } }), b]), false);
  });
}

test('what is before the window does not count; times may be RFC 3339', () => {
  const b = output('B', { user: { ann: ['2026-01-01T12:00:00Z'] } });
  assert.equal(evaluateCorrelation(group, [output('A', { user: { ann: ['2026-01-01T10:00:00Z'] } }), b]), true);
  assert.equal(evaluateCorrelation(group, [output('A', { user: { ann: ['2026-01-01T09:59:59Z'] } }), b]), false);
});

test('members need their number of matches', () => {
  const spec = correlation({
    Group: [member('A', { MinMatchCount: 3 }), member('B')],
    MatchCriteria: byUser('A', 'B'),
  });
  const b = output('B', { user: { ann: [5] } });
  assert.equal(evaluateCorrelation(spec, [output('A', { user: { ann: [1, 2, 3] } }), b]), true);
  assert.equal(evaluateCorrelation(spec, [output('A', { user: { ann: [1, 2], bob: [3] } }), b]), false);
});

test('an absent member must not match with the same value', () => {
  for (const absence of [{ Absence: true }, { MaxMatchCount: 0 }]) {
    const spec = correlation({ Group: [member('A'), member('B', absence)], MatchCriteria: byUser('A', 'B') });
    const a = output('A', { user: { ann: [1] } });
    assert.equal(evaluateCorrelation(spec, [a]), true);
    assert.equal(evaluateCorrelation(spec, [a, output('B', { user: { bob: [2] } })]), true);
    assert.equal(evaluateCorrelation(spec, [a, output('B', { user: { ann: [2] } })]), false);
    assert.equal(evaluateCorrelation(spec, [output('B', { user: { ann: [2] } })]), false);
  }
});

test('without criteria all matches of a member count', () => {
  const spec = correlation({ Group: [member('A', { MinMatchCount: 2 }), member('B')] });
  const b = output('B', { foo: { bar: [2] } });
  assert.equal(evaluateCorrelation(spec, [output('A', { foo: { bar: [1, 1] } }), b]), true);
  assert.equal(evaluateCorrelation(spec, [output('A', { foo: { bar: [1] } }), b]), false);
});

test('a group may need only some of its members', () => {
  const spec = correlation({
    Group: [member('A'), member('B'), member('C')],
    MinMatchCount: 2,
    MatchCriteria: byUser('A', 'B', 'C'),
  });
  const a = output('A', { user: { ann: [1] } });
  assert.equal(evaluateCorrelation(spec, [a, output('C', { user: { ann: [1] } })]), true);
  assert.equal(evaluateCorrelation(spec, [a]), false);
});

const sequence = correlation({
  Sequence: [member('A'), member('B')],
  Transitions: [{ ID: 'AB', From: 'A', To: 'B', WithinTimeFrameMinutes: 30, Match: [{ On: 'user' }] }],
});

test('a sequence is in order, each within its time', () => {
  const a = output('A', { user: { ann: [10] } });
  for (const [at, expected] of [
    [10, true],
    [40, true],
    [41, false],
    [9, false],
  ] as const) {
    assert.equal(evaluateCorrelation(sequence, [a, output('B', { user: { ann: [at] } })]), expected, String(at));
  }
  assert.equal(evaluateCorrelation(sequence, [a, output('B', { user: { bob: [12] } })]), false);
});

test('every transition starts at a match that the one before has reached', () => {
  const spec = correlation({
    Sequence: [member('A'), member('B'), member('C')],
    Transitions: [
      { From: 'A', To: 'B', WithinTimeFrameMinutes: 10, Match: [{ On: 'user' }] },
      { From: 'B', To: 'C', WithinTimeFrameMinutes: 10, Match: [{ On: { From: 'ip', To: 'src' } }] },
    ],
  });
  const a = output('A', { user: { ann: [0] } });
  const c = output('C', { src: { x: [35] } });
  const b = (at: number[]) => output('B', { user: { ann: at }, ip: { x: at } });
  assert.equal(evaluateCorrelation(spec, [a, b([5, 30]), c]), false);
  assert.equal(evaluateCorrelation(spec, [a, b([9]), output('C', { src: { x: [19] } })]), true);
});

test('a sequence without transitions is in the order of its members', () => {
  const spec = correlation({ Sequence: [member('A'), member('B')], MatchCriteria: byUser('A', 'B') });
  const at = (a: number, b: number) => [output('A', { user: { u: [a] } }), output('B', { user: { u: [b] } })];
  assert.equal(evaluateCorrelation(spec, at(1, 2)), true);
  assert.equal(evaluateCorrelation(spec, at(2, 1)), false);
});

const unanswered = correlation({
  Sequence: [member('A'), member('B', { Absence: true })],
  Transitions: [{ From: 'A', To: 'B', WithinTimeFrameMinutes: 30, Match: [{ On: 'user' }] }],
});

test('a transition to what is absent holds when it did not follow in time', () => {
  const a = output('A', { user: { ann: [10] } });
  assert.equal(evaluateCorrelation(unanswered, [a]), true);
  assert.equal(evaluateCorrelation(unanswered, [a, output('B', { user: { ann: [20] } })]), false);
  assert.equal(evaluateCorrelation(unanswered, [a, output('B', { user: { bob: [20] } })]), true);
  assert.equal(evaluateCorrelation(unanswered, [a, output('B', { user: { ann: [5] } })]), true);
});

test('live, an absence is known only when its time is over', () => {
  const matches = new Map([['A', { times: [10], byField: new Map([['user', new Map([['ann', [10]]])]]) }]]);
  assert.equal(findCorrelations(unanswered, matches, { end: 39, now: 39 }).length, 0);
  assert.equal(findCorrelations(unanswered, matches, { end: 40, now: 40 }).length, 1);
});

test('a sequence may ask that something did not happen in between', () => {
  const spec = correlation({
    Sequence: [member('A'), member('B', { Absence: true }), member('C')],
    Transitions: [
      { From: 'A', To: 'B', WithinTimeFrameMinutes: 10, Match: [{ On: 'user' }] },
      { From: 'B', To: 'C', WithinTimeFrameMinutes: 10, Match: [{ On: 'user' }] },
    ],
  });
  const around = [output('A', { user: { u: [0] } }), output('C', { user: { u: [8] } })];
  assert.equal(evaluateCorrelation(spec, around), true);
  assert.equal(evaluateCorrelation(spec, [...around, output('B', { user: { u: [4] } })]), false);
});

test('each value is a finding of its own', () => {
  const byField = (at: number) =>
    new Map([
      [
        'user',
        new Map([
          ['ann', [at]],
          ['bob', [at]],
          [`only${at}`, [at]],
        ]),
      ],
    ]);
  const matches = new Map([
    ['A', { times: [1, 1, 1], byField: byField(1) }],
    ['B', { times: [2, 2, 2], byField: byField(2) }],
  ]);
  assert.deepEqual(
    findCorrelations(group, matches).map(({ values }) => values),
    [['ann'], ['bob']],
  );
});

test('property: the order in which matches are given does not matter, and more matches never break a group', () => {
  const times = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 });
  const values = fc.dictionary(fc.constantFrom('ann', 'bob', 'eve'), times);
  fc.assert(
    fc.property(values, values, (a, b) => {
      const outputs = [output('A', { user: a }), output('B', { user: b })];
      const reversed = (given: Record<string, number[]>) =>
        Object.fromEntries(Object.entries(given).map(([value, at]) => [value, at.toReversed()]));
      const holds = evaluateCorrelation(group, outputs);
      assert.equal(
        evaluateCorrelation(group, [output('B', { user: reversed(b) }), output('A', { user: reversed(a) })]),
        holds,
      );
      assert.equal(
        holds,
        Object.keys(a).some((value) => Object.hasOwn(b, value)),
      );
    }),
  );
});
