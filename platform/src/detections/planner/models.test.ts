import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { toDetection } from '../detection.ts';
import { helpersOf } from '../helpers.ts';
import { createPythonRunner, DEFAULT_PYTHON_LIMITS, readHostSources } from '../python/runner.ts';
import { type Condition, TRUE } from './condition.ts';
import { explain } from './explain.ts';
import { readModels, withModel } from './models.ts';
import { planPython } from './python.ts';
import { createRuleIndex } from './rule-index.ts';
import { eventsFor, wronglySkipped } from './soundness.suite.ts';

const workerUrl = new URL('../python/python.worker.ts', import.meta.url);
const python = createPythonRunner({ workerUrl, hostSources: readHostSources(), ...DEFAULT_PYTHON_LIMITS });

const MAPPINGS = [
  { Name: 'actor', Path: '$.user.name' },
  { Name: 'query', Path: 'dns' },
  { Name: 'first', Path: '$.list[0]' },
  { Name: 'kind', Method: 'get_kind' },
];
const model = toDetection(
  {
    AnalysisType: 'datamodel',
    DataModelID: 'M',
    Enabled: true,
    LogTypes: ['A.Log'],
    Filename: 'm.py',
    Mappings: MAPPINGS,
  },
  'm.py',
  'def get_kind(event):\n    return event.get("kind")\n',
);
assert.ok('detection' in model);
const helpers = helpersOf([model.detection]);
const models = readModels(helpers);

/** Rules, the events near them, and what each is given in a log type with the model and in one without. */
const RULES: readonly (readonly [string, object, string, string])[] = [
  ['event.udm("actor") == "ann"', { user: { name: 'ann' }, actor: 'ann' }, 'udm(actor) = "ann"', 'udm(actor) = "ann"'],
  [
    'event.udm("query", default="").endswith(".evil.example")',
    { dns: 'x.evil.example', query: 'x.evil.example' },
    'udm(query) ends with ".evil.example"',
    'udm(query) ends with ".evil.example"',
  ],
  [
    'event.udm("actor").lower() in {"ann", "bob"} and event.get("ok") is True',
    { user: { name: 'ANN' }, ACTOR: 'Bob', ok: true },
    'udm(actor) in lower case cannot be read or (udm(actor) in lower case is one of "ann", "bob" and ok = true)',
    'udm(actor) in lower case cannot be read or (udm(actor) in lower case is one of "ann", "bob" and ok = true)',
  ],
  ['event.udm("first") == "x"', { list: ['x'], first: 'x' }, 'every event', 'udm(first) = "x"'],
  [
    'event.udm("kind") == "login" and event.udm("query") == "q"',
    { kind: 'login', dns: 'q', query: 'q' },
    'every event',
    'udm(kind) = "login" and udm(query) = "q"',
  ],
  [
    'event.udm("actor", default={}).get("id") == 1',
    { user: { name: { id: 1 } }, actor: { id: 1 } },
    'udm(actor).id = 1',
    'udm(actor).id = 1',
  ],
  ['event.udm("nobody") == "x"', { p_udm: { nobody: 'x' }, nobody: 'x' }, 'udm(nobody) = "x"', 'udm(nobody) = "x"'],
  ['event.udm("user", "name") == "ann"', { user: { name: 'ann' } }, 'every event', 'every event'],
  [
    'event.udm(event.get("name")) == "ann"',
    { user: { name: 'ann' }, name: 'actor', actor: 'ann' },
    'every event',
    'every event',
  ],
];
const sourceOf = (code: string) => `def rule(event):\n    return ${code}\n`;
const plans: Condition[] = [];

before(async () => {
  const rules = RULES.map(([code], key) => ({ key, id: `r${key}`, file: `r${key}.py`, body: sourceOf(code) }));
  assert.equal((await python.load(rules, helpers)).size, 0);
  for (const { body } of rules) plans.push(planPython(await python.ast(body)));
});
after(() => python.close());

for (const [key, [code, , withIt, without]] of RULES.entries()) {
  test(`udm: ${code}`, () => {
    const words = (logType: string) => explain(withModel(plans[key] ?? TRUE, models.get(logType)));
    assert.deepEqual([words('A.Log'), words('B.Log')], [withIt, without]);
  });
}

for (const logType of ['A.Log', 'B.Log']) {
  test(`no event of ${logType} that a rule with udm matches or fails on is kept from it`, async () => {
    for (const [key, [code, near]] of RULES.entries()) {
      const condition = withModel(plans[key] ?? TRUE, models.get(logType));
      const source = `${sourceOf(code)} "user" "name" "dns" "list" "p_udm" "actor" "query" "kind"`;
      const drawn = [near, ...fc.sample(eventsFor({ name: code, source, near }), 400)];
      const events = drawn.map((event) => ({ ...event, p_log_type: logType }));
      const answers = await python.run(events.map((event) => ({ eventJson: JSON.stringify(event), keys: [key] })));
      const answered = new Set(answers.map(({ event }) => event));
      assert.deepEqual(wronglySkipped(condition, events, answered), [], code);
      assert.ok(answered.has(0), `${code}: the event near it shows nothing`);
      const index = createRuleIndex([{ key, condition }]);
      const missed = events.filter((event, at) => answered.has(at) && index.candidates(event, []) === 0);
      assert.deepEqual(missed, [], `${code}, by the index`);
    }
  });
}

test('a rule with udm is found by the value that its model leads to', () => {
  const condition = withModel(plans[0] ?? TRUE, models.get('A.Log'));
  const index = createRuleIndex([{ key: 0, condition }]);
  assert.equal(index.candidates({ user: { name: 'ann' } }, []), 1);
  assert.equal(index.candidates({ user: { name: 'bob' } }, []), 0);
  assert.equal(index.candidates({ actor: 'ann' }, []), 0, 'the model says where it is');
});
