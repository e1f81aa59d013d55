import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Answer, HelperSource } from '../runner.ts';
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
  const [answer] = await answers(
    'import os\ndef rule(event):\n    return not os.environ and os.getenv("HOME") is None\n',
  );
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

test('what a unit test prints comes with its answer, cut to size', async () => {
  const body = `import logging
logging.basicConfig()
log = logging.getLogger("acme")
print("loaded")
def rule(event):
    print("saw", event.get("eventName"), end="!\\n")
    log.info("careful, %s", event.get("eventName"))
    if event.get("many"):
        print("y" * 1_000_000)
        print("z" * 1_000_000)
    return event["wanted"]
`;
  const helpers: readonly HelperSource[] = [];
  const call = { rule: { key: 0, id: 'r', file: 'r.py', body }, mocks: {} };
  const first = await runner.test({ ...call, eventJson: '{"eventName":"x","wanted":true}' }, helpers);
  assert.equal(first.output, 'loaded\nsaw x!\nINFO:acme:careful, x\n');
  const second = await runner.test({ ...call, eventJson: '{"eventName":"x"}', isFirst: false }, helpers);
  assert.match(second.error?.message ?? '', /wanted/);
  assert.equal(second.output, 'saw x!\nINFO:acme:careful, x\n');
  const third = await runner.test({ ...call, eventJson: '{"many":true,"wanted":false}', isFirst: false }, helpers);
  assert.equal(third.matched, false);
  assert.ok((third.output?.length ?? 0) < 10_100);
  assert.match(third.output ?? '', /y\n\.\.\. \(truncated after 10000 characters\)$/);
  const quiet = await runner.test({ ...call, rule: { ...call.rule, body: GOOD }, eventJson: '{}' }, helpers);
  assert.equal(quiet.output, undefined);
});

test('what is logged wrongly is no error of the rule', async () => {
  const body = `import logging
class Odd:
    def __str__(self):
        raise ValueError("no")
class Text(str):
    def __mod__(self, values):
        raise ValueError("no")
def rule(event):
    logging.error(Odd())
    logging.warning("%d", "x")
    logging.info(Text("%(a)s"), {"a": 1})
    logging.log(10, "done")
    return True
`;
  const call = { rule: { key: 0, id: 'r', file: 'r.py', body }, eventJson: '{}', mocks: {} };
  const answer = await runner.test(call, []);
  assert.equal(answer.matched, true, answer.error?.message);
  assert.equal(
    answer.output,
    'ERROR: (a message that could not be written)\nWARNING: (a message that could not be written)\n' +
      'INFO:root:1\nDEBUG:root:done\n',
  );
});

test('what a unit test printed before it ran out of time is kept', async () => {
  const body = 'def rule(event):\n    print("begun")\n    while True: pass\n';
  const call = { rule: { key: 0, id: 'r', file: 'r.py', body }, eventJson: '{}', mocks: {} };
  const answer = await runner.test(call, []);
  assert.deepEqual([answer.error?.type, answer.output], ['TimeoutError', 'begun\n']);
});

test('a unit test can replace names of the module', async () => {
  const body = 'def known():\n    return False\n\ndef rule(event):\n    return bool(known())\n';
  const call = { rule: { key: 0, id: 'r', file: 'r.py', body }, eventJson: '{}', mocks: {} };
  assert.equal((await runner.test(call, [])).matched, false);
  assert.equal((await runner.test({ ...call, mocks: { known: 'yes' } }, [])).matched, true);
});

/** Ways by which one rule could reach, change or stop what is around it, and what it is told. */
test('annotations are not evaluated with the import from __future__, in rules and in helpers', async () => {
  const helper = {
    id: 'later',
    file: 'later.py',
    body: 'from __future__ import annotations\ndef f(x: Missing) -> None:\n    return x\n',
  };
  const body =
    'from __future__ import annotations, division\nfrom later import f\ndef rule(event: Missing) -> bool:\n    return f(True)\n';
  assert.equal((await runner.load([{ key: 0, id: 'r', file: 'r.py', body }], [helper])).size, 0);
  const [answer] = await runner.run([{ eventJson: '{}', keys: [0] }]);
  assert.deepEqual([answer?.matched, answer?.error], [true, undefined]);
});

test('data classes whose annotations are texts', async () => {
  const body = `from __future__ import annotations
from dataclasses import dataclass, field
from typing import ClassVar
@dataclass
class Seen:
    count: int = 0
    names: list[str] = field(default_factory=list)
    limit: ClassVar[int] = 3
@dataclass(frozen=True)
class Place:
    country: "str"
def rule(event):
    return Seen(1, ["a"]) == Seen(1, ["a"]) and repr(Seen()) == "Seen(count=0, names=[])" and Place("x").country == "x"
`;
  const helper = { id: 'places', file: 'places.py', body };
  const rule = {
    key: 0,
    id: 'r',
    file: 'r.py',
    body: 'from places import rule as same\ndef rule(event):\n    return same(event)\n',
  };
  assert.equal((await runner.load([rule, { key: 1, id: 's', file: 's.py', body }], [helper])).size, 0);
  const answers = await runner.run([{ eventJson: '{}', keys: [0, 1] }]);
  assert.deepEqual(
    answers.map(({ matched, error }) => [matched, error]),
    [
      [true, undefined],
      [true, undefined],
    ],
  );
});

