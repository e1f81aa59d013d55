import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, problemsOf } from './test-support.ts';

/** `[detection as YAML, events that match, events that do not]` */
type Row = readonly [detection: string, yes: readonly object[], no: readonly object[]];

const f = (value: unknown) => ({ f: value });

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  'texts are compared whole and in any case': [
    ['{f: Value}', [f('value'), f('VALUE')], [f('values'), f(' value'), f(''), f(null), {}]],
    ["{f: ''}", [f('')], [f(' '), f(null), {}, f(0)]],
    ['{f: Straße}', [f('STRAßE')], [f('strasse')]],
    ['{f: ΟΔΟΣ}', [f('οδος'), f('οδοσ')], [f('οδο')]],
  ],
  'numbers and booleans fit their texts': [
    ['{f: 5}', [f(5), f('5'), f(5n)], [f(50), f('5.0'), f(true)]],
    ['{f: true}', [f(true), f('True')], [f(1), f(false)]],
    ['{f: "5"}', [f(5), f('5')], [f(55)]],
    ['{f: 9007199254740993}', [f(9_007_199_254_740_993n), f('9007199254740993')], [f(9_007_199_254_740_992n)]],
    ['{f: 1.5}', [f(1.5), f('1.5')], [f(1)]],
  ],
  'null is a value that is missing or null': [
    ['{f: null}', [f(null), {}], [f(''), f(0), f('x')]],
    ['{f: [null, x]}', [f(null), {}, f('x')], [f('y')]],
  ],
  wildcards: [
    ["{f: 'a*c'}", [f('ac'), f('abbc'), f('A-C')], [f('abcd'), f('xac')]],
    ["{f: 'a?c'}", [f('abc'), f('a😀c')], [f('ac'), f('abbc')]],
    ["{f: '*'}", [f(''), f('x'), f(0)], [f(null), {}]],
    ["{f: '?*'}", [f('x')], [f('')]],
    ["{f: '*a*b*'}", [f('xaxbx'), f('ab')], [f('ba')]],
    ["{f: 'a*a'}", [f('aa'), f('aba')], [f('a')]],
    ["{f: '*.?xe'}", [f('c.exe'), f('.axe')], [f('.xe')]],
  ],
  escapes: [
    ["{f: 'a\\*'}", [f('a*')], [f('ab'), f('a\\*')]],
    ["{f: 'a\\?'}", [f('a?')], [f('ab')]],
    ["{f: 'a\\\\*'}", [f('a\\'), f('a\\b')], [f('a*')]],
    ["{f: 'a\\\\\\*'}", [f('a\\*')], [f('a\\b'), f('a\\')]],
    ["{f: 'C:\\Windows'}", [f('c:\\windows')], [f('c:windows')]],
    ["{f: 'C:\\\\Windows'}", [f('c:\\windows')], [f('c:\\\\windows')]],
    ["{f: 'a\\\\\\\\b'}", [f('a\\\\b')], [f('a\\b')]],
    ["{f|contains: '\\*\\'}", [f('x*\\y')], [f('x\\y')]],
  ],
  lists: [
    ['{f: [a, b]}', [f('a'), f('B'), f(['x', 'a'])], [f('c'), f([]), f(['ab'])]],
    ['[{f: a}, {g: b}]', [f('a'), { g: 'b' }], [f('b')]],
    ['{f: a, g: b}', [{ f: 'a', g: 'b' }], [f('a'), { g: 'b' }]],
  ],
  'contains, startswith, endswith': [
    ['{f|contains: ell}', [f('Hello'), f('ELL')], [f('elf')]],
    ['{f|startswith: he}', [f('Hello')], [f('the')]],
    ["{f|endswith: '\\cmd.exe'}", [f('C:\\Windows\\CMD.EXE')], [f('C:\\xcmd.exe'), f('\\cmd.exe.bak')]],
    ["{f|contains: 'a*c'}", [f('xabcx')], [f('xcax')]],
    ['{f|contains: 12}', [f(3_124), f('x12')], [f(21)]],
    ["{f|contains: ''}", [f(''), f('x')], [f(null), {}]],
  ],
  all: [
    ['{f|contains|all: [a, b]}', [f('xbxa')], [f('a'), f('b')]],
    ['{f|all: [a, b]}', [f(['a', 'b'])], [f('a'), f('ab')]],
    ["{f|all|contains: ['a', 'b']}", [f('ab')], [f('a')]],
  ],
  cased: [
    ['{f|cased: Abc}', [f('Abc')], [f('abc'), f('ABC')]],
    ['{f|contains|cased: Abc}', [f('xAbcx')], [f('xabcx')]],
    ['{f|cased|startswith: [Ab, xY]}', [f('Abc'), f('xYz')], [f('abc'), f('xy')]],
    ["{f|cased: 'A*c'}", [f('Abc')], [f('abc'), f('AbC')]],
  ],
  neq: [
    ['{f|neq: a}', [f('b'), {}], [f('A')]],
    ['{f|neq: [a, b]}', [f('c')], [f('a'), f('b')]],
  ],
  're and its flags': [
    ["{f|re: 'a+b'}", [f('xaabx')], [f('AAB'), f('b')]],
    ["{f|re: '^a.b$'}", [f('a-b')], [f('a\nb'), f('xa-b')]],
    ["{f|re|i: 'a+b'}", [f('xAABx')], [f('cb')]],
    ["{f|re|s: '^a.b$'}", [f('a\nb')], [f('ab')]],
    ["{f|re|m: '^b$'}", [f('a\nb\nc')], [f('ab')]],
    ["{f|re|i|m|s: '^B.C$'}", [f('a\nb\nc')], [f('b')]],
    ["{f|re: ['x\\d', 'y\\d']}", [f('x1'), f('y2')], [f('z1')]],
    ["{f|re: '\\d{3}'}", [f(1234)], [f(12)]],
    ["{f|re|i: 'sk'}", [f('ſK')], [f('s k')]],
    ["{f|re: '\\\\\\\\srv\\\\share'}", [f('\\\\srv\\share')], [f('\\srv\\share')]],
  ],
  cidr: [
    ['{f|cidr: 10.0.0.0/8}', [f('10.1.2.3'), f('::ffff:10.0.0.1')], [f('11.0.0.1'), f('10.1.2'), f('x'), f(10)]],
    ['{f|cidr: [192.0.2.0/24, 2001:db8::/32]}', [f('192.0.2.9'), f('2001:DB8:1::1')], [f('2001:db9::1')]],
    ['{f|cidr: 192.0.2.1}', [f('192.0.2.1')], [f('192.0.2.2')]],
    ['{f|cidr: ::1/128}', [f('::1'), f('0:0:0:0:0:0:0:1')], [f('::2')]],
    ['{f|cidr: 0.0.0.0/0}', [f('8.8.8.8')], [f('::1')]],
  ],
  'base64 and base64offset': [
    ['{f|base64|contains: foobar}', [f('x Zm9vYmFy y')], [f('foobar')]],
    ['{f|base64offset|contains: foobar}', ['Zm9vYmFy', 'eGZvb2Jhcg==', 'eHhmb29iYXI='].map(f), [f('Zm9v')]],
    ['{f|wide|base64offset|contains: ping}', [f('cABpAG4AZw'), f('eHAAaQBuAGcA')], [f('cGluZw')]],
    ['{f|utf16be|base64|contains: ab}', [f('AGEAYg==')], [f('YQBiAA==')]],
    ['{f|utf16|base64|contains: ab}', [f('//5hAGIA')], [f('YQBiAA==')]],
    ['{f|utf16le|base64|contains: ab}', [f('YQBiAA==')], [f('AGEAYg==')]],
    ['{f|wide|contains: ab}', [f('a\0b\0')], [f('ab')]],
    ['{f|base64|contains: é}', [f('w6k=')], [f('6Q==')]],
  ],
  windash: [
    ["{f|contains|windash: ' -x'}", [f('a -x'), f('a /x'), f('a –x'), f('a —x'), f('a ―x')], [f('a x'), f('a +x')]],
    ["{f|windash|contains: ' /a-b'}", [f(' -a-b'), f(' /a-b')], [f(' -a/b')]],
    ["{f|contains|windash: ['-a -b -c', '-d']}", [f('/a –b -c'), f('/d')], [f('a b c')]],
    ["{f|windash: '-x*'}", [f('/xyz')], [f('xyz')]],
  ],
  fieldref: [
    [
      '{f|fieldref: g}',
      [
        { f: 'A', g: 'a' },
        { f: 1, g: '1' },
      ],
      [{ f: 'a', g: 'b' }, f('a'), {}],
    ],
    ['{f|fieldref|startswith: g}', [{ f: 'abc', g: 'AB' }], [{ f: 'cab', g: 'ab' }]],
    ['{f|endswith|fieldref: g}', [{ f: 'abc', g: 'bc' }], [{ f: 'abc', g: 'ab' }]],
    ['{f|fieldref|contains: g}', [{ f: 'abc', g: 'b' }], [{ f: 'abc', g: 'd' }]],
    ['{f|neq|fieldref: g}', [{ f: 'a', g: 'b' }], [{ f: 'a', g: 'a' }]],
    ['{f|cased|fieldref: g}', [{ f: 'a', g: 'a' }], [{ f: 'A', g: 'a' }]],
    ['{f|fieldref: g.h}', [{ f: 'a', g: { h: 'a' } }], [{ f: 'a', g: 'a' }]],
  ],
  exists: [
    ['{f|exists: true}', [f(null), f(''), f(0)], [{}]],
    ['{f|exists: false}', [{}], [f(null), f('')]],
    ['{a.b|exists: true}', [{ a: { b: 1 } }, { 'a.b': 1 }], [{ a: {} }]],
  ],
  'lt, lte, gt, gte': [
    ['{f|lt: 5}', [f(4), f('4.9'), f(-1)], [f(5), f('x'), f(null), {}, f('')]],
    ['{f|lte: 5}', [f(5), f(5n)], [f(5.1)]],
    ['{f|gt: 5}', [f(6), f('0x10')], [f(5), f(true)]],
    ['{f|gte: 5.5}', [f(5.5), f('7')], [f(5)]],
    ["{f|gte: '5'}", [f(5)], [f(4)]],
  ],
  'parts of times': [
    ['{f|hour: 3}', [f('2026-01-02 03:04:05'), f('2026-01-02T03:59:00Z')], [f('2026-01-02 04:00:00'), f('x'), {}]],
    ['{f|hour|gte: 22}', [f('2026-01-02 23:00:00')], [f('2026-01-02 21:59:59')]],
    ['{f|minute|lt: 5}', [f('2026-01-02 03:04:05')], [f('2026-01-02 03:05:00')]],
    ['{f|day: 2, g|month: 1}', [{ f: '2026-01-02', g: '2026-01-09' }], [{ f: '2026-01-02', g: '2026-02-02' }]],
    ['{f|week: 1}', [f('2025-12-29'), f('2026-01-04')], [f('2026-01-05')]],
    ['{f|year: [2025, 2026]}', [f('2026-01-02'), f(1_767_323_045), f(1_767_323_045_000)], [f('2024-01-02')]],
  ],
  expand: [
    ["{f|expand: '%admins%'}", [f('root'), f('adm_x')], [f('user'), f('%admins%')]],
    ["{f|expand: '\\%admins%'}", [f('%admins%')], [f('root')]],
    ["{f|expand|contains: '-%admins%-'}", [f('x-root-y'), f('x-adm_1-y')], [f('root')]],
    ["{f: '%admins%'}", [f('%ADMINS%')], [f('root')]],
    ["{f|expand: '%admins%@%hosts%'}", [f('root@h1'), f('adm_2@h2')], [f('root@h3')]],
  ],
  'maps and lists inside of events': [
    ['{a.b: x}', [{ a: { b: 'x' } }, { 'a.b': 'x' }, { a: [{ b: 'y' }, { b: 'x' }] }], [{ a: 'x' }, { a: [] }]],
    ['{f: \'{"k":1}\'}', [f({ k: 1 })], [f({ k: 2 })]],
    ['{constructor: x}', [], [{}, f('x')]],
  ],
};

