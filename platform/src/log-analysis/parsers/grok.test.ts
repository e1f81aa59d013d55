import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileGrok, PATTERNS } from './grok.ts';

const SAMPLES: Readonly<Record<string, readonly [matches: string, not: string]>> = {
  WORD: ['alice', '-'],
  QUOTEDSTRING: ['"a \\"b\\" c"', '"a'],
  UUID: ['123e4567-e89b-12d3-a456-426614174000', '123e4567'],
  INT: ['-42', '4.2'],
  NUMBER: ['-4.25', 'x'],
  BASE16NUM: ['0xBEEF', '0xg'],
  MAC: ['00:1a:2B:3c:4d:5e', '00:1a'],
  IPV4: ['192.0.2.255', '192.0.2.256'],
  IPV6: ['2001:db8::1', '2001'],
  IPORHOST: ['www.example.com', '-'],
  HOSTPORT: ['192.0.2.1:443', '192.0.2.1'],
  UNIXPATH: ['/var/log/x.log', 'var'],
  URI: ['https://alice@www.example.com:8443/a/b?c=d', 'www'],
  TIMESTAMP_ISO8601: ['2026-01-02T03:04:05.678+01:00', '2026'],
  TIMESTAMP_RFC2822: ['Fri, 02 Jan 2026 03:04:05 +0100', 'Fri'],
  SYSLOGTIMESTAMP: ['Jan  2 03:04:05', 'Jan'],
  HTTPDATE: ['10/Oct/2000:13:55:36 -0700', '10/Oct'],
  HEXDIGIT: ['B', 'g'],
};

describe('grok patterns', () => {
  it('all run in linear time', () => {
    for (const name of Object.keys(PATTERNS)) compileGrok(`^%{${name}:x}$`);
  });

  for (const [name, [text, not]] of Object.entries(SAMPLES)) {
    it(`${name} is ${text}, not ${not}`, () => {
      const { regex } = compileGrok(`^%{${name}:x}$`);
      assert.equal(regex.exec(text)?.groups?.g0, text);
      assert.equal(regex.test(not), false);
    });
  }

  it('take group names that are no identifiers, and those of other languages', () => {
    const { regex, groups } = compileGrok('^(?P<a>x)(?<b>y) %{WORD:addr.local}$');
    assert.deepEqual(groups.map(([, field]) => field).toSorted(), ['a', 'addr.local', 'b']);
    assert.ok(regex.test('xy z'));
  });

  it('refuse circles and unknown names', () => {
    assert.throws(() => compileGrok('%{A}', { A: '%{B}', B: '%{A}' }), /circle/);
    assert.throws(() => compileGrok('%{NOPE}'), /no pattern named NOPE/);
  });
});
