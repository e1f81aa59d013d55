/** Match expressions as functions over events. */
import { isIP } from 'node:net';
import type { Expression } from './expression.ts';
import { blockList, compares, hasState, isInside, valuesAt } from './values.ts';

export type Predicate = (event: unknown) => boolean;

export function compileExpression(expression: Expression): Predicate {
  switch (expression.kind) {
    case 'always':
      return () => expression.holds;
    case 'combine':
      return combine(expression);
    case 'state': {
      const { path, test, isNegated } = expression;
      return (event) => valuesAt(event, path).some((value) => hasState(value, test) !== isNegated);
    }
    case 'compare':
      return compare(expression);
    case 'compare-keys': {
      const { left, right, how, isNegated, ignoresCase } = expression;
      return (event) => {
        const others = valuesAt(event, right);
        const holds = valuesAt(event, left).some((one) => others.some((two) => compares(how, one, two, ignoresCase)));
        return holds !== isNegated;
      };
    }
    case 'elements':
      return elements(expression);
    default:
      throw new Error('no such expression');
  }
}

function combine({ how, of }: Expression & { kind: 'combine' }): Predicate {
  const parts = of.map(compileExpression);
  if (how === 'All') return (event) => parts.every((part) => part(event));
  // Nothing to choose from restricts nothing.
  if (how === 'Any') return (event) => parts.length === 0 || parts.some((part) => part(event));
  if (how === 'None') return (event) => !parts.some((part) => part(event));
  return (event) => parts.filter((part) => part(event)).length === 1;
}

/** Negated: none of the values compares with any of those given; so it holds for a missing value. */
function compare({ path, how, isNegated, ignoresCase, values }: Expression & { kind: 'compare' }): Predicate {
  if (how === 'IsIPAddressInCIDR') {
    const networks = blockList(values.map(String));
    return (event) => {
      const inside = (value: unknown) => typeof value === 'string' && isIP(value) !== 0 && isInside(networks, value);
      return valuesAt(event, path).some(inside) !== isNegated;
    };
  }
  return (event) => {
    const found = valuesAt(event, path);
    return found.some((one) => values.some((given) => compares(how, one, given, ignoresCase))) !== isNegated;
  };
}

function elements({ path, how, of }: Expression & { kind: 'elements' }): Predicate {
  const parts = of.map(compileExpression);
  const holds = (element: unknown) => parts.every((part) => part(element));
  return (event) => {
    const list = valuesAt(event, path).flatMap((value) => (Array.isArray(value) ? value : []));
    if (how === 'AllElements') return list.every(holds);
    const count = list.filter(holds).length;
    if (how === 'AnyElement') return count > 0;
    return how === 'NoElement' ? count === 0 : count === 1;
  };
}
