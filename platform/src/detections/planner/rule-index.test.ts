import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Access,
  and,
  type Condition,
  test as condition,
  FALSE,
  or,
  type Scalar,
  type Step,
  TRUE,
} from './condition.ts';
import { holds } from './evaluate.ts';
import { createRuleIndex } from './rule-index.ts';

function field(...keys: readonly string[]): Access {
  return { language: 'python', steps: keys.map((key) => ({ by: 'get', key, fallback: null })) };
}

function is(key: string, ...values: readonly Scalar[]): Condition {
  return condition(field(key), { is: 'in', values }, 'true');
}

function candidates(conditions: readonly Condition[], event: object): readonly number[] {
  const out: number[] = [];
  const count = createRuleIndex(conditions.map((one, key) => ({ key, condition: one }))).candidates(event, out);
  return out.slice(0, count).sort((a, b) => a - b);
}

test('an event meets the rules whose conditions it meets', () => {
  const rules = [
    is('a', 'x'),
    is('a', 'y', 'x'),
    and(is('a', 'x'), is('b', 1)),
    or(is('a', 'q'), is('b', 1)),
    TRUE,
    FALSE,
  ];
  assert.deepEqual(candidates(rules, { a: 'x' }), [0, 1, 4]);
  assert.deepEqual(candidates(rules, { a: 'x', b: true }), [0, 1, 2, 3, 4]);
  assert.deepEqual(candidates(rules, {}), [4]);
});

test('a rule that is found in two ways is given once', () => {
  assert.deepEqual(candidates([or(is('a', 'x'), is('b', 'y'))], { a: 'x', b: 'y' }), [0]);
});

test('keys are found ignoring case; the key as written comes first', () => {
  assert.deepEqual(candidates([is('eventName', 'x')], { EVENTNAME: 'x' }), [0]);
  assert.deepEqual(candidates([is('eventName', 'x')], { EVENTNAME: 'x', eventName: 'y' }), []);
  assert.deepEqual(candidates([is('kind', 'x')], { '\u212aIND': 'x' }), [0]);
});

test('a field that cannot be reached, or a value that cannot be asked for, keeps the rule', () => {
  const nested = condition(field('a', 'b'), { is: 'in', values: ['x'] }, 'true');
  const hashed = condition(field('a'), { is: 'in', values: ['x'], isHashed: true }, 'true');
  assert.deepEqual(candidates([nested, hashed], {}), [0]);
  assert.deepEqual(candidates([nested, hashed], { a: 'x' }), [0, 1]);
  assert.deepEqual(candidates([nested, hashed], { a: { b: 'x' } }), [0, 1]);
  assert.deepEqual(candidates([nested, hashed], { a: { b: 'y' } }), [1]);
});

test('big integers are compared by value', () => {
  assert.deepEqual(candidates([is('a', 10)], { a: 10n }), [0]);
  assert.deepEqual(candidates([is('a', 10)], { a: 2n ** 60n }), []);
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      by: fc.constant('get' as const),
      key: fc.constantFrom('a', 'B'),
      fallback: fc.constantFrom(null, 'x'),
    }),
    fc.record({ by: fc.constant('item' as const), key: fc.constantFrom('a', 'b') }),
  ),
  { minLength: 1, maxLength: 2 },
);
const leaf = fc
  .tuple(
    steps,
    fc.constantFrom<Parameters<typeof condition>[1]>(
      { is: 'in', values: ['x', 1] },
      { is: 'in', values: ['x'], isHashed: true },
      { is: 'in', values: [null] },
      { is: 'same', value: true },
      { is: 'truthy' },
      { is: 'startsWith', values: ['x', 'xyz'] },
      { is: 'endsWith', values: ['', 'y'] },
      { is: 'contains', value: 'y' },
      { is: 'greater', value: 1 },
    ),
    fc.constantFrom('true' as const, 'false' as const, 'unsure' as const),
  )
  .map(([path, test, when]) => condition({ language: 'python', steps: path }, test, when));
const tree = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 3 }).map((parts) => and(...parts)),
    fc.array(tie('node'), { maxLength: 3 }).map((parts) => or(...parts)),
  ),
})).node;
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>('x', 'xy', 1, 2, true, null, ''),
    fc.array(tie('value'), { maxLength: 1 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'A', 'B'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('the index finds exactly the rules whose conditions hold, one by one', () => {
  const event = fc.dictionary(fc.constantFrom('a', 'b', 'A', 'B'), value, { maxKeys: 3 });
  fc.assert(
    fc.property(
      fc.array(tree, { maxLength: 6 }),
      fc.array(event, { minLength: 1, maxLength: 4 }),
      (conditions, events) => {
        const index = createRuleIndex(conditions.map((one, key) => ({ key, condition: one })));
        const out: number[] = [];
        for (const one of events) {
          const count = index.candidates(one, out);
          const expected = conditions.flatMap((rule, key) => (holds(rule, one) ? [key] : []));
          assert.deepEqual(out.slice(0, count).sort(), expected);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
