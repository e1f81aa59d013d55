import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadSigma } from './collection.ts';
import type { SigmaPart } from './specification.ts';
import { partMatches } from './test-support.ts';

const SOURCE = 'logsource: {category: process_creation, product: windows}\n';

function rule(title: string, detection: string, more = ''): string {
  return `title: ${title}\n${more}${SOURCE}detection:\n${detection}\n`;
}

function load(...texts: readonly string[]) {
  return loadSigma(texts.map((text, index) => ({ path: `rules/file_${index}.yml`, text })));
}

function partsOf(...texts: readonly string[]): readonly SigmaPart[] {
  const { rules, problems } = load(...texts);
  assert.deepEqual(
    problems.filter(({ level }) => level === 'error'),
    [],
  );
  return rules.map(({ spec }) => spec.Sigma as SigmaPart);
}

function matched(text: string, event: object): boolean {
  return partMatches(partsOf(text)[0] as SigmaPart, event);
}

test('a rule becomes a detection with everything that it says', () => {
  const text = `title: Tool seen
id: 0b5a5a3e-8f0c-4f0e-9a7e-2f1d3c4b5a69
name: tool_seen
status: experimental
description: |
  A tool.
references: [https://example.com/one, https://example.com/two]
author: Somebody
date: 2026-01-02
tags: [attack.execution, attack.t1059.001, attack.defense-evasion, attack.t1562, cve.2021-44228, tlp.green]
level: critical
falsepositives: [Administrators]
fields: [CommandLine]
x_owner: {team: blue, count: 3}
${SOURCE}detection: {selection: {Image: x}, condition: selection}
`;
  const { rules, problems } = load(text);
  assert.deepEqual(problems, []);
  const [loaded] = rules;
  const { Sigma: part, ...spec } = (loaded?.spec ?? {}) as { Sigma: SigmaPart };
  assert.deepEqual(spec, {
    AnalysisType: 'rule',
    RuleID: '0b5a5a3e-8f0c-4f0e-9a7e-2f1d3c4b5a69',
    DisplayName: 'Tool seen',
    Enabled: true,
    LogTypes: ['Windows.EventLogs'],
    Severity: 'Critical',
    CreateAlert: true,
    Description: 'A tool.',
    Reference: 'https://example.com/one',
    Runbook:
      'Known false positives:\n- Administrators\n\nReferences:\n- https://example.com/one\n- https://example.com/two',
    Tags: [
      'attack.execution',
      'attack.t1059.001',
      'attack.defense-evasion',
      'attack.t1562',
      'cve.2021-44228',
      'tlp.green',
    ],
    Reports: { 'MITRE ATT&CK': ['TA0002:T1059.001', 'TA0005:T1562'], CVE: ['CVE-2021-44228'] },
  });
  assert.deepEqual(part.custom, { x_owner: { team: 'blue', count: 3 } });
  assert.deepEqual(
    [part.status, part.level, part.author, part.name],
    ['experimental', 'critical', 'Somebody', 'tool_seen'],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(part)), part, 'plain JSON');
});

test('level and status decide on severity, alerts and whether it is on', () => {
  const fields = (more: string) => {
    const [one] = load(rule('x', '  s: {a: b}\n  condition: s', more)).rules;
    return [one?.spec.Severity, one?.spec.CreateAlert, one?.spec.Enabled];
  };
  assert.deepEqual(fields(''), ['Medium', true, true]);
  assert.deepEqual(fields('level: informational\n'), ['Info', false, true]);
  assert.deepEqual(fields('level: HIGH\nstatus: deprecated\n'), ['High', true, false]);
  assert.deepEqual(fields('status: unsupported\n'), ['Medium', true, false]);
});

test('a rule without an id has one of its file and place', () => {
  const two = `${rule('a', '  s: {a: b}\n  condition: s')}---\n${rule('b', '  s: {a: b}\n  condition: s')}`;
  assert.deepEqual(
    load(two).rules.map(({ spec }) => spec.RuleID),
    ['Sigma.file_0', 'Sigma.file_0.2'],
  );
});

test('rules that have an id in common have ids of their own', () => {
  const text = `title: shared
id: common
action: global
${SOURCE}---
detection: {s: {a: b}, condition: s}
---
detection: {s: {a: c}, condition: s}
`;
  assert.deepEqual(
    load(text, rule('x', '  s: {a: b}\n  condition: s', 'id: other\n')).rules.map(({ spec }) => spec.RuleID),
    ['common', 'common.2', 'other'],
  );
});

