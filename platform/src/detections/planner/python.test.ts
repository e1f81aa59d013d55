import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createPythonRunner, DEFAULT_PYTHON_LIMITS, readHostSources } from '../python/runner.ts';
import { type Condition, TRUE } from './condition.ts';
import { explain } from './explain.ts';
import { planPython } from './python.ts';
import { eventsFor, type PlannedRule, wronglySkipped } from './soundness.suite.ts';

const EVENTS_PER_RULE = 400;
const workerUrl = new URL('../python/python.worker.ts', import.meta.url);
const python = createPythonRunner({ workerUrl, hostSources: readHostSources(), ...DEFAULT_PYTHON_LIMITS });

interface Case extends PlannedRule {
  /** The condition in words. */
  readonly plan: string;
}

function rule(name: string, body: string, near: object, plan: string, before = ''): Case {
  const lines = body.trim().split('\n');
  return {
    name,
    source: `${before}\ndef rule(event):\n${lines.map((line) => `    ${line}`).join('\n')}\n`,
    near,
    plan,
  };
}

const login = {
  eventName: 'ConsoleLogin',
  userIdentity: { type: 'Root' },
  responseElements: { ConsoleLogin: 'Success' },
};

const CASES: readonly Case[] = [
  rule('equality', 'return event.get("eventName") == "ConsoleLogin"', login, 'eventName = "ConsoleLogin"'),
  rule('flipped equality', 'return "ConsoleLogin" == event.get("eventName")', login, 'eventName = "ConsoleLogin"'),
  rule(
    'guards',
    `"""Docs."""
if event.get("eventName") != "ConsoleLogin":
    return False
if event.deep_get("userIdentity", "type") != "Root":
    return False
return event.deep_get("responseElements", "ConsoleLogin") == "Success"`,
    login,
    'eventName = "ConsoleLogin" and userIdentity.type = "Root" and responseElements.ConsoleLogin = "Success"',
  ),
  rule(
    'constant set and a falsy guard',
    `if event.get("eventName") in EVENTS and not event.get("errorCode"):
    return True
return False`,
    { eventName: 'StopLogging' },
    'eventName cannot be read or (eventName is one of "StopLogging", "DeleteTrail" and errorCode is missing or empty)',
    'EVENTS = {"StopLogging", "DeleteTrail"}',
  ),
  rule(
    'negated membership',
    `if event.get("eventSource") not in ("s3.amazonaws.com", "ec2.amazonaws.com"):
    return False
return event.get("eventName", "").startswith(("Put", "Delete"))`,
    { eventSource: 's3.amazonaws.com', eventName: 'PutObject' },
    'eventSource is one of "s3.amazonaws.com", "ec2.amazonaws.com" and eventName starts with "Put", "Delete"',
  ),
  rule(
    'chain of gets',
    'return event.get("userIdentity", {}).get("type") == "Root"',
    login,
    'userIdentity.type = "Root"',
  ),
  rule(
    'guard that can fail',
    `if event.get("userIdentity").get("type") != "Root":
    return False
return event["eventName"] == "ConsoleLogin"`,
    login,
    'userIdentity.type cannot be read or (userIdentity.type = "Root" and eventName = "ConsoleLogin")',
  ),
  rule(
    'a loop over a field',
    'for name in event.get("names", []):\n    if name.lower() == "x":\n        return True\nreturn False',
    { names: ['a', 'X'] },
    'names is set or names is one of null, 0',
  ),
  rule(
    'a loop over a field, and more after it',
    'found = False\nfor name in event.get("names") or []:\n    found = name == "x"\nelse:\n    found = event.get("a") == 1\nreturn found or event.get("b") == "y"',
    { b: 'y' },
    'names is set or a = 1 or b = "y"',
  ),
  rule(
    'any of a field',
    'return any(one == "x" for one in event.get("names", []))',
    { names: ['x'] },
    'names is set or (names is missing or empty and names is one of null, 0)',
  ),
  rule(
    'all of a field, behind a guard',
    'return event.get("a") == 1 and all([one.get("b") for one in event.deep_get("c", "list", default=[])])',
    { a: 1, c: { list: [] } },
    'a = 1',
  ),
  rule('subscript', 'return event["eventName"] == "ConsoleLogin"', login, 'eventName = "ConsoleLogin"'),
  rule('nested subscript', 'return event["userIdentity"]["type"] == "Root"', login, 'userIdentity.type = "Root"'),
  rule('no boolean', 'return event.get("eventName")', login, 'eventName is set or eventName is no boolean'),
  rule('a boolean of a value', 'return bool(event.get("eventName"))', login, 'eventName is set'),
  rule(
    'a value in a conjunction',
    'return event.get("errorCode") and event.get("eventName") == "ConsoleLogin"',
    { ...login, errorCode: 'x' },
    '(errorCode is set and eventName = "ConsoleLogin") or (errorCode is missing or empty and errorCode is no boolean)',
  ),
  rule(
    'alias',
    `name = event.get("eventName")
identity = event.get("userIdentity", {})
if name == "ConsoleLogin":
    return identity.get("type", "none") == "Root"
return False`,
    login,
    'eventName = "ConsoleLogin" and userIdentity.type = "Root"',
  ),
  rule(
    'none',
    'return event.get("remoteip") is not None and event.get("status") == 403',
    { remoteip: 'x', status: 403 },
    'remoteip ≠ null and status = 403',
  ),
  rule('identity', 'return event.get("isPublic") is True', { isPublic: true }, 'isPublic = true'),
  rule('truth is one', 'return event.get("count") == 1', { count: true }, 'count = 1'),
  rule('order', 'return event.get("count", 0) > 5', { count: 6 }, 'count > 5'),
  rule(
    'chained order',
    'return 400 <= event.get("status", 0) < 500',
    { status: 404 },
    'status cannot be read or (status ≥ 400 and status cannot be read) or (status ≥ 400 and status < 500)',
  ),
  rule(
    'part of a text',
    'return "admin" in event.get("userName", "")',
    { userName: 'admin' },
    'userName contains "admin"',
  ),
  rule('key of the event', 'return "userName" in event', { userName: 1 }, 'the event contains "userName"'),
  rule(
    'small letters',
    'return event.get("method", "").lower() == "delete"',
    { method: 'DELETE' },
    'method in lower case = "delete"',
  ),
  rule(
    'or with a default',
    'return (event.get("path") or "").endswith(".env")',
    { path: '/.env' },
    'path ends with ".env"',
  ),
  rule(
    'any over a constant',
    'return any(event.get("path", "").startswith(start) for start in STARTS)',
    { path: '/admin/x' },
    'path starts with "/admin" or path starts with "/.git"',
    'STARTS = ["/admin", "/.git"]',
  ),
  rule(
    'all over a list',
    'return all([event.get("eventName") == "ConsoleLogin", event["userIdentity"] != "x"])',
    login,
    'userIdentity cannot be read or (eventName = "ConsoleLogin" and userIdentity ≠ "x")',
  ),
  rule(
    'helper of the module',
    'return is_root(event) and event.get("eventName") == "ConsoleLogin"',
    login,
    'userIdentity.type = "Root" and eventName = "ConsoleLogin"',
    `def is_root(e):
    if e.deep_get("userIdentity", "type") == "Root":
        return True
    return False
`,
  ),
  rule(
    'deep_get of the helper module',
    'return deep_get(event, "userIdentity", "type", default="") == "Root"',
    login,
    'userIdentity.type = "Root"',
    'from panther_base_helpers import deep_get',
  ),
  rule('missing counts', 'return event.deep_get("a", "b", default="x") == "x"', { a: { b: null } }, 'a.b = "x"'),
  rule(
    'a choice',
    'return event.get("a") == 1 if event.get("k") else event.get("b") == 2',
    { k: 1, a: 1, b: 2 },
    '(k is set and a = 1) or (k is missing or empty and b = 2)',
  ),
  rule(
    'else branches',
    `if event.get("a") == "x":
    allowed = True
elif event.get("a") == "y":
    allowed = event.get("b") == "z"
else:
    return False
return allowed`,
    { a: 'y', b: 'z' },
    'a = "x" or (a ≠ "x" and a = "y" and b = "z")',
  ),
  rule(
    'unknown after a guard',
    `if event.get("eventName") != "ConsoleLogin":
    return False
for user in event.get("users", []):
    if user == "x":
        return True
return False`,
    { ...login, users: ['x'] },
    'eventName = "ConsoleLogin" and (users is set or users is one of null, 0)',
  ),
  rule('falls off the end', 'if event.get("a") == "x":\n    return True', { a: 'x' }, 'every event'),
  rule('falls off the end after a guard', 'if event.get("a") != "x":\n    return False', { a: 'x' }, 'a = "x"'),
  rule(
    'a type',
    'return isinstance(event.get("a"), str) and event.get("a") != ""',
    { a: 'x' },
    'a is a string and a ≠ ""',
  ),
  rule('a set asks for a hash', 'return event.get("a") in {"x"}', { a: ['x'] }, 'a = "x"'),
  rule(
    'two fields',
    'if event.get("a") != event.get("b"):\n    return False\nreturn event.get("c") == 1',
    { a: 1, b: 1, c: 1 },
    'c = 1',
  ),
  rule('rebound', 'event = event.get("a", {})\nreturn event.get("b") == 1', { a: { b: 1 } }, 'a.b = 1'),
  rule('no return value', 'return', {}, 'every event'),
  rule('raise', 'if event.get("a") == 1:\n    raise ValueError("x")\nreturn False', { a: 1 }, 'a = 1'),
];

