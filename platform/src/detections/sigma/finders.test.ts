import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Automaton, createAutomaton, createEdgeFinder, type Entry } from './automaton.ts';
import { fold } from './fold.ts';
import { compileRegex } from './regex.ts';
import { requiredTexts } from './regex-literal.ts';

const letter = fc.constantFrom('a', 'b', 'c', 'é', 'Ω', '😀', '-');
const word = (minLength: number, maxLength: number) =>
  fc.array(letter, { minLength, maxLength }).map((letters) => letters.join(''));

function found(finder: Automaton, text: string): readonly number[] {
  const values = new Set<number>();
  finder.scan(text, (value) => values.add(value));
  return [...values].sort((a, b) => a - b);
}

function check(create: (entries: readonly Entry[]) => Automaton, fits: (text: string, part: string) => boolean): void {
  const words = fc.array(word(1, 5), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(words, word(0, 20), (parts, text) => {
      const entries = parts.map((part, index) => [part, index] as const);
      const expected = parts.flatMap((part, index) => (fits(text, part) ? [index] : []));
      assert.deepEqual(found(create(entries), text), expected);
    }),
    { numRuns: 500 },
  );
}

test('property: finders find what includes, startsWith and endsWith find', () => {
  check(createAutomaton, (text, part) => text.includes(part));
  check(
    (entries) => createEdgeFinder(entries, 'start'),
    (text, part) => text.startsWith(part),
  );
  check(
    (entries) => createEdgeFinder(entries, 'end'),
    (text, part) => text.endsWith(part),
  );
});

test('property: what a regular expression matches has the text that it needs', () => {
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('a', 'b', 'ab', 'S', 'k', '\\.', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\x41', 'é', '\\Qa+\\E'),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, two]) => one + two),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, two]) => `(?:${one}|${two})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,1}', '{0}', '+?'))
        .map(([one, many]) => `(${one})${many}`),
      fc.tuple(tie('pattern'), fc.constantFrom('*', '?', '+')).map(([one, many]) => `${one}${many}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, two]) => `${one}|${two}`),
    ),
  }));
  const text = fc.array(fc.constantFrom('a', 'b', 'A', 's', 'ſ', 'K', 'é', 'É', '.', '+', '\n'), { maxLength: 6 });
  fc.assert(
    fc.property(
      pattern,
      fc.constantFrom('', 'i', 's'),
      fc.constantFrom('', '(?i)'),
      text,
      (body, flags, lead, letters) => {
        const source = lead + body;
        let regex: ReturnType<typeof compileRegex>;
        try {
          regex = compileRegex(source, flags);
        } catch {
          return;
        }
        const given = letters.join('');
        if (!regex.test(given)) return;
        for (const text of requiredTexts(source, flags)) assert.ok(fold(given).includes(text), source);
      },
    ),
    { numRuns: 1_500 },
  );
});
