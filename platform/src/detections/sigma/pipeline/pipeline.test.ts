import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSigma } from '../collection.ts';
import type { SigmaPart } from '../specification.ts';
import { partMatches } from '../test-support.ts';
import { builtinPipelines } from './builtin.ts';

const RULE = `title: x
id: one
tags: [attack.t1059]
logsource: {product: toaster, category: bread}
detection:
  sel: {Field: 'C:\\tools\\x.exe', Other|expand: '%who%'}
  condition: sel
fields: [Field]
`;

function load(pipeline: string, rule = RULE) {
  return loadSigma([
    { path: 'rule.yml', text: rule },
    { path: 'pipeline.yml', text: pipeline },
  ]);
}

function transformed(transformation: string, rule = RULE): SigmaPart {
  const { rules, problems } = load(`name: p\nvars: {who: [me, 'you*']}\ntransformations: [${transformation}]\n`, rule);
  const errors = problems.filter(({ level }) => level === 'error');
  assert.deepEqual(errors, []);
  return rules[0]?.spec.Sigma as SigmaPart;
}

const EVENT = { Field: 'c:\\tools\\X.EXE', Other: 'me' };

test('transformations', () => {
  const table: readonly (readonly [string, object, boolean])[] = [
    ['', EVENT, true],
    ['', { ...EVENT, Other: 'yours' }, true],
    ['', { ...EVENT, Other: '%who%' }, false],
    ['{type: field_name_mapping, mapping: {Field: a.b}}', { a: { b: EVENT.Field }, Other: 'me' }, true],
    ['{type: field_name_mapping, mapping: {Field: [a, b]}}', { b: EVENT.Field, Other: 'me' }, true],
    ['{type: field_name_mapping, mapping: {Field: [a, b]}}', { a: 'x', b: EVENT.Field, Other: 'me' }, false],
    ['{type: field_name_prefix, prefix: p.}', { p: EVENT }, true],
    ['{type: field_name_suffix, suffix: _s}', { Field_s: EVENT.Field, Other_s: 'me' }, true],
    ['{type: field_name_prefix_mapping, mapping: {Fi: x.}}', { x: { eld: EVENT.Field }, Other: 'me' }, true],
    ['{type: field_name_transform, transform_func: lower}', { field: EVENT.Field, other: 'me' }, true],
    [
      '{type: field_name_transform, transform_func: snake_case, mapping: {Other: OTHER}}',
      { field: EVENT.Field, OTHER: 'me' },
      true,
    ],
    ["{type: field_name_paths, paths: ['*', 'data.*']}", { Field: EVENT.Field, data: { Other: 'me' } }, true],
    ['{type: add_condition, conditions: {kind: 1}}', EVENT, false],
    ['{type: add_condition, conditions: {kind: 1}}', { ...EVENT, kind: 1 }, true],
    ['{type: add_condition, conditions: {kind: 1}, negated: true}', { ...EVENT, kind: 1 }, false],
    ['{type: add_condition, conditions: [{kind: 1}, {kind|exists: false}]}', EVENT, true],
    ['{type: replace_string, regex: tools, replacement: bin}', { ...EVENT, Field: 'c:\\bin\\x.exe' }, true],
    ["{type: replace_string, regex: '(.)ools', replacement: '$1emp'}", { ...EVENT, Field: 'c:\\temp\\x.exe' }, true],
    ["{type: map_string, mapping: {'C:\\tools\\x.exe': [one, 't*']}}", { ...EVENT, Field: 'two' }, true],
    [
      '{type: set_value, value: 5, field_name_conditions: [{type: include_fields, fields: [Field]}]}',
      { Field: 5, Other: 'me' },
      true,
    ],
    [
      '{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [Other]}]}',
      { Field: EVENT.Field },
      true,
    ],
    [
      "{type: drop_detection_item, field_name_conditions: [{type: exclude_fields, fields: ['^O'], match_type: re}]}",
      { Other: 'me' },
      true,
    ],
    ['{type: wildcard_placeholders}', { ...EVENT, Other: 'whoever' }, true],
    ['{type: wildcard_placeholders, exclude: [who]}', { ...EVENT, Other: 'whoever' }, false],
    ['{type: wildcard_placeholders, include: [who]}', { ...EVENT, Other: 'whoever' }, true],
    ['{type: set_custom_attribute, attribute: a, value: 1}', EVENT, true],
  ];
  for (const [transformation, event, expected] of table) {
    assert.equal(
      partMatches(transformed(transformation), event),
      expected,
      `${transformation} ~ ${JSON.stringify(event)}`,
    );
  }
});