/** What must not be understood, since names may mean something else. */
const UNCERTAIN: readonly Case[] = [
  rule(
    'a list that is changed',
    'NAMES.append("y")\nreturn event.get("a") in NAMES',
    { a: 'y' },
    'every event',
    'NAMES = ["x"]',
  ),
  rule(
    'a list that another function changes',
    'return event.get("a") in NAMES',
    { a: 'y' },
    'every event',
    'NAMES = ["x"]\ndef title(event):\n    NAMES.append("y")\nfor i in [1]:\n    title(i)',
  ),
  rule(
    'a constant that is bound twice',
    'return event.get("a") == X',
    { a: 'y' },
    'every event',
    'X = "x"\nif True:\n    X = "y"',
  ),
  rule(
    'a global',
    'return event.get("a") == X',
    { a: 'y' },
    'every event',
    'X = "x"\ndef f():\n    global X\n    X = "y"\nf()',
  ),
  rule(
    'a walrus',
    'name = "x"\nif (name := "y") == "z":\n    return True\nreturn event.get("a") == name',
    { a: 'y' },
    'every event',
  ),
  rule('globals()', 'return event.get("a") == X', { a: 'x' }, 'every event', 'X = "x"\nglobals()["X"] = "y"'),
  rule(
    'a builtin of its own',
    'return bool(event.get("a") == "x")',
    { a: 'y' },
    'every event',
    'def bool(x):\n    return True',
  ),
  rule(
    'a decorator',
    'return event.get("a") == "x"',
    { a: 'y' },
    'every event',
    'def always(f):\n    return lambda event: True\n@always',
  ),
  rule(
    'a local name before it is bound',
    'if event.get("a") == X:\n    return True\nX = "y"\nreturn False',
    { a: 'z' },
    'every event',
    'X = "x"',
  ),
  rule('a generator', 'if event.get("a") == "x":\n    yield 1\nreturn False', { a: 'z' }, 'every event'),
  rule(
    'a second definition',
    'return event.get("a") == "x"',
    { a: 'x' },
    'every event',
    'def rule(e):\n    return True',
  ),
];

