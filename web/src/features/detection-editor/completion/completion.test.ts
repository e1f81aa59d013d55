import { CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import { eventNames, keyPath, memberPath, typescriptCompletion } from './code-completion.ts';
import { dottedFields, fieldsAt, fieldsOfColumns, mergeFields, typescriptType } from './event-fields.ts';
import { yamlPlace } from './yaml-completion.ts';

const COLUMNS = [
  { name: 'eventName', type: 'VARCHAR', description: 'What was called' },
  {
    name: 'userIdentity',
    type: 'STRUCT(arn VARCHAR, "session Context" STRUCT(attributes STRUCT("mfa,ed" VARCHAR)), ids DECIMAL(10, 2)[])',
  },
  { name: 'resources', type: 'STRUCT(arn VARCHAR, accountId VARCHAR)[]' },
];

test('fields are read from the types of columns, inside of objects and lists, with quoted names', () => {
  const fields = fieldsOfColumns(COLUMNS);
  expect(fieldsAt(fields, ['userIdentity']).map(({ name }) => name)).toEqual(['arn', 'session Context', 'ids']);
  expect(fieldsAt(fields, ['useridentity', 'session Context', 'attributes']).map(({ name }) => name)).toEqual([
    'mfa,ed',
  ]);
  expect(fieldsAt(fields, ['resources']).map(({ name }) => name)).toEqual(['arn', 'accountId']);
  expect(fieldsAt(fields, ['nowhere'])).toEqual([]);
  expect(dottedFields(fields).map(({ path }) => path)).toContain('userIdentity.session Context.attributes.mfa,ed');
});

test('fields are read from types in angle brackets as well', () => {
  const type = 'struct<arn string, sessionContext struct<attributes struct<mfa string>>, ids array<struct<id bigint>>>';
  const fields = fieldsOfColumns([
    { name: 'user', type },
    { name: 'list', type: 'array<struct<a string, b map<string, string>>>' },
  ]);
  expect(dottedFields(fields).map(({ path }) => path)).toEqual([
    'user',
    'user.arn',
    'user.sessionContext',
    'user.sessionContext.attributes',
    'user.sessionContext.attributes.mfa',
    'user.ids',
    'user.ids.id',
    'list',
    'list.a',
    'list.b',
  ]);
});

test('fields of several log types are joined', () => {
  const merged = mergeFields([
    fieldsOfColumns([{ name: 'user', type: 'STRUCT(a VARCHAR)' }]),
    fieldsOfColumns([
      { name: 'user', type: 'STRUCT(b VARCHAR)' },
      { name: 'x', type: 'BIGINT' },
    ]),
  ]);
  expect(dottedFields(merged).map(({ path }) => path)).toEqual(['user', 'user.a', 'user.b', 'x']);
});

test.each([
  ['    if event.get("', [], ''],
  ['event["eve', [], 'eve'],
  ['event.get("userIdentity", {}).get("a', ['userIdentity'], 'a'],
  ['event["userIdentity"]["', ['userIdentity'], ''],
  ['deep_get(event, "userIdentity", "a', ['userIdentity'], 'a'],
  ["event.deep_get('userIdentity', 'sessionContext', '", ['userIdentity', 'sessionContext'], ''],
  ["deepGet(event, '", [], ''],
])('keys are completed in %s', (text, path, typed) => {
  expect(keyPath(text)).toEqual({ path, typed });
});

test('strings that are no keys of the event are left alone', () => {
  expect(keyPath('x = "')).toBeUndefined();
  expect(keyPath('other.get("')).toBeUndefined();
});

test.each([
  ['event.', [], ''],
  ['event.userIdentity?.ar', ['userIdentity'], 'ar'],
  ['event.resources?.[0]?.', ['resources'], ''],
])('members are completed in %s', (text, path, typed) => {
  expect(memberPath(text)).toEqual({ path, typed });
});

test.each([
  [[], 'Sev', { typed: 'Sev', parents: [] }],
  [[], 'Severity: Hi', { value: { key: 'Severity', typed: 'Hi' }, parents: [] }],
  [['LogTypes:'], '  - AWS.C', { value: { key: 'LogTypes', typed: 'AWS.C' }, parents: ['LogTypes'] }],
  [['Tests:', '  - Name: a'], '    Exp', { typed: 'Exp', parents: ['Tests'] }],
  [['Tests:'], '  - Na', { typed: 'Na', parents: ['Tests'] }],
  [['Tests:', '  - Name: a', '    Log:'], '      ev', { typed: 'ev', parents: ['Log', 'Tests'] }],
  [['detection:', '  selection:'], '    user', { typed: 'user', parents: ['selection', 'detection'] }],
  [['detection:', '  selection:', '    a: b', '  '], '  cond', { typed: 'cond', parents: ['detection'] }],
  [['logsource:'], '  product: aw', { value: { key: 'product', typed: 'aw' }, parents: ['logsource'] }],
] as const)('the place after %j in %j is known', (lines, text, place) => {
  expect(yamlPlace(lines, text)).toMatchObject(place);
});

/** What is offered at the end of the code. */
function offered(code: string): readonly (readonly [string, string | undefined])[] {
  const fields = fieldsOfColumns([
    { name: 'eventName', type: 'string', description: 'What was called' },
    { name: 'user', type: 'struct<arn string, ids array<bigint>>' },
    { name: 'resources', type: 'array<struct<arn string>>' },
    { name: 'p_event_time', type: 'timestamp' },
    { name: 'detail', type: 'json' },
  ]);
  const complete = typescriptCompletion(
    () => fields,
    () => ['AWS.CloudTrail', 'Okta.SystemLog'],
  );
  const context = new CompletionContext(EditorState.create({ doc: code }), code.length, false);
  const result = complete(context) as CompletionResult | null;
  return (result?.options ?? []).map(({ label, detail }) => [label, detail]);
}

test('members of the event have the types that are written for TypeScript rules', () => {
  expect(offered('event.')).toEqual([
    ['eventName', 'string'],
    ['user', '{ … }'],
    ['resources', 'ReadonlyArray<{ … }>'],
    ['p_event_time', 'string'],
    ['detail', 'Json'],
  ]);
  expect(offered('return event.user?.')).toEqual([
    ['arn', 'string'],
    ['ids', 'ReadonlyArray<number>'],
  ]);
  expect(typescriptType({ type: 'DECIMAL(10, 2)[]', fields: [] })).toBe('ReadonlyArray<number>');
});

test('an event of another name is known by its type', () => {
  const code = "type Trail = Event<'AWS.CloudTrail'>;\nexport const rule = (e: Trail) => e.us";
  expect(eventNames(code)).toEqual(['event', 'e']);
  expect(offered(code).map(([label]) => label)).toContain('user');
  expect(offered('export const rule = (other: string) => other.')).toEqual([]);
});

test('log types and what panther exports are completed', () => {
  expect(offered("type Own = Event<'AWS").map(([label]) => label)).toEqual(['AWS.CloudTrail', 'Okta.SystemLog']);
  expect(offered('import { deep').map(([label]) => label)).toEqual(
    expect.arrayContaining(['Event', 'deepGet', 'lookup']),
  );
});
