import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createTypeScriptRunner } from '../typescript/runner.ts';
import { TRUE } from './condition.ts';
import { explain } from './explain.ts';
import { eventsFor, type PlannedRule, wronglySkipped } from './soundness.suite.ts';
import { planTypeScript } from './typescript.ts';

const EVENTS_PER_RULE = 400;

interface Case extends PlannedRule {
  readonly plan: string;
}

function rule(name: string, body: string, near: object, plan: string, before = ''): Case {
  return { name, source: `${before}\nexport function rule(event: any): boolean {\n${body}\n}\n`, near, plan };
}

const login = { eventName: 'ConsoleLogin', userIdentity: { type: 'Root' }, tags: ['vip'] };

const CASES: readonly Case[] = [
  rule('equality', "return event.eventName === 'ConsoleLogin';", login, 'eventName = "ConsoleLogin"'),
  rule('flipped equality', "return 'ConsoleLogin' === event.eventName;", login, 'eventName = "ConsoleLogin"'),
  rule('optional chain', "return event.userIdentity?.type === 'Root';", login, 'userIdentity.type = "Root"'),
  rule('chain that can fail', "return event.userIdentity.type === 'Root';", login, 'userIdentity.type = "Root"'),
  rule(
    'guard that can fail',
    "if (event.userIdentity.type !== 'Root') return false;\nreturn event.eventName === 'ConsoleLogin';",
    login,
    'userIdentity.type cannot be read or (userIdentity.type = "Root" and eventName = "ConsoleLogin")',
  ),
  rule('a key in brackets', "return event['user-id'] === 'x';", { 'user-id': 'x' }, 'user-id = "x"'),
  rule(
    'guards',
    `if (event.eventName !== 'ConsoleLogin') return false;
    const type = event.userIdentity?.type;
    return type === 'Root';`,
    login,
    'eventName = "ConsoleLogin" and (userIdentity.type cannot be read or userIdentity.type = "Root")',
  ),
  rule(
    'conjunction',
    "return event.eventName === 'ConsoleLogin' && !event.errorCode;",
    login,
    'eventName = "ConsoleLogin" and errorCode is missing or empty',
  ),
  rule(
    'no boolean',
    'return event.errorCode && event.eventName === "x";',
    { errorCode: 'a', eventName: 'x' },
    '(errorCode is set and eventName = "x") or (errorCode is missing or empty and errorCode is no boolean)',
  ),
  rule('list', "return ['a', 'b'].includes(event.name);", { name: 'a' }, 'name is one of "a", "b"'),
  rule(
    'constant list',
    'return NAMES.includes(event.name ?? "");',
    { name: 'a' },
    'name is one of "a", "b"',
    "const NAMES = ['a', 'b'];",
  ),
  rule(
    'set',
    'return NAMES.has(event.name);',
    { name: 'a' },
    'name is one of "a", "b"',
    "const NAMES: ReadonlySet<string> = new Set(['a', 'b']);",
  ),
  rule('start of a text', "return event.path.startsWith('/admin');", { path: '/admin' }, 'path starts with "/admin"'),
  rule(
    'start of an optional text',
    "return event.path?.startsWith('/admin') ?? false;",
    { path: '/admin' },
    '(path is present and path cannot be read) or (path is present and path starts with "/admin")',
  ),
  rule(
    'start of an optional text, compared',
    "return event.path?.startsWith('/admin') === true;",
    { path: '/admin' },
    '(path is present and path cannot be read) or (path is present and path starts with "/admin")',
  ),
  rule('element of a list', "return (event.tags ?? []).includes('vip');", login, 'tags contains "vip"'),
  rule(
    'small letters',
    "return (event.method || '').toLowerCase() === 'delete';",
    { method: 'DELETE' },
    'method in lower case = "delete"',
  ),
  rule(
    'order',
    'return event.status >= 400 && event.status < 500;',
    { status: 404 },
    'status cannot be read or (status ≥ 400 and status cannot be read) or (status ≥ 400 and status < 500)',
  ),
  rule('a type', "return typeof event.name === 'string';", { name: 'x' }, 'name is a string'),
  rule(
    'null',
    'return event.name != null && event.other !== undefined;',
    { name: 'x', other: 1 },
    'name is present and other is present',
  ),
  rule(
    'a boolean of a value',
    'return Boolean(event.name) && !!event.other;',
    { name: 'x', other: 1 },
    'name is set and other is set',
  ),
  rule(
    'a choice',
    'return event.k ? event.a === 1 : event.b === 2;',
    { k: 1, a: 1, b: 2 },
    '(k is set and a = 1) or (k is missing or empty and b = 2)',
  ),
  rule(
    'a switch',
    `switch (event.eventName) {
      case 'a':
      case 'b':
        return true;
      case 'c':
        return event.x === 1;
      default:
        return false;
    }`,
    { eventName: 'c', x: 1 },
    'eventName = "a" or eventName = "b" or (eventName ≠ "a" and eventName ≠ "b" and eventName = "c" and x = 1)',
  ),
  rule(
    'helper of the module',
    "return isRoot(event) && event.eventName === 'ConsoleLogin';",
    login,
    'userIdentity.type cannot be read or (userIdentity.type = "Root" and eventName = "ConsoleLogin")',
    "const isRoot = (e: any) => e.userIdentity?.type === 'Root';",
  ),
  rule(
    'some of a constant',
    'return STARTS.some((start) => event.path === start);',
    { path: 'a' },
    'path = "a" or path = "b"',
    "const STARTS = ['a', 'b'];",
  ),
  rule(
    'unknown after a guard',
    "if (event.a !== 'x') return false;\nfor (const one of event.list) if (one) return true;\nreturn false;",
    { a: 'x', list: [1] },
    'a = "x"',
  ),
  rule(
    'block scope',
    "const a = event.a;\nif (event.k === 1) { const b = event.b; return b === 2; }\nreturn a === 'x';",
    { k: 1, b: 2, a: 'x' },
    '(k = 1 and b = 2) or (k ≠ 1 and a = "x")',
  ),
  rule('two fields', 'if (event.a !== event.b) return false;\nreturn event.c === 1;', { a: 1, b: 1, c: 1 }, 'c = 1'),
  rule('throw', "if (event.a === 1) throw new Error('x');\nreturn false;", { a: 1 }, 'a = 1'),
  {
    name: 'arrow function',
    source: "export const rule = (event: any) => event.a === 'x';",
    near: { a: 'x' },
    plan: 'a = "x"',
  },
];

