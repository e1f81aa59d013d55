/** Conditions in words, for people who want to know when a rule is run. */
import type { Access, Condition, Scalar, Test, TestCondition } from './condition.ts';

export function explain(condition: Condition): string {
  if (condition.op === 'true') return 'every event';
  if (condition.op === 'false') return 'no event';
  if (condition.op === 'test') return explainTest(condition);
  const parts = condition.of.map((one) => (one.op === 'and' || one.op === 'or' ? `(${explain(one)})` : explain(one)));
  return parts.join(` ${condition.op} `);
}

function explainTest({ test, when, ...access }: TestCondition): string {
  const name = nameOf(access);
  if (when === 'unsure') return `${name} cannot be read`;
  return `${name} ${words(test, when === 'true')}`;
}

/** `userIdentity.type`, as people write it. */
function nameOf({ steps }: Access): string {
  const keys = steps.flatMap((step) => {
    if (step.by === 'udm') return [`udm(${step.name})`];
    return 'keys' in step ? step.keys : 'key' in step ? [step.key] : [];
  });
  const folds = steps.flatMap((step) => (step.by === 'lower' || step.by === 'upper' ? [`in ${step.by} case`] : []));
  return [keys.join('.') || 'the event', ...folds].join(' ');
}

function words(test: Test, isTrue: boolean): string {
  switch (test.is) {
    case 'in':
      return amongWords(test.values, isTrue);
    case 'same':
      return `${isTrue ? '=' : '≠'} ${JSON.stringify(test.value)}`;
    case 'startsWith':
    case 'endsWith': {
      const verb = test.is === 'startsWith' ? 'start' : 'end';
      return `${isTrue ? `${verb}s` : `does not ${verb}`} with ${listed(test.values)}`;
    }
    case 'contains':
      return `${isTrue ? 'contains' : 'does not contain'} ${JSON.stringify(test.value)}`;
    case 'typeof':
      return `is ${isTrue ? 'a' : 'no'} ${test.name}`;
    case 'truthy':
      return isTrue ? 'is set' : 'is missing or empty';
    case 'boolean':
      return isTrue ? 'is a boolean' : 'is no boolean';
    case 'nullish':
    case 'undefined':
      return isTrue ? 'is missing' : 'is present';
    default:
      return comparison(test.is, test.value, isTrue);
  }
}

function amongWords(values: readonly Scalar[], isTrue: boolean): string {
  const [only] = values;
  if (values.length > 1) return `${isTrue ? 'is one of' : 'is none of'} ${listed(values)}`;
  if (only === null) return isTrue ? 'is missing' : 'is present';
  return `${isTrue ? '=' : '≠'} ${JSON.stringify(only)}`;
}

function listed(values: readonly Scalar[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function comparison(is: 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual', limit: number, isTrue: boolean): string {
  const signs = { less: ['<', '≥'], lessOrEqual: ['≤', '>'], greater: ['>', '≤'], greaterOrEqual: ['≥', '<'] } as const;
  return `${signs[is][isTrue ? 0 : 1]} ${limit}`;
}
