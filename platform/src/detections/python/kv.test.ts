import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import type { Answer } from '../runner.ts';
import { createKeyValueSession } from '../state/key-values.ts';
import { createPythonRunner, readHostSources } from './runner.ts';

const folder = temporaryFolder('python-kv');
const state = openSqliteState(join(folder, 'state.db'));
await state.migrate();
const keyValues = createKeyValueSession({ db: state.db, now: () => new Date() });
const runner = createPythonRunner({
  workerUrl: new URL('./python.worker.ts', import.meta.url),
  hostSources: readHostSources(),
  timeoutMs: 500,
  memoryBytes: 1 << 30,
  keyValues,
});
after(async () => {
  await runner.close();
  await state.close();
  await rm(folder, { recursive: true });
});

async function evaluate(body: string, events = 1): Promise<readonly Answer[]> {
  await runner.load([{ key: 0, id: 'kv', file: 'kv.py', body }], []);
  return runner.run(Array.from({ length: events }, (_, n) => ({ eventJson: `{"n":${n}}`, keys: [0] })));
}

async function holds(expressions: readonly string[]): Promise<void> {
  const body = `from panther_detection_helpers.caching import *
import panther_oss_helpers as oss
import time
def rule(event):
    for text, value in checks():
        if not value:
            raise AssertionError(text)
    return True
def checks():
    key = str(time.time())
${expressions.map((one) => `    yield (${JSON.stringify(one)}, ${one})`).join('\n')}
`.replace('import *', `import ${NAMES.join(', ')}`);
  const [answer] = await evaluate(body);
  assert.equal(answer?.error, undefined, `${answer?.error?.title} ${answer?.error?.message}`);
  assert.equal(answer?.matched, true);
}

const NAMES = [
  ...['get_counter', 'increment_counter', 'reset_counter', 'set_key_expiration', 'get_string_set', 'put_string_set'],
  ...['add_to_string_set', 'remove_from_string_set', 'reset_string_set', 'get_dictionary', 'put_dictionary'],
  ...['evaluate_threshold', 'check_account_age'],
];

test('counters', () =>
  holds([
    'get_counter(key) == 0',
    'increment_counter(key) == 1 and increment_counter(key, 4) == 5 and increment_counter(key, -2) == 3',
    'get_counter(key) == 3 and get_counter(key, force_ttl_check=True) == 3',
    'reset_counter(key) is None and get_counter(key) == 0',
    'increment_counter(key, 7, epoch_seconds=int(time.time()) - 5) == 7 and increment_counter(key) == 1',
  ]));

test('string sets', () =>
  holds([
    'get_string_set(key) == set()',
    'put_string_set(key, ["a", "b", "a"]) is None and get_string_set(key) == {"a", "b"}',
    'add_to_string_set(key, "cd") == {"a", "b", "cd"} and add_to_string_set(key, {"e"}) == {"a", "b", "cd", "e"}',
    'remove_from_string_set(key, ["a", "x"]) == {"b", "cd", "e"} and remove_from_string_set(key, "b") == {"cd", "e"}',
    'add_to_string_set(key, []) == {"cd", "e"}',
    'reset_string_set(key) is None and get_string_set(key) == set()',
    'put_string_set(key, []) is None and get_string_set(key) == set()',
  ]));

test('dictionaries', () =>
  holds([
    'get_dictionary(key) == {}',
    'put_dictionary(key, {"a": [1, {"b": None}], "ü": 1.5}) is None',
    'get_dictionary(key) == {"a": [1, {"b": None}], "ü": 1.5}',
    'put_dictionary(key, {}, epoch_seconds="3600") is None and get_dictionary(key) == {}',
  ]));

test('expiration', () =>
  holds([
    'put_string_set(key, ["a"], int(time.time()) - 10) is None and get_string_set(key) == {"a"}',
    'get_string_set(key, force_ttl_check=True) == set() and check_account_age(key) is False',
    'set_key_expiration(key, 100) is None and check_account_age(key) is True',
    'check_account_age("") is False and check_account_age(None) is False and check_account_age(key + "x") is False',
    'put_string_set(key, ["a"], -10) is None and check_account_age(key) is True',
  ]));

test('thresholds of both helper modules', () =>
  holds([
    '[evaluate_threshold(key, 3) for _ in range(7)] == [False, False, True, False, False, True, False]',
    'evaluate_threshold(key + "one", 1) is True',
    '[oss.evaluate_threshold(key + "oss", 2) for _ in range(4)] == [False, True, False, True]',
    'oss.evaluate_threshold(key + "first", threshold=1) is False',
    'oss.increment_counter(key + "c") == 1 and oss.get_counter(key + "c") == 1',
  ]));