test('conditions', () => {
  const searches = '  sel_a: {a: 1}\n  sel_b: {b: 1}\n  other: {c: 1}\n  _hidden: {d: 1}\n';
  const holds = (condition: string, event: object) => matched(rule('x', `${searches}  condition: ${condition}`), event);
  const table: readonly (readonly [string, object, boolean])[] = [
    ['sel_a or sel_b and other', { a: 1 }, true],
    ['sel_a or sel_b and other', { b: 1 }, false],
    ['(sel_a or sel_b) and other', { a: 1 }, false],
    ['not sel_a and sel_b', { b: 1 }, true],
    ['not (sel_a and sel_b)', { a: 1 }, true],
    ['not not sel_a', { a: 1 }, true],
    ['1 of sel_*', { b: 1 }, true],
    ['all of sel_*', { b: 1 }, false],
    ['all of sel_* and not 1 of oth*', { a: 1, b: 1 }, true],
    ['any of them', { c: 1 }, true],
    ['1 of them', { d: 1 }, false],
    ['all of them', { a: 1, b: 1, c: 1 }, true],
    ['2 of them', { a: 1, c: 1 }, true],
    ['2 of them', { a: 1 }, false],
    ['1 of *_b', { b: 1 }, true],
    ['1 of _hid*', { d: 1 }, true],
    ['sel_a AND NOT other', { a: 1 }, true],
    ['[sel_a, sel_b]', { b: 1 }, true],
    ['ALL OF sel_*', { a: 1, b: 1 }, true],
  ];
  for (const [condition, event, expected] of table) {
    assert.equal(holds(condition, event), expected, `${condition} ~ ${JSON.stringify(event)}`);
  }
});

test('what is wrong with a document is told with file and line, and the rest is loaded', () => {
  const good = rule('good', '  s: {a: b}\n  condition: s');
  const table: readonly (readonly [string, RegExp, number])[] = [
    [rule('x', '  s: {a: b}\n  condition: t'), /names "t", which is not there/, 5],
    [rule('x', '  s: {a: b}\n  condition: 1 of t*'), /names "t\*"/, 5],
    [rule('x', '  s: {a: b}\n  condition: s and'), /ends too early/, 5],
    [rule('x', '  s: {a: b}\n  condition: (s'), /closing parenthesis/, 5],
    [rule('x', '  s: {a: b}\n  condition: s s'), /"s" is not expected/, 5],
    [rule('x', '  s: {a: b}\n  condition: and'), /where the name of a search/, 5],
    [rule('x', '  s: {a: b}\n  condition: 0 of s'), /is not a number of/, 5],
    [rule('x', '  s: {a: b}\n  condition: s | count() > 5'), /write a correlation rule/, 5],
    [rule('x', '  s: {a: b}\n  timeframe: 5m\n  condition: s | count(a) by b > 5'), /write a correlation rule/, 6],
    [rule('x', '  s: {a: b}'), /a condition is missing/, 3],
    [rule('x', '  condition: s'), /nothing to search for/, 3],
    [rule('x', '  s: {a: b}\n  condition: s', 'level: huge\n'), /"huge" is not one of informational, low/, 2],
    [rule('x', '  s: {a: b}\n  condition: s', 'status: old\n'), /"old" is not one of stable/, 2],
    ['title: x\ndetection: {s: {a: b}, condition: s}\n', /"logsource" is missing/, 1],
    ['logsource: {product: x}\ndetection: {s: {a: b}, condition: s}\n', /a title is missing/, 1],
    ['title: x\nlogsource: {}\ndetection: {s: {a: b}, condition: s}\n', /needs a category, a product or a service/, 2],
    ['title: x\n  bad: [\ndetection: x\n', /not valid YAML/, 1],
    ['title: x\nlogsource: {product: x}\ndetection: [a]\n', /must be a map/, 3],
  ];
  for (const [text, expected, line] of table) {
    const { rules, problems } = load(text, good);
    assert.equal(rules.length, 1, text);
    const [first] = problems;
    assert.match(first?.message ?? '', expected);
    assert.deepEqual([first?.level, first?.file, first?.line], ['error', 'rules/file_0.yml', line], text);
  }
});

test('a file can have many documents, with parts in common', () => {
  const parts = partsOf(`title: shared
action: global
${SOURCE}detection:
  base: {Image: tool}
  condition: base and sel
---
detection: {sel: {CommandLine: one}}
---
detection: {sel: {CommandLine: two}}
---
action: repeat
detection: {sel: {CommandLine: three}}
---
action: reset
---
title: alone
${SOURCE}detection: {s: {x: y}, condition: s}
`);
  assert.equal(parts.length, 4);
  const hits = (event: object) => parts.map((part) => partMatches(part, event));
  assert.deepEqual(hits({ Image: 'tool', CommandLine: 'one' }), [true, false, false, false]);
  assert.deepEqual(hits({ Image: 'tool', CommandLine: 'three' }), [false, false, true, false]);
  assert.deepEqual(hits({ x: 'y' }), [false, false, false, true]);
});

