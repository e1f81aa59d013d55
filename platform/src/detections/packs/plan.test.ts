import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Detection, toDetection } from '../detection.ts';
import { enabledAfter, type Installed, planContent } from './plan.ts';

function rule(id: string, more: Record<string, unknown> = {}, body = 'def rule(event):\n    return True\n'): Detection {
  const spec = {
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Severity: 'Low',
    Filename: 'r.py',
    LogTypes: ['T.T'],
  };
  const parsed = toDetection({ ...spec, ...more }, 'r.py', body);
  if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
  return parsed.detection;
}

function installed(one: Detection, origin = 'pack:a', enabled: 0 | 1 = one.isEnabled ? 1 : 0): Installed {
  return {
    id: one.id,
    version: one.version,
    origin,
    spec: JSON.stringify(one.spec),
    body: one.body,
    enabled,
    overrides: null,
    spec_text: null,
  };
}

test('what is new, what differs in which fields, what is gone', () => {
  const rows = [installed(rule('Same')), installed(rule('Changed')), installed(rule('Gone'))];
  const next = [
    rule('Same'),
    rule('Changed', { Severity: 'High' }, 'def rule(event):\n    return False\n'),
    rule('New'),
  ];
  const plan = planContent(rows, 'pack:a', next);
  assert.deepEqual(
    plan.changes.map(({ id, action, fields }) => [id, action, fields]),
    [
      ['Changed', 'change', ['Severity', 'code']],
      ['Gone', 'remove', []],
      ['New', 'add', []],
    ],
  );
  assert.equal(plan.unchanged, 1);
});

test('need 15: what users edited, and what belongs to another pack, is left alone, and said', () => {
  const rows = [installed(rule('Edited'), 'user:u1'), installed(rule('Other'), 'pack:b')];
  const { changes } = planContent(rows, 'pack:a', [
    rule('Edited', { Severity: 'High' }),
    rule('Other', { Threshold: 5 }),
  ]);
  assert.deepEqual(
    changes.map(({ id, action, fields, owner }) => [id, action, fields, owner]),
    [
      ['Edited', 'keep', ['Severity'], 'user:u1'],
      ['Other', 'keep', ['Threshold'], 'pack:b'],
    ],
  );
});

test('need 15: a detection stays switched as the user switched it; else it follows the pack', () => {
  const [on, off] = [rule('R'), rule('R', { Enabled: false })];
  assert.equal(enabledAfter(installed(on, 'pack:a', 0), on), 0);
  assert.equal(enabledAfter(installed(on, 'pack:a', 1), off), 0);
  assert.equal(enabledAfter(installed(off, 'pack:a', 1), off), 1);
  assert.equal(enabledAfter(installed(off, 'pack:a', 0), on), 1);
  assert.deepEqual(planContent([installed(on, 'pack:a', 0)], 'pack:a', [on]).switched, ['R']);
});

test('a plan that is carried out leaves nothing to do, and never touches what is not the pack’s', () => {
  const content = fc.uniqueArray(fc.tuple(fc.constantFrom('A', 'B', 'C', 'D'), fc.constantFrom('Low', 'High')), {
    selector: ([id]) => id,
  });
  const origins = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D'), fc.constantFrom('pack:a', 'pack:b', 'user:u'));
  fc.assert(
    fc.property(origins, content, (own, given) => {
      const rows = Object.entries(own).map(([id, origin]) => installed(rule(id), origin));
      const next = given.map(([id, Severity]) => rule(id, { Severity }));
      const after = carryOut(rows, next);
      const left = planContent(after, 'pack:a', next).changes.filter(({ action }) => action !== 'keep');
      assert.deepEqual(left, []);
      const others = (list: readonly Installed[]) => list.filter(({ origin }) => origin !== 'pack:a');
      assert.deepEqual(others(after), others(rows));
    }),
  );
});

function carryOut(rows: readonly Installed[], next: readonly Detection[]): readonly Installed[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { id, action } of planContent(rows, 'pack:a', next).changes) {
    const one = next.find((each) => each.id === id);
    if (action === 'remove') byId.delete(id);
    else if (action !== 'keep' && one !== undefined) byId.set(id, installed(one));
  }
  return [...byId.values()];
}
