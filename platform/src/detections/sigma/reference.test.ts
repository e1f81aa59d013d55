/** Rules against an interpreter of the specification that is simple and slow, over random rules and events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { holds } from '../planner/evaluate.ts';
import { explain } from '../planner/explain.ts';
import { loadSigma } from './collection.ts';
import { planSigma } from './plan.ts';
import { compileSigma, matcherOf } from './run.ts';
import type { SigmaPart } from './specification.ts';
import { partMatches } from './test-support.ts';

type Scalar = string | number | boolean | null;
type Selection = Readonly<Record<string, Scalar | readonly Scalar[]>> | readonly Selection[] | readonly string[];
type Condition = string | { readonly op: 'and' | 'or' | 'not' | '1 of' | 'all of'; readonly of: readonly Condition[] };

interface RandomRule {
  readonly searches: Readonly<Record<string, Selection>>;
  readonly condition: Condition;
}

type Event = Readonly<Record<string, unknown>>;

// The interpreter.

function ruleHolds({ searches, condition }: RandomRule, event: Event): boolean {
  const names = Object.keys(searches);
  const evaluate = (one: Condition): boolean => {
    if (typeof one === 'string') return selectionHolds(searches[one] as Selection, event);
    if (one.op === 'and') return one.of.every(evaluate);
    if (one.op === 'or') return one.of.some(evaluate);
    if (one.op === 'not') return !evaluate(one.of[0] as Condition);
    const meant = names.filter((name) => name.startsWith('sel'));
    return one.op === '1 of' ? meant.some(evaluate) : meant.every(evaluate);
  };
  return evaluate(condition);
}

function selectionHolds(selection: Selection, event: Event): boolean {
  if (Array.isArray(selection)) {
    return selection.some((one: unknown) =>
      typeof one === 'object' ? selectionHolds(one as Selection, event) : keywordHolds(String(one), event),
    );
  }
  return Object.entries(selection).every(([key, given]) => {
    const [field = '', ...modifiers] = key.split('|');
    const values = (Array.isArray(given) ? given : [given]) as readonly Scalar[];
    const held = values.map((value) => valueHolds(field, modifiers, value, event));
    return modifiers.includes('all') ? held.every(Boolean) : held.some(Boolean);
  });
}

function keywordHolds(word: string, event: Event): boolean {
  return textsIn(event).some((text) => toRegExp(word, 'is', 'contains').test(text));
}

function textsIn(value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  return typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [String(value)];
}

function valueHolds(field: string, modifiers: readonly string[], value: Scalar, event: Event): boolean {
  const found = field.split('.').reduce<unknown>((at, key) => (at as Event | undefined)?.[key], event);
  if (value === null) return found === undefined || found === null;
  if (modifiers.includes('exists')) return (found !== undefined) === value;
  const texts = (Array.isArray(found) ? found : [found]).filter((one) => one !== undefined && one !== null).map(String);
  const name = ['re', 'lt', 'gte', 'contains', 'startswith', 'endswith', 'fieldref'].find((one) =>
    modifiers.includes(one),
  );
  if (name === 're')
    return texts.some((text) => new RegExp(String(value), modifiers.includes('i') ? 'i' : '').test(text));
  if (name === 'lt') return texts.some((text) => isNumber(text) && Number(text) < Number(value));
  if (name === 'gte') return texts.some((text) => isNumber(text) && Number(text) >= Number(value));
  if (name === 'fieldref') {
    const others = textsIn(event[String(value)]).map((one) => one.toLowerCase());
    return texts.some((text) => others.includes(text.toLowerCase()));
  }
  const flags = modifiers.includes('cased') ? 's' : 'is';
  return texts.some((text) => toRegExp(String(value), flags, name).test(text));
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

function toRegExp(pattern: string, flags: string, place = ''): RegExp {
  const source = pattern.replaceAll(/\\([\\*?])|([*?])|[\s\S]/g, (char, escaped?: string, wild?: string) => {
    if (wild !== undefined) return wild === '*' ? '.*' : '.';
    return `\\u{${(escaped ?? char).codePointAt(0)?.toString(16)}}`;
  });
  const before = place === 'contains' || place === 'endswith' ? '' : '^';
  const after = place === 'contains' || place === 'startswith' ? '' : '$';
  return new RegExp(before + source + after, `u${flags}`);
}

// Random rules and events of few letters, so that they often meet.

const letters = fc.constantFrom('a', 'b', 'A', 'é', '-', '\\', '1');
const text = fc.array(letters, { maxLength: 4 }).map((list) => list.join(''));
const pattern = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: letters }, { weight: 1, arbitrary: fc.constantFrom('*', '?', '\\*', '\\\\') }),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((list) => list.join(''));
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 6, arbitrary: pattern },
  { weight: 1, arbitrary: fc.constantFrom<Scalar>(null, 1, 11, true) },
);
const fieldName = fc.constantFrom('f', 'g', 'h.i');
const plainItem = fc.tuple(
  fc
    .tuple(
      fieldName,
      fc.constantFrom('', '|contains', '|startswith', '|endswith', '|contains|all', '|cased', '|contains|cased'),
    )
    .map(([field, modifier]) => field + modifier),
  fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 4 })),
);
const otherItem: fc.Arbitrary<readonly [string, Scalar | readonly Scalar[]]> = fc.oneof(
  fc.tuple(fieldName, fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }))),
  fc.tuple(
    fieldName.map((name) => `${name}|re`),
    fc.constantFrom('a+', '^b', '[a1]$', 'a.b', 'b?a'),
  ),
  fc.tuple(
    fieldName.map((name) => `${name}|re|i`),
    fc.constantFrom('AB', '^b$', 'a|1'),
  ),
  fc.tuple(
    fieldName.map((name) => `${name}|lt`),
    fc.constantFrom(2, 11, 100),
  ),
  fc.tuple(
    fieldName.map((name) => `${name}|gte`),
    fc.constantFrom(1, 11),
  ),
  fc.tuple(
    fieldName.map((name) => `${name}|exists`),
    fc.boolean(),
  ),
  fc.constant(['f|fieldref', 'g'] as const),
);
const map = fc
  .array(fc.oneof({ weight: 3, arbitrary: plainItem }, { weight: 2, arbitrary: otherItem }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((items) => Object.fromEntries(items));
const selection: fc.Arbitrary<Selection> = fc.oneof(
  { weight: 5, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(pattern, { minLength: 1, maxLength: 3 }) },
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Condition>('sel_a', 'sel_b', 'filter'),
    fc.record({ op: fc.constantFrom('1 of' as const, 'all of' as const), of: fc.constant([]) }),
    fc.record({ op: fc.constant('not' as const), of: fc.tuple(tie('condition')) }),
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));
const rule: fc.Arbitrary<RandomRule> = fc.record({
  searches: fc.record({ sel_a: selection, sel_b: selection, filter: selection }),
  condition,
});
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, 1, 11, 2.5, true, '') },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 2 }) },
);
const event: fc.Arbitrary<Event> = fc.record(
  { f: value, g: value, h: fc.record({ i: value }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);

function written(one: Condition): string {
  if (typeof one === 'string') return one;
  if (one.op === 'not') return `not ${written(one.of[0] as Condition)}`;
  if (one.op === '1 of' || one.op === 'all of') return `${one.op} sel*`;
  return `(${one.of.map(written).join(` ${one.op} `)})`;
}

function load(rules: readonly RandomRule[]): readonly SigmaPart[] {
  const files = rules.map(({ searches, condition: tree }, index) => ({
    path: `r${index}.yml`,
    text: stringify({
      title: 'Test',
      logsource: { product: 'okta' },
      detection: { ...searches, condition: written(tree) },
    }),
  }));
  const { rules: loaded, problems } = loadSigma(files);
  assert.deepEqual(problems, []);
  return loaded.map(({ spec }) => spec.Sigma as SigmaPart);
}

test('property: a rule matches what the interpreter says, and only where its condition holds', () => {
  fc.assert(
    fc.property(rule, fc.array(event, { minLength: 1, maxLength: 8 }), (one, events) => {
      const [part] = load([one]) as [SigmaPart];
      const plan = planSigma(compileSigma(part));
      explain(plan);
      for (const given of events) {
        const expected = ruleHolds(one, given);
        assert.equal(partMatches(part, given), expected);
        if (expected) assert.ok(holds(plan, given), 'the condition is necessary');
      }
    }),
    { numRuns: 600 },
  );
});

test('property: many rules together match what each matches alone', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 2, maxLength: 12 }),
      fc.array(event, { minLength: 1, maxLength: 8 }),
      (rules, events) => {
        const matcher = matcherOf(load(rules).map((part, key) => ({ key, part })));
        const out: number[] = [];
        for (const given of [...events, ...events]) {
          const count = matcher.match(given, out);
          const expected = rules.flatMap((one, key) => (ruleHolds(one, given) ? [key] : []));
          assert.deepEqual(out.slice(0, count), expected);
        }
      },
    ),
    { numRuns: 150 },
  );
});