test('filters are part of the rules that they name, of their log source', () => {
  const target = rule('target', '  selection: {Image: tool}\n  condition: selection', 'id: one\nname: target\n');
  const filter = (rules: string, source = SOURCE) =>
    `title: no admins\n${source}filter:\n  rules: ${rules}\n  selection_x: {User|startswith: adm_}\n  _y: {User: zed}\n  condition: not 1 of selection_* and not _y\n`;
  const hits = (filterText: string) => {
    const [part] = partsOf(target, filterText) as [SigmaPart];
    return ['bob', 'adm_1', 'zed'].map((User) => partMatches(part, { Image: 'tool', User }));
  };
  assert.deepEqual(hits(filter('[one]')), [true, false, false]);
  assert.deepEqual(hits(filter('[target]')), [true, false, false]);
  assert.deepEqual(hits(filter('any')), [true, false, false]);
  assert.deepEqual(hits(filter('any', 'logsource: {product: windows}\n')), [true, false, false]);
  assert.deepEqual(hits(filter('[other]')), [true, true, true]);
  assert.deepEqual(hits(filter('[one]', 'logsource: {product: linux}\n')), [true, true, true]);
  const { problems } = load(target, filter('[other]'));
  assert.match(problems[0]?.message ?? '', /the filter "no admins" is for none of the rules/);
});

test('a filter’s "them" are its own searches, and a rule’s are its own', () => {
  const target = rule('target', '  selection: {Image: tool}\n  condition: all of them', 'id: one\n');
  const filter = `title: f\n${SOURCE}filter: {rules: [one], a: {User: x}, b: {Host: y}, condition: not all of them}\n`;
  const [part] = partsOf(target, filter) as [SigmaPart];
  assert.equal(partMatches(part, { Image: 'tool', User: 'x' }), true);
  assert.equal(partMatches(part, { Image: 'tool', User: 'x', Host: 'y' }), false);
});

test('rules that a correlation stands for make no alerts of their own, unless it says so', () => {
  const base = rule('base', '  s: {a: b}\n  condition: s', 'name: base\nid: base-id\n');
  const correlation = (generate: boolean) =>
    `title: c\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {gte: 2}, generate: ${generate}}\n`;
  assert.equal(load(base, correlation(false)).rules[0]?.spec.CreateAlert, false);
  assert.equal(load(base, correlation(true)).rules[0]?.spec.CreateAlert, true);
  const [loaded] = load(base, correlation(false)).correlations;
  assert.deepEqual([loaded?.level, loaded?.rule.rules, loaded?.rule.timespanSeconds], ['medium', ['base-id'], 300]);
});

test('other YAML is left alone', () => {
  const { rules, problems, documents } = load(
    'on: push\njobs: {}\n',
    'AnalysisType: rule\ndetection: x\n',
    'detection: something else\n',
    '- a\n- list\n',
    '',
  );
  assert.deepEqual([rules, problems, documents], [[], [], 0]);
});

test('one remark for each log source that has no log type here', () => {
  const strange = 'title: x\nlogsource: {product: toaster}\ndetection: {s: {a: b}, condition: s}\n';
  const { rules, problems } = load(strange, strange);
  assert.deepEqual(
    rules.map(({ spec }) => spec.LogTypes),
    [[], []],
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /no log type here matches the log source product: toaster \(2 rules\)/);
  assert.equal(problems[0]?.level, 'warning');
});

test('fuzz: whatever a document says, the answer is a rule or a problem', () => {
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(
        'sel',
        'a*',
        '1 of them',
        'not sel',
        '5m',
        'event_count',
        null,
        true,
        5,
        -1,
        1e99,
        '',
        '%x%',
      ),
      fc.string({ maxLength: 8 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'sel',
          'f|re',
          'f|contains|all',
          '|x',
          'condition',
          'f|cidr',
          'f|re|i',
          'f|windash',
          'f|expand',
          'rules',
          'type',
          'timespan',
          'group-by',
          'aliases',
          '__proto__',
          'constructor',
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value;
  const document = fc.record(
    {
      title: fc.oneof(fc.constant('t'), json),
      id: json,
      logsource: fc.oneof(fc.constant({ product: 'windows' }), json),
      detection: fc.oneof(fc.record({ sel: json, condition: fc.constantFrom('sel', '1 of s*', 'not sel') }), json),
      correlation: json,
      filter: json,
      transformations: json,
      tags: json,
      level: json,
      action: fc.constantFrom('global', 'repeat', 'reset', 'x'),
    },
    { requiredKeys: ['title', 'logsource', 'detection'] },
  );
  const keep = fc.constantFrom('correlation', 'filter', 'transformations', 'action', 'none');
  fc.assert(
    fc.property(document, keep, (given, kept) => {
      const entries = Object.entries(given).filter(
        ([key]) => key === kept || !['correlation', 'filter', 'transformations', 'action'].includes(key),
      );
      for (const { message, line } of load(JSON.stringify(Object.fromEntries(entries))).problems) {
        assert.ok(message.length > 0 && line >= 1);
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => void load(`detection:\n  s: ${text}\ntitle: x\n`)),
    { numRuns: 300 },
  );
});
