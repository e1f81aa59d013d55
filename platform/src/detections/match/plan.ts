/** What an event must have for match expressions to hold: the same conditions that are derived from code. */
import { and, type Condition, FALSE, or, type Scalar, type Step, type Test, TRUE, test } from '../planner/condition.ts';
import { isAscii } from '../planner/evaluate.ts';
import type { Expression, MatchValue, Path } from './expression.ts';

/** Necessary, not sufficient: what has no condition gives `true`. */
export function planExpression(expression: Expression): Condition {
  switch (expression.kind) {
    case 'always':
      return expression.holds ? TRUE : FALSE;
    case 'combine': {
      const parts = expression.of.map(planExpression);
      if (expression.how === 'All') return and(...parts);
      if (expression.how === 'None' || parts.length === 0) return expression.how === 'OnlyOne' ? FALSE : TRUE;
      return or(...parts);
    }
    case 'state':
      return planState(expression);
    case 'compare':
      return planComparison(expression);
    case 'elements': {
      const needsOne = expression.how === 'AnyElement' || expression.how === 'OnlyOneElement';
      return needsOne ? present(expression.path) : TRUE;
    }
    default:
      return TRUE;
  }
}

function planState({ path, test: state, isNegated }: Expression & { kind: 'state' }): Condition {
  const needsValue = state === 'IsNull' || state === 'IsNullOrEmpty' ? isNegated : !isNegated && state !== 'Exists';
  return needsValue ? present(path) : TRUE;
}

function present(path: Path): Condition {
  const steps = stepsOf(path);
  return steps === undefined ? TRUE : test({ language: 'python', steps }, { is: 'nullish' }, 'false');
}

function planComparison(expression: Expression & { kind: 'compare' }): Condition {
  const { path, isNegated, ignoresCase, values } = expression;
  const steps = stepsOf(path);
  if (isNegated || steps === undefined) return TRUE;
  const texts = values.filter((one) => typeof one === 'string');
  if (ignoresCase && (texts.length < values.length || !texts.every(isAscii))) return TRUE;
  const wanted: readonly MatchValue[] = ignoresCase ? texts.map((one) => one.toLowerCase()) : values;
  const access = { language: 'python' as const, steps: ignoresCase ? [...steps, { by: 'lower' as const }] : steps };
  const asked = testOf(expression.how, wanted);
  if (asked.length === 0) return present(path);
  return or(...asked.map((one) => test(access, one, 'true')));
}

function testOf(how: string, values: readonly MatchValue[]): readonly Test[] {
  const texts = values.filter((one) => typeof one === 'string');
  if (how === 'Equals') return [{ is: 'in', values: values as readonly Scalar[] }];
  if (how === 'StartsWith' || how === 'EndsWith')
    return [{ is: how === 'StartsWith' ? 'startsWith' : 'endsWith', values: texts }];
  return [];
}

/** Undefined where the path goes through lists. */
function stepsOf(path: Path): readonly Step[] | undefined {
  const keys = path.filter((step) => typeof step === 'string');
  if (keys.length < path.length || keys.length === 0 || !keys.every(isAscii)) return undefined;
  const [only] = keys;
  return keys.length === 1
    ? [{ by: 'get', key: only as string, fallback: null }]
    : [{ by: 'deep', keys, fallback: null }];
}