const all = [...CASES, ...UNCERTAIN];
const conditions = new Map<string, Condition>();

before(async () => {
  const sources = all.map(({ name, source }, key) => ({ key, id: `rule.${key}`, file: `${name}.py`, body: source }));
  const helper = 'def deep_get(d, *keys, default=None):\n    return d.deep_get(*keys, default=default)\n';
  await python.load(sources, [{ id: 'panther_base_helpers', file: 'panther_base_helpers.py', body: helper }]);
  for (const { name, source } of all) conditions.set(name, planPython(await python.ast(source)));
});
after(() => python.close());

for (const { name, plan } of all) {
  test(`Python: ${name}`, () => assert.equal(explain(conditions.get(name) ?? TRUE), plan));
}

test('no event that a Python rule matches or fails on is kept from it', async () => {
  for (const [key, one] of all.entries()) {
    const events = [one.near, ...fc.sample(eventsFor(one), EVENTS_PER_RULE)];
    const answers = await python.run(events.map((event) => ({ eventJson: JSON.stringify(event), keys: [key] })));
    const answered = new Set(answers.map(({ event }) => event));
    const skipped = wronglySkipped(conditions.get(one.name) ?? TRUE, events, answered);
    assert.deepEqual(skipped, [], one.name);
    assert.ok(answered.has(0), `${one.name}: the event near it shows nothing`);
  }
});

test('source that does not parse, or defines no rule, is given every event', async () => {
  assert.deepEqual(planPython(await python.ast('def rule(:')), TRUE);
  assert.deepEqual(planPython(await python.ast('x = 1')), TRUE);
  assert.deepEqual(planPython(undefined), TRUE);
});
