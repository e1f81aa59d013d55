import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Answer } from '../runner.ts';
import { createPythonRunner, type PythonRunner, readHostSources } from './runner.ts';

let runner: PythonRunner;

before(() => {
  const workerUrl = new URL('./python.worker.ts', import.meta.url);
  runner = createPythonRunner({ workerUrl, hostSources: readHostSources(), timeoutMs: 500, memoryBytes: 1 << 30 });
});
after(() => runner.close());

const GOOD = `
def rule(event):
    return event.get("eventName") == "x"

def title(event):
    return "saw " + event.get("EVENTNAME")
`;
const EVENT = '{"eventName":"x","big":12345678901234567890,"nested":{"List":[{"a":1},{"a":2},{"a":2}],"none":null}}';

/** Runs rules on one event, with a good rule after them, which must not be disturbed. */
async function answers(...bodies: readonly string[]): Promise<readonly Answer[]> {
  await runner.load(
    [...bodies, GOOD].map((body, key) => ({ key, id: `r${key}`, file: `r${key}.py`, body })),
    [{ id: 'my_helpers', file: 'my_helpers.py', body: 'def shout(text):\n    return text.upper()\n' }],
  );
  const found = await runner.run([{ eventJson: EVENT, keys: [...bodies.keys(), bodies.length] }]);
  const good = found.find(({ rule }) => rule === bodies.length);
  assert.deepEqual([good?.matched, good?.outputs?.title], [true, 'saw x']);
  return found.filter(({ rule }) => rule !== bodies.length);
}

/** Expressions over the event, all of which are true. */
const SEMANTICS = [
  'event["EventName"] == "x"',
  'event.get("missing", 3) == 3',
  '"EVENTNAME" in event and "other" not in event',
  'event.deep_get("nested", "list") == [{"a": 1}, {"a": 2}, {"a": 2}]',
  'event.deep_get("nested", "none", default=5) == 5',
  'event.deep_get("a", "b", default="d") == "d"',
  'event.deep_walk("nested", "List", "a") == [1, 2]',
  'event.deep_walk("nested", "List", "a", return_val="first") == 1',
  'event.deep_walk("nope", default=7) == 7',
  'isinstance(event.get("nested"), dict) is False',
  'type(event.to_dict()["nested"]) is dict',
  'len(event.get("nested").get("List")) == 3 and list(event.keys())[0] == "eventName"',
  'event.get("big") == 12345678901234567890',
  'event.udm("eventName") == "x" and event.udm("nothing", default=1) == 1',
  'repr(event.get("nested").get("List")[1:2]) == "({\'a\': 2},)"',
  '__import__("my_helpers").shout("a") == "A"',
  '__import__("re").match("x", event.get("eventName")) is not None',
];

for (const expression of SEMANTICS) {
  test(`the event as rules see it: ${expression}`, async () => {
    const [answer] = await answers(`def rule(event):\n    return ${expression}\n`);
    assert.equal(answer?.error, undefined, answer?.error?.message);
    assert.equal(answer?.matched, true);
  });
}

test('alert functions are checked and cut', async () => {
  const [answer] = await answers(`
def rule(event):
    return True
def title(event):
    return "x" * 2000
def severity(event):
    return "high"
def destinations(event):
    return []
def dedup(event):
    return 1
def alert_context(event):
    return {"nested": event.get("nested"), "n": 1}
`);
  assert.equal(answer?.outputs?.title?.length, 1_000);
  assert.equal(answer?.outputs?.severity, 'HIGH');
  assert.deepEqual(answer?.outputs?.destinations, ['SKIP']);
  assert.deepEqual(JSON.parse(answer?.outputs?.alert_context ?? ''), {
    nested: { List: [{ a: 1 }, { a: 2 }, { a: 2 }], none: null },
    n: 1,
  });
  assert.match(answer?.errors?.dedup?.message ?? '', /returned \[int\], expected \[str\]/);
});

const rule = (body: string) => `def rule(event):\n    ${body}\n    return True\n`;
const HOSTILE: Readonly<Record<string, readonly [string, RegExp]>> = {
  loops: [rule('while True: pass'), /TimeoutError/],
  recurses: ['def rule(event):\n    return rule(event)\n', /RecursionError/],
  throws: [rule('raise ValueError("boom")'), /ValueError.*boom: r0\.py, line 2, in rule/s],
  'raises what is no error': [rule('raise SystemExit(3)'), /SystemExit/],
  'returns no boolean': [
    'def rule(event):\n    return event.get("eventName")\n',
    /returned \[str\], expected \[bool\]/,
  ],
  'changes its event': [rule('event["a"] = 1'), /TypeError/],
  'changes a list in its event': [rule('event.get("nested").get("List").append(1)'), /AttributeError/],
  'does not parse': ['def rule(event)\n    return True\n', /SyntaxError/],
  'has no rule': ['x = 1\n', /no function rule/],
  'opens a file': [rule('open("/etc/passwd")'), /PermissionError/],
  'imports JavaScript': [`import js\n${rule('pass')}`, /ImportError/],
  'imports Pyodide': [`import pyodide_js\n${rule('pass')}`, /ImportError/],
  'makes code from JavaScript': [`from pyodide.code import run_js\n${rule('run_js("1")')}`, /ImportError/],
  'opens a socket': [`import socket\n${rule('pass')}`, /ImportError/],
  'starts a process': [`import subprocess\n${rule('pass')}`, /ImportError/],
};

for (const [what, [body, expected]] of Object.entries(HOSTILE)) {
  test(`a rule that ${what} is an error of its own`, async () => {
    const [answer] = await answers(body);
    assert.match(`${answer?.error?.title} ${answer?.error?.message}`, expected);
  });
}

test('a rule that cannot be interrupted is stopped, and the others go on', async () => {
  const stubborn = `def rule(event):
    while True:
        try:
            while True: pass
        except BaseException: pass
`;
  const [answer] = await answers(stubborn);
  assert.equal(answer?.error?.type, 'TimeoutError');
});

test('the environment that a rule sees is not ours', async () => {
  const [answer] = await answers('import os\ndef rule(event):\n    return os.environ.get("HOME") == "/home/pyodide"\n');
  assert.equal(answer?.matched, true, answer?.error?.message);
});

test('what a rule prints goes nowhere, and its globals are its own', async () => {
  const found = await answers(
    'counter = 5\nprint("x" * 1_000_000)\ndef rule(event):\n    print("y" * 1_000_000)\n    return True\n',
    'def rule(event):\n    return "counter" not in globals()\n',
  );
  assert.deepEqual(
    found.map(({ matched }) => matched),
    [true, true],
  );
});

test('a unit test can replace names of the module', async () => {
  const body = 'def known():\n    return False\n\ndef rule(event):\n    return bool(known())\n';
  const call = { rule: { key: 0, id: 'r', file: 'r.py', body }, eventJson: '{}', mocks: {} };
  assert.equal((await runner.test(call, [])).matched, false);
  assert.equal((await runner.test({ ...call, mocks: { known: 'yes' } }, [])).matched, true);
});
