import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDate } from '../../core/time.ts';
import { compileGrok, PATTERNS } from '../../log-analysis/parsers/grok.ts';
import { compileTimeFormat } from '../../log-analysis/timestamps.ts';
import { createRandom } from '../random.ts';
import { compileRegexText } from './regex-text.ts';
import { timeText } from './time-text.ts';

describe('text for a regular expression', () => {
  for (const name of Object.keys(PATTERNS)) {
    it(`matches %{${name}}`, () => {
      const { regex } = compileGrok(`^%{${name}}$`);
      const write = compileRegexText(regex.source);
      for (let seed = 0; seed < 50; seed += 1) {
        const text = write(createRandom(seed));
        // An empty text has no word boundary, and repetitions of nothing give one.
        assert.match(text, regex, JSON.stringify(text));
      }
    });
  }

  it('takes the text that a group is given, when it fits', () => {
    const write = compileRegexText('^(?<a>\\d+)-(?<b>[a-c]|x{2,3})$');
    const groups: Record<string, string> = { a: '42', b: 'nothing of it' };
    const text = write(createRandom(1), (name) => groups[name]);
    assert.match(text, /^42-([a-c]|xx|xxx)$/);
  });

  it('refuses what schemas cannot have', () => {
    for (const pattern of ['(?=a)', '(a', 'a)', '[a'])
      assert.throws(() => compileRegexText(pattern), /cannot make text/);
  });
});

describe('text of a time', () => {
  const FORMATS = [
    ['rfc3339', 1],
    ['unix', 1_000],
    ['unix_ms', 1],
    ['unix_us', 1],
    ['unix_ns', 1],
    ['cloudflare', 1],
    ['%Y-%m-%d %H:%M:%S', 1_000],
    ['%Y-%m-%dT%H:%M:%S.%f%z', 1],
    ['%d/%b/%Y:%H:%M:%S %z', 1_000],
    ['%A, %e %B %Y %I:%M:%S %p %Z', 1_000],
    ['%F %T', 1_000],
    ['%y %j %k:%M:%S', 1_000],
    ['%c', 1_000],
    ['%s', 1_000],
    ['layout=2006-01-02T15:04:05.000Z07:00', 1],
    ['layout=Mon Jan _2 15:04:05 2006', 1_000],
    ['layout=02 Jan 2006 15:04:05 MST', 1_000],
  ] as const;
  for (const [format, stepMs] of FORMATS) {
    it(`is read again: ${format}`, () => {
      const parse = compileTimeFormat(format);
      fc.assert(
        fc.property(fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2060, 0) }), (timeMs) => {
          const written = timeText(format, new Date(timeMs));
          const expected = formatDate(new Date(Math.floor(timeMs / stepMs) * stepMs));
          assert.equal(parse(written, 0)?.slice(0, 23), expected.slice(0, 23), String(written));
        }),
      );
    });
  }
});