test('wrong values are errors of Python', async () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    'put_dictionary("k", [1])': /TypeError.*must be a Mapping/,
    'put_dictionary("k", {"a": {1}})': /ValueError.*not JSON serializable/,
    'get_counter("")': /ValueError.*key must not be empty/,
    'get_counter(3)': /TypeError.*key must be a str, not int/,
    'put_string_set("k", [1])': /TypeError.*holds str, not int/,
    'increment_counter("k", "x")': /ValueError/,
    '[increment_counter("k") for _ in range(2000)]': /RuntimeError.*more than 1000 operations/,
  };
  for (const [expression, expected] of Object.entries(wrong)) {
    const [answer] = await evaluate(
      `from panther_detection_helpers.caching import ${NAMES.join(', ')}\ndef rule(event):\n    return bool(${expression})\n`,
    );
    assert.match(String(answer?.error?.title), expected, expression);
  }
});

const COUNTING = `from panther_detection_helpers.caching import increment_counter
def rule(event):
    n = increment_counter("%KEY%")
    %THEN%
    return n > 0
def dedup(event):
    return str(increment_counter("%KEY%", 0))
`;

test('values are seen by the next event, the next batch, and after the commit by the next session', async () => {
  const body = COUNTING.replaceAll('%KEY%', 'seen').replace('%THEN%', 'pass');
  const first = await evaluate(body, 3);
  assert.deepEqual(
    first.map(({ outputs }) => outputs?.dedup),
    ['1', '2', '3'],
  );
  await state.transaction((tx) => keyValues.apply(tx));
  keyValues.clear();
  const [next] = await evaluate(body, 1);
  assert.equal(next?.outputs?.dedup, '4');
});

test('a batch that is made again after a rule broke the process counts once', async () => {
  const body = COUNTING.replaceAll('%KEY%', 'twice').replace('%THEN%', 'pass');
  const stubborn = `def rule(event):
    while event.get("n") == 2:
        try:
            while True: pass
        except BaseException: pass
    return False
`;
  await runner.load(
    [
      { key: 0, id: 'counts', file: 'counts.py', body },
      { key: 1, id: 'stubborn', file: 'stubborn.py', body: stubborn },
    ],
    [],
  );
  const calls = Array.from({ length: 4 }, (_, n) => ({ eventJson: `{"n":${n}}`, keys: [0, 1] }));
  const answers = (await runner.run(calls)).filter(({ rule }) => rule === 0);
  assert.deepEqual(answers.map(({ outputs }) => outputs?.dedup).sort(), ['1', '2', '3', '4']);
});

test('each unit test starts with an empty store, and leaves the live one alone', async () => {
  const body = COUNTING.replaceAll('%KEY%', 'tested').replace('%THEN%', 'pass');
  const rule = { key: 0, id: 'r', file: 'r.py', body };
  for (let run = 0; run < 2; run += 1) {
    const answer = await runner.test({ rule, eventJson: '{}', mocks: {} }, []);
    assert.equal(answer.outputs?.dedup, '1');
  }
  const [live] = await evaluate(body, 1);
  assert.equal(live?.outputs?.dedup, '1');
});

test('a unit test can mock helpers, as texts too', async () => {
  const body = `from panther_detection_helpers.caching import get_string_set, put_string_set
import json
def rule(event):
    known = get_string_set("k")
    if isinstance(known, str):
        known = set(json.loads(known))
    put_string_set("k", ["x"])
    return "a" in known
`;
  const rule = { key: 0, id: 'r', file: 'r.py', body };
  const mocks = { get_string_set: '["a"]', put_string_set: '' };
  assert.equal((await runner.test({ rule, eventJson: '{}', mocks }, [])).matched, true);
});

test('the helpers are refused while a rule is loaded', async () => {
  const [answer] = await evaluate(
    'from panther_detection_helpers.caching import get_counter\nx = get_counter("k")\ndef rule(event):\n    return True\n',
  );
  assert.match(answer?.error?.message ?? '', /work while a rule looks at an event/);
});

test('the time of an operation', async (t) => {
  const body = `from panther_detection_helpers.caching import increment_counter
def rule(event):
    for _ in range(500):
        increment_counter("fast")
    return True
`;
  const startedAt = performance.now();
  await evaluate(body, 1);
  t.diagnostic(`${((performance.now() - startedAt) / 500).toFixed(3)} ms for an operation`);
});
