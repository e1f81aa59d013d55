import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRegex as compileByV8 } from '../log-analysis/regex-engine.ts';
import { compileRegex } from './regex-engine.ts';

const PATTERNS = [
  ...['a', '(?=a)b', '(?!a)b', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<x>a)\\k<x>', '\\8', '[\\1]', '(?:a)\\1', '(?i:a)'],
  ...['a{16}', 'a{17}', 'a{0,17}', 'a{17,}', 'a{16,}', 'a{,17}', '\\{17}', '[{17}]', '[(?=]', '\\(?=a', 'a{2}?'],
  ...['(a{4}){4}', '(a{4}){5}', '(a{4,}){5}', '(a*){16}', '(a?){16}', '((a{2}){2}){4}', '((a{2}){2}){5}', '(a{2}){0}'],
  ...['(a{17}){0}', '(?:a{3}|b{16})c{16}', '(a(b{3})c){5}', '(a(b{3})c){6}', '(a{9}b)c{9}', '(x{9}(y)){2}', '('],
];

const LOG_TYPES = join(import.meta.dirname, '../../../content/log-types/**/*.yml');

const outcome = (compile: (pattern: string, flags: string) => RegExp, pattern: string, flags: string) => {
  try {
    return compile(pattern, flags).source;
  } catch (error) {
    return (error as Error).message.replace(/^(not a regular expression).*/, '$1');
  }
};

for (const pattern of PATTERNS) {
  test(`takes ${pattern} as Panther does`, () => {
    for (const flags of ['', 'i', 's', 'm']) {
      assert.equal(outcome(compileRegex, pattern, flags), outcome(compileByV8, pattern, flags), flags);
    }
  });
}

/** No group may be empty or match nothing: V8 counts the copies of those in ways of its own. */
const { sequence } = fc.letrec<{ sequence: string; item: string; atom: string }>((tie) => ({
  sequence: fc.array(tie('item'), { maxLength: 3 }).map((items) => `b${items.join('')}`),
  item: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '?', '*', '+?', '{2}', '{3,}', '{0,5}', '{9}', '{17}'))
    .map(([atom, repetition]) => atom + repetition),
  atom: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', '\\d', '[x-z)]', '\\{'),
    tie('sequence').map((inner) => `(${inner})`),
    tie('sequence').map((inner) => `(?:${inner}|c)`),
  ),
}));

test('takes what is put together as Panther does', () => {
  fc.assert(
    fc.property(sequence, (pattern) => {
      assert.equal(outcome(compileRegex, pattern, ''), outcome(compileByV8, pattern, ''));
    }),
    { numRuns: 3_000 },
  );
});

test('takes every pattern of the log types that come with Panther', () => {
  const files = globSync(LOG_TYPES).map((file) => readFileSync(file, 'utf8'));
  const patterns = files.flatMap((text) => [...text.matchAll(/\bpattern: '([^']*)'/g)].map(([, found = '']) => found));
  assert.ok(patterns.length > 0);
  for (const pattern of patterns) assert.equal(outcome(compileRegex, pattern, ''), outcome(compileByV8, pattern, ''));
});
