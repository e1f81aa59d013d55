/** What the tests of Sigma rules share: a rule around a detection, and whether it matches. */
import { loadSigma, type SigmaFile, type SigmaProblem } from './collection.ts';
import { matcherOf, singleMatcher } from './run.ts';
import type { SigmaPart } from './specification.ts';

const PIPELINE: SigmaFile = {
  path: 'pipeline.yml',
  text: 'name: Placeholders\nvars: {admins: [root, adm_*], hosts: [h1, h2]}\n',
};

/** `selection` as YAML in one line. */
export function ruleText(selection: string, condition = 'selection'): string {
  return [
    'title: Test',
    'id: test',
    'logsource: {product: okta}',
    'detection:',
    `  selection: ${selection}`,
    `  condition: ${condition}`,
    '',
  ].join('\n');
}

/** Of the only rule in the text. @throws Error with what is wrong with it. */
export function partOf(text: string): SigmaPart {
  const { rules, problems } = loadSigma([{ path: 'rule.yml', text }, PIPELINE]);
  const [rule] = rules;
  if (rule === undefined) throw new Error(problems.map(({ message }) => message).join('; '));
  return rule.spec.Sigma as SigmaPart;
}

/** By the index and without it, which must agree. */
export function partMatches(part: SigmaPart, event: object): boolean {
  const byIndex = matcherOf([{ key: 7, part }]).match(event, []) === 1;
  const alone = singleMatcher(part)(event);
  if (byIndex !== alone) throw new Error(`the index says ${byIndex}, the rule ${alone}: ${JSON.stringify(part)}`);
  return byIndex;
}

export function matches(selection: string, event: object): boolean {
  return partMatches(partOf(ruleText(selection)), event);
}

export function problemsOf(selection: string): readonly SigmaProblem[] {
  return loadSigma([{ path: 'rule.yml', text: ruleText(selection) }]).problems;
}
