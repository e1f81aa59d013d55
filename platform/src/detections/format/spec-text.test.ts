/** Specifications keep the text that they were written in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseSpecDocuments } from './documents.ts';
import { specText } from './spec-text.ts';

const TEXT = `# Who may sign in
AnalysisType: rule
RuleID: A.B # never changes
Severity: Low
Tags: [a,   b]
Tests:
  # the usual
  - Name: one
    ExpectedResult: true
    Log: {n: 12345678901234567890}
`;

const specOf = (text: string) => parseSpecDocuments(text)[0]?.spec as Record<string, unknown>;

test('what was written is given back as it was', () => {
  assert.equal(specText(specOf(TEXT), TEXT), TEXT);
  assert.deepEqual(parse(specText(specOf(TEXT), null)), specOf(TEXT));
});

test('fields that are other are put into the text, and its comments stay', () => {
  const { Tags: _tags, ...rest } = specOf(TEXT);
  const text = specText({ ...rest, Severity: 'High', Runbook: 'Ask.' }, TEXT);
  assert.deepEqual(specOf(text), { ...rest, Severity: 'High', Runbook: 'Ask.' });
  assert.equal(text, TEXT.replace('Low', 'High').replace('Tags: [a,   b]\n', '').concat('Runbook: Ask.\n'));
});

test('a text in brackets is formatted anew, with its comments', () => {
  const text = specText({ RuleID: 'A', Severity: 'High' }, '# mine\n{RuleID: A,   Severity: Low}\n');
  assert.equal(text, '# mine\n{RuleID: A, Severity: High}\n');
});

test('long texts and lists are replaced and removed as a whole', () => {
  const written = 'RuleID: A\nRunbook: >-\n  One\n  two.\n\n# tags\nTags:\n  - a # first\n  - b\nSeverity: Low\n';
  assert.equal(
    specText({ RuleID: 'A', Runbook: 'Three.', Severity: 'Low' }, written),
    'RuleID: A\nRunbook: Three.\n\n# tags\nSeverity: Low\n',
  );
});

test('a text that is of something else is not used', () => {
  const spec = { AnalysisType: 'rule', RuleID: 'A.B' };
  for (const text of ['RuleID: [', 'just text', 'a: 1\n---\nb: 2\n', '&x a: 1\n'])
    assert.deepEqual(parse(specText(spec, text)), spec);
});

test('each of several documents has its own text', () => {
  const texts = parseSpecDocuments('# first\nRuleID: A # here\n---\n# second\nRuleID: B\n# end\n').map(
    ({ text }) => text,
  );
  assert.deepEqual(
    texts.map((text) => specOf(text)),
    [{ RuleID: 'A' }, { RuleID: 'B' }],
  );
  assert.match(texts[0] ?? '', /# here/);
  assert.match(texts[1] ?? '', /^# second\nRuleID: B\n/);
});