test('abstract classes', async () => {
  const body = `from abc import ABC, abstractmethod
class Base(ABC):
    @abstractmethod
    def name(self): ...
class One(Base):
    def name(self):
        return "one"
def rule(event):
    try:
        Base()
    except TypeError:
        return isinstance(One(), Base) and One().name() == "one"
`;
  assert.equal((await runner.load([{ key: 0, id: 'r', file: 'r.py', body }], [])).size, 0);
  const [answer] = await runner.run([{ eventJson: '{}', keys: [0] }]);
  assert.deepEqual([answer?.matched, answer?.error], [true, undefined]);
});

const WAYS_OUT: Readonly<Record<string, readonly [string, RegExp]>> = {
  'changes a built-in function': [`import builtins\nbuiltins.len = lambda x: 9\n${rule('pass')}`, /ImportError/],
  'changes a module': [`import json\njson.dumps = lambda *a: "[]"\n${rule('pass')}`, /TypeError.*cannot be changed/],
  'changes a helper': [`import my_helpers\nmy_helpers.shout = None\n${rule('pass')}`, /TypeError.*cannot be changed/],
  'changes the class of events': [rule('type(event).get = lambda *a: "y"'), /TypeError.*immutable/],
  'changes what is behind an event': [rule('event._panther_raw["eventName"] = "y"'), /ForbiddenError/],
  'asks for it by a text': [rule('getattr(event, "_panther" + "_raw")["eventName"] = "y"'), /ForbiddenError/],
  'makes an event anew': [rule('event.__init__({"eventName": "y"})\n    return None'), /Error/],
  'goes through all classes': [rule('().__class__.__base__.__subclasses__()'), /ForbiddenError.*__subclasses__/],
  'matches on a hidden attribute': [
    rule('match event.get:\n        case object(__func__=f): return f is None'),
    /ForbiddenError/,
  ],
  'reads the frame of its caller': [rule('(x for x in []).gi_frame.f_back'), /ForbiddenError/],
  'formats its way in': ['import string\ndef rule(event):\n    return string.Formatter() is None\n', /AttributeError/],
  'reads attributes by name': [`from operator import attrgetter\n${rule('pass')}`, /ImportError/],
  'evaluates annotations': [`from typing import get_type_hints\n${rule('pass')}`, /ImportError/],
  'takes a module out of another': [rule('__import__("logging").os'), /AttributeError/],
  'lists files': [rule('__import__("os").listdir("/")'), /AttributeError/],
  'sees the machinery': [`import __main__\n${rule('pass')}`, /ForbiddenError/],
  'evaluates a text': [rule('eval("1")'), /NameError/],
  'loops while it is loaded': [`while True: pass\n${rule('pass')}`, /TimeoutError/],
  'has an error that cannot be shown': [
    'class Odd(Exception):\n    def __repr__(self): raise self\n    __str__ = __repr__\ndef rule(event):\n    raise Odd()\n',
    /Odd\(\)/,
  ],
  'computes a number of a hundred million digits': [rule('10 ** 10 ** 8'), /TimeoutError/],
  'allocates without end': [rule('a = []\n    while True: a.append("a" * 10 ** 7)'), /TimeoutError|MemoryError/],
};

for (const [what, [body, expected]] of Object.entries(WAYS_OUT)) {
  test(`a rule that ${what} disturbs no other`, async () => {
    const [answer] = await answers(body);
    assert.match(`${answer?.error?.title} ${answer?.error?.message}`, expected);
  });
}

test('a rule that breaks the interpreter is not run again, and the others go on', async () => {
  const [answer] = await answers(
    'def rule(event):\n    x = []\n    for i in range(10 ** 6): x = [x]\n    return repr(x) == ""\n',
  );
  assert.match(answer?.error?.type ?? '', /RecursionError|TimeoutError/);
  const calls = [{ eventJson: EVENT, keys: [0, 1] }];
  assert.deepEqual(
    (await runner.run(calls)).map(({ rule, matched }) => [rule, matched]),
    [
      [0, undefined],
      [1, true],
    ],
  );
});

test('a rule that runs over its limit three times is not run again', async () => {
  const slow = 'def rule(event):\n    while event.get("eventName") == "x": pass\n    return True\n';
  await runner.load([{ key: 0, id: 'slow', file: 'slow.py', body: slow }], []);
  const call = { eventJson: EVENT, keys: [0] };
  const errors = await runner.run([call, call, call, { eventJson: '{}', keys: [0] }]);
  assert.deepEqual(
    errors.map(({ error }) => error?.type),
    Array(4).fill('TimeoutError'),
  );
});

test('a unit test that mocks a name which the rule does not have fails', async () => {
  const source = { key: 0, id: 'r', file: 'r.py', body: 'def rule(event):\n    return True\n' };
  const answer = await runner.test({ rule: source, eventJson: '{}', mocks: { nothing: true } }, []);
  assert.equal(answer.error?.type, 'AttributeError');
});