for (const [name, rows] of Object.entries(TABLE)) {
  test(name, () => {
    for (const [detection, yes, no] of rows) {
      for (const event of yes) assert.equal(matches(detection, event), true, `${detection} ~ ${show(event)}`);
      for (const event of no) assert.equal(matches(detection, event), false, `${detection} !~ ${show(event)}`);
    }
  });
}

function show(event: object): string {
  return JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

test('keywords are looked for in every text of the event', () => {
  const words = '[evil, "bad*end"]';
  assert.equal(matches(words, { a: { b: ['is EVIL here'] } }), true);
  assert.equal(matches(words, { message: 'so bad in the end' }), true);
  assert.equal(matches(words, { evil: 'no' }), false, 'names are no texts');
  assert.equal(matches(words, { p_any: 'evil' }), false, 'nor is what was added to the event');
  assert.equal(matches("{'|all': [one, two]}", { a: 'one', b: 'two' }), true);
  assert.equal(matches("{'|all': [one, two]}", { a: 'one' }), false);
  assert.equal(matches("{'|re': 'o.e'}", { a: 'xonex' }), true);
  assert.equal(matches('[7, {f: x}]', { f: 'x' }), true);
  assert.equal(matches('[7, {f: x}]', { a: 17 }), true);
});

test('what is wrong with a value is told with its line', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ["{f|re: '('}", /not one that can be run in linear time/],
    ["{f|re: 'a(?=b)'}", /lookaround/],
    ["{f|re: '(a)\\1'}", /back reference/],
    ['{f|nosuch: a}', /unknown modifier "nosuch"/],
    ['{f|start: a}', /did you mean "startswith"/],
    ['{f|cidr: 10.0.0.0/33}', /needs a network/],
    ["{f|base64: 'a*'}", /without wildcards/],
    ['{f|gt: a}', /needs a number/],
    ['{f|exists: maybe}', /needs true or false/],
    ['{f|i: a}', /needs "re" before it/],
    ['{f|contains: null}', /no meaning for null/],
    ['{f|contains: [{a: 1}]}', /a value is a text/],
    ["{f|expand: '%unknown%'}", /placeholder %unknown% has no values/],
    ['{f: []}', /list of values is empty/],
    ['{}', /map is empty/],
    ['[]', /list is empty/],
  ];
  for (const [detection, expected] of table) {
    const [problem] = problemsOf(detection);
    assert.match(problem?.message ?? '', expected, detection);
    assert.equal(problem?.level, 'error');
    assert.ok((problem?.line ?? 0) > 1, detection);
  }
});