test('conditions decide for which rules, items and fields', () => {
  const adds = (conditions: string) =>
    !partMatches(transformed(`{type: add_condition, conditions: {kind: 1}, ${conditions}}`), EVENT);
  const table: readonly (readonly [string, boolean])[] = [
    ['rule_conditions: [{type: logsource, product: toaster}]', true],
    ['rule_conditions: [{type: logsource, product: toaster, exact: true}]', false],
    ['rule_conditions: [{type: logsource, product: windows}]', false],
    ['rule_conditions: [{type: logsource, product: windows}], rule_cond_not: true', true],
    ['rule_conditions: [{type: logsource, product: windows}, {type: tag, tag: attack.t1059}], rule_cond_op: or', true],
    ['rule_conditions: [{type: logsource, product: windows}, {type: tag, tag: attack.t1059}]', false],
    ['rule_conditions: [{type: contains_field, field: Other}]', true],
    ["rule_conditions: [{type: contains_detection_item, field: Field, value: 'c:\\tools\\x.exe'}]", true],
    ['rule_conditions: [{type: contains_detection_item, field: Field, value: 5}]', false],
    ['rule_conditions: [{type: rule_attribute, attribute: title, value: x}]', true],
    ['rule_conditions: [{type: processing_item_applied, processing_item_id: a}]', false],
  ];
  for (const [conditions, expected] of table) assert.equal(adds(conditions), expected, conditions);
  const sets = (conditions: string) => {
    const part = transformed(`{id: a, type: set_value, value: 5, ${conditions}}`);
    return partMatches(part, { ...EVENT, Field: 5 });
  };
  assert.equal(sets("detection_item_conditions: [{type: match_string, cond: any, pattern: 'x[.]exe$'}]"), true);
  assert.equal(sets('detection_item_conditions: [{type: contains_wildcard, cond: any}]'), false);
  assert.equal(sets('detection_item_conditions: [{type: is_null, cond: all}]'), false);
  const chained = transformed(
    '{id: a, type: field_name_prefix, prefix: p., field_name_conditions: [{type: include_fields, fields: [Field]}]}, ' +
      '{type: field_name_suffix, suffix: _s, field_name_conditions: [{type: processing_item_applied, processing_item_id: a}]}',
  );
  assert.equal(partMatches(chained, { p: { Field_s: EVENT.Field }, Other: 'me' }), true);
});

test('log types come from the first pipeline that has some for the rule', () => {
  const of = (pipeline: string) => load(`${pipeline}---\nname: vars\nvars: {who: me}\n`).rules[0]?.spec.LogTypes;
  assert.deepEqual(of('name: p\ntransformations: [{type: set_log_types, log_types: Custom.Toaster}]\n'), [
    'Custom.Toaster',
  ]);
  const two = (a: number, b: number) =>
    `name: a\npriority: ${a}\ntransformations: [{type: set_log_types, log_types: [A.A]}]\n---\nname: b\npriority: ${b}\ntransformations: [{type: set_log_types, log_types: [B.B]}]\n`;
  assert.deepEqual(of(two(1, 2)), ['A.A']);
  assert.deepEqual(of(two(2, 1)), ['B.B']);
  const moved = 'name: p\ntransformations: [{type: change_logsource, product: okta}]\n';
  assert.deepEqual(of(moved), ['Okta.SystemLog']);
});

