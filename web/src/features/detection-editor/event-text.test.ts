import { expect, test } from 'vitest';
import { eventText, newTestName, problemOfEvent, withTest } from './event-text.ts';

const TEST = { name: 'it: goes', matches: true, event: '{"a":{"b":[1]}}' };

const ADDED = `  - Name: "it: goes"
    ExpectedResult: true
    Log:
      {
        "a": {
          "b": [
            1
          ]
        }
      }
`;

test('a test is added at the end of the tests, and everything else stays as it is', () => {
  const before = `# mine\nRuleID: A   # odd\nTests:\n  # first\n  - Name: one\n    Log: {}\n`;
  const after = `\n# about severity\nSeverity: Low\n`;
  expect(withTest(before + after, TEST)).toBe(before + ADDED + after);
});

test('lists at the left margin keep their style', () => {
  const text = withTest('Tests:\n- Name: one\n  Log: {}\nSeverity: Low', TEST);
  expect(text).toMatch(
    /^Tests:\n- Name: one\n {2}Log: \{\}\n- Name: "it: goes"\n {2}ExpectedResult: true\n {2}Log:\n {4}\{/,
  );
  expect(text).toMatch(/\n {4}\}\nSeverity: Low\n$/);
});

test('a specification without tests gets some; tests in brackets are left alone', () => {
  expect(withTest('RuleID: A', TEST)).toBe(`RuleID: A\nTests:\n${ADDED}`);
  expect(withTest('RuleID: A\nTests: []\nSeverity: Low\n', TEST)).toBe(`RuleID: A\nTests:\n${ADDED}Severity: Low\n`);
  expect(withTest('Tests:\nRuleID: A\n', TEST)).toBe(`Tests:\n${ADDED}RuleID: A\n`);
  expect(withTest('Tests: [{Name: a}]\n', TEST)).toBeUndefined();
});

test('a policy passes what does not match, and tests a resource', () => {
  const text = withTest('AnalysisType: policy\n', TEST) ?? '';
  expect(text).toContain('ExpectedResult: false');
  expect(text).toContain('Resource:\n');
});

test('numbers that JavaScript cannot hold stay as they were written', () => {
  const text = withTest('RuleID: A\n', { ...TEST, event: '{\n\t"id": 12345678901234567890, "f": 1.0}' }) ?? '';
  expect(text).toContain('        "id": 12345678901234567890, "f": 1.0}');
});

test('what alerts add to events is left out, and what is no event is told', () => {
  expect(JSON.parse(eventText({ a: 1, p_alert_id: 'x', p_rule_id: 'y', p_row_id: 'z' }))).toEqual({
    a: 1,
    p_row_id: 'z',
  });
  expect(problemOfEvent('{"a": 1}')).toBeUndefined();
  expect(problemOfEvent('[]')).toMatch(/one JSON object/);
  expect(problemOfEvent('{')).toMatch(/not JSON/);
});

test('names of tests are not given twice', () => {
  expect(newTestName([], 'a')).toBe('a');
  expect(newTestName(['a', 'a 2'], 'a')).toBe('a 3');
});