/** What must not be understood, since names may mean something else. */
const UNCERTAIN: readonly Case[] = [
  rule('falls off the end', "if (event.a === 'x') return true;", { a: 'x' }, 'every event'),
  rule(
    'a list that is changed',
    "NAMES.push('y');\nreturn NAMES.includes(event.a);",
    { a: 'y' },
    'every event',
    "const NAMES = ['x'];",
  ),
  rule(
    'a list that is changed on load',
    'return NAMES.includes(event.a);',
    { a: 'y' },
    'every event',
    "const NAMES = ['x'];\nNAMES.push('y');",
  ),
  rule('a name that gets another value', "let x = 'a';\nx = 'b';\nreturn event.a === x;", { a: 'b' }, 'every event'),
  rule('a variable of the module', 'return event.a === X;', { a: 'b' }, 'every event', "let X = 'a';\nX = 'b';"),
  rule(
    'a name with two meanings',
    "if (event.k) { const X = 'b'; return event.a === X; }\nreturn event.a === X;",
    { a: 'a' },
    '(k is set and a = "b") or k is missing or empty',
    "const X = 'a';",
  ),
  rule('inherited keys', "return event.toString === 'x' || event.a === 'y';", { a: 'y' }, 'every event'),
  rule(
    'another prototype',
    'return [1].includes(event.a);',
    { a: 2 },
    'every event',
    'Array.prototype.includes = () => true;',
  ),
  {
    name: 'a promise',
    source: "export async function rule(event: any) { return event.a === 'x'; }",
    near: { a: 'x' },
    plan: 'every event',
  },
  {
    name: 'a function that is replaced',
    source: "export function rule(event: any) { return event.a === 'x'; }\nrule = () => true;",
    near: { a: 'y' },
    plan: 'every event',
  },
];

const all = [...CASES, ...UNCERTAIN];
const conditions = new Map(all.map(({ name, source }) => [name, planTypeScript(source)]));
const runner = createTypeScriptRunner();
after(() => runner.close());

for (const { name, plan } of all) {
  test(`TypeScript: ${name}`, () => assert.equal(explain(conditions.get(name) ?? TRUE), plan));
}

test('no event that a TypeScript rule matches or fails on is kept from it', async () => {
  const sources = all.map(({ name, source }, key) => ({
    key,
    id: `rule.${key}`,
    file: `${name.replaceAll(/\W/g, '-')}.ts`,
    body: source,
  }));
  const failed = await runner.load(sources);
  for (const [key, one] of all.entries()) {
    if (failed.has(key)) continue;
    const events = [one.near, ...fc.sample(eventsFor(one), EVENTS_PER_RULE)];
    const answers = await runner.run(events.map((event) => ({ eventJson: JSON.stringify(event), keys: [key] })));
    const answered = new Set(answers.map(({ event }) => event));
    assert.deepEqual(wronglySkipped(conditions.get(one.name) ?? TRUE, events, answered), [], one.name);
    assert.ok(answered.has(0), `${one.name}: the event near it shows nothing`);
  }
  assert.ok(failed.size <= 1);
});

test('source that does not parse, or exports no rule, is given every event', () => {
  assert.deepEqual(planTypeScript('export function rule( {'), TRUE);
  assert.deepEqual(planTypeScript('enum X { A }\nexport const rule = () => true;'), TRUE);
  assert.deepEqual(planTypeScript('const x = 1;'), TRUE);
});
