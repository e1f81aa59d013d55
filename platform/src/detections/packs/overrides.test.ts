import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../core/errors.ts';
import { applyOverrides, conflictsOf, effectiveOverrides, overridden, overridesBetween } from './overrides.ts';

const BASE = {
  AnalysisType: 'rule',
  RuleID: 'R',
  Enabled: true,
  Severity: 'Low',
  Tags: ['one'],
  Filename: 'r.py',
  LogTypes: ['T.T'],
};
const base = { id: 'R', type: 'rule', spec: BASE, body: 'def rule(event):\n    return True\n' };

const fields = fc.record(
  {
    Severity: fc.constantFrom('Low', 'High', 'Critical'),
    Threshold: fc.integer({ min: 1, max: 9 }),
    Tags: fc.array(fc.constantFrom('one', 'two')),
    Runbook: fc.string(),
    Reports: fc.constantFrom({ A: ['1'] }, { A: ['1', '2'] }),
  },
  { requiredKeys: [] },
);

test('what makes one specification the other, laid over the one, is the other', () => {
  fc.assert(
    fc.property(fields, fields, (before, after) => {
      const [one, other] = [
        { ...BASE, ...before },
        { RuleID: 'R', AnalysisType: 'rule', Enabled: true, Filename: 'r.py', LogTypes: ['T.T'], ...after },
      ];
      const overrides = overridesBetween('rule', one, other);
      assert.deepEqual(applyOverrides(one, overrides ?? {}), other);
      assert.deepEqual(effectiveOverrides(one, overrides ?? {}), { ...overrides });
    }),
  );
});

test('more than overridable fields is no override', () => {
  assert.equal(overridesBetween('rule', BASE, { ...BASE, LogTypes: ['Other.Type'] }), undefined);
  assert.equal(overridesBetween('rule', BASE, { ...BASE, Filename: 'other.py' }), undefined);
  assert.deepEqual(overridesBetween('rule', BASE, { ...BASE, Severity: 'High' }), { Severity: 'High' });
  assert.equal(overridesBetween('global', { Description: 'a' }, { Description: 'b' }), undefined);
});

test('null leaves a field of the pack out', () => {
  assert.equal('Tags' in applyOverrides(BASE, { Tags: null }), false);
  assert.deepEqual(effectiveOverrides(BASE, { Tags: null, Runbook: null, Severity: 'Low' }), { Tags: null });
});

test('an override is checked as the specification is', () => {
  const one = overridden(base, { Severity: 'Critical', Threshold: 5 }, 0);
  assert.deepEqual([one.info.severity, one.info.threshold, one.isEnabled], ['CRITICAL', 5, false]);
  const fails = (overrides: object, field: string, message: RegExp) =>
    assert.throws(
      () => overridden(base, { ...overrides }, 1),
      (error) => error instanceof UserError && error.location.field === field && message.test(error.message),
    );
  fails({ Severity: 'Terrible' }, 'overrides.Severity', /Critical/i);
  fails({ Threshold: 0 }, 'overrides.Threshold', /1/);
  fails({ LogTypes: [] }, 'overrides.LogTypes', /cannot be overridden; these can: DisplayName, Severity/);
});

test('an update that changes what is overridden is a conflict, unless it says the same', () => {
  const after = { ...BASE, Severity: 'Medium', Tags: ['two'], Runbook: 'look' };
  const overrides = { Severity: 'High', Tags: ['two'], Threshold: 3 };
  assert.deepEqual(conflictsOf(BASE, after, overrides), [{ field: 'Severity', here: 'High', pack: 'Medium' }]);
});