test('the fields that an alert shows are those of the events', () => {
  assert.deepEqual(transformed('{type: field_name_mapping, mapping: {Field: a.b}}').fields, { Field: 'a.b' });
});

test('a pipeline can refuse a rule', () => {
  const problem = (transformation: string) => load(`name: p\ntransformations: [${transformation}]\n`).problems[0];
  assert.match(problem('{type: rule_failure, message: not here}')?.message ?? '', /not here/);
  const item = problem(
    '{type: detection_item_failure, message: no such field, field_name_conditions: [{type: include_fields, fields: [Other]}]}',
  );
  assert.deepEqual([item?.message, item?.file, item?.line], ['no such field', 'rule.yml', 6]);
});

test('what is wrong with a pipeline is told with its line', () => {
  const problem = (text: string) => load(text).problems.find(({ file }) => file === 'pipeline.yml');
  const unknown = problem('name: p\ntransformations:\n  - {type: nothing}\n');
  assert.match(unknown?.message ?? '', /^"nothing" is not one of set_log_types, field_name_mapping, /);
  assert.equal(problem('name: p\ntransformations:\n  - {type: nothing}\n')?.line, 3);
  const regex = problem("name: p\ntransformations:\n  - {type: replace_string, regex: '(', replacement: x}\n");
  assert.match(regex?.message ?? '', /linear time/);
  assert.equal(problem('name: p\ntransformations: []\nunknown: 1\n')?.level, 'error');
});

test('the pipelines that come along are valid, and find the fields of Windows where agents put them', () => {
  assert.ok(builtinPipelines().length >= 3);
  const rule = `title: x\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image|endswith: '\\x.exe'}, condition: s}\n`;
  const { rules } = loadSigma([{ path: 'r.yml', text: rule }]);
  const part = rules[0]?.spec.Sigma as SigmaPart;
  const image = 'C:\\x.exe';
  const yes = [
    { Image: image },
    { EventID: 1, Image: image },
    { EventID: '4688', NewProcessName: image },
    { EventID: 1, EventData: { Image: image } },
    { EventID: 4688, EventData: { NewProcessName: image } },
    { winlog: { event_id: 1, event_data: { Image: image } } },
    { Event: { System: { EventID: 1 }, EventData: { Image: image } } },
  ];
  for (const event of yes) assert.equal(partMatches(part, event), true, JSON.stringify(event));
  assert.equal(partMatches(part, { EventID: 7, Image: image }), false, 'the loading of a module');
});

test('rules about web servers find method, path and query, in one field or in many', () => {
  const rule = `title: x
logsource: {category: webserver}
detection:
  s: {cs-method: GET, cs-uri-stem|endswith: /admin.php, cs-uri-query|contains: 'id=1', sc-status: 200}
  condition: s
`;
  const { rules } = loadSigma([{ path: 'r.yml', text: rule }]);
  const part = rules[0]?.spec.Sigma as SigmaPart;
  const [loaded] = rules;
  assert.match(String(loaded?.spec.LogTypes), /Nginx\.Access/);
  assert.equal(partMatches(part, { request: 'GET /x/admin.php?id=12 HTTP/1.1', status: 200 }), true);
  assert.equal(partMatches(part, { request: 'POST /x/admin.php?id=12 HTTP/1.1', status: 200 }), false);
  assert.equal(partMatches(part, { request: 'GET /x/admin.php HTTP/1.1', status: 200 }), false);
  assert.equal(partMatches(part, { request: '-', status: 200 }), false);
  const apache = { request_method: 'GET', request_uri: '/admin.php?id=1', response_status: 200 };
  assert.equal(partMatches(part, apache), true);
  assert.equal(partMatches(part, { ...apache, request_uri: '/admin.php/x?id=1' }), false);
});
