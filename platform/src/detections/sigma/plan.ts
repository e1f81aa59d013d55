/** What an event must have for a Sigma rule to match: the same conditions that are derived from code. */
import { and, type Condition, FALSE, or, type Step, type Test, TRUE, test } from '../planner/condition.ts';
import { isAscii } from '../planner/evaluate.ts';
import { ANYWHERE, type Atom, type Expr, isIndexed } from './expression.ts';
import { placesOf } from './pipeline/fields.ts';
import type { CompiledSigma } from './run.ts';
import { toPlace } from './text-parts.ts';

/** Necessary, not sufficient: what has no condition gives `true`. */
export function planSigma({ expr, atoms }: CompiledSigma): Condition {
  return plan(expr, atoms);
}

function plan(expr: Expr, atoms: readonly Atom[]): Condition {
  switch (expr.op) {
    case 'constant':
      return expr.value ? TRUE : FALSE;
    case 'atom':
      return planAtom(atoms[expr.atom] as Atom);
    case 'and':
      return and(...expr.of.map((one) => plan(one, atoms)));
    case 'or':
    case 'atLeast':
      return or(...expr.of.map((one) => plan(one, atoms)));
    default:
      return TRUE;
  }
}

/** Values that are no texts, or have letters outside of ASCII, cannot be lowered: the condition holds for them. */
function planAtom(atom: Atom): Condition {
  if (atom.field === ANYWHERE) return TRUE;
  // A field that is null exists.
  if (atom.is === 'null' || atom.is === 'exists') return TRUE;
  if (atom.is === 'equals' && atom.text === '') return TRUE;
  const wanted = isIndexed(atom) && isAscii(atom.text) ? testFor(atom.is, atom.text) : undefined;
  return or(...placesOf(atom.field).map((place) => planPlace(place, wanted)));
}

function testFor(is: 'equals' | 'starts' | 'ends' | 'contains', text: string): Test {
  if (is === 'equals') return { is: 'in', values: [text] };
  if (is === 'contains') return { is: 'contains', value: text };
  return { is: is === 'starts' ? 'startsWith' : 'endsWith', values: [text] };
}

/** A field with dots in its name can be one field, or a field in others. */
function planPlace(text: string, asked: Test | undefined): Condition {
  const { path: place, cut } = toPlace(text);
  const wanted = cut === undefined ? asked : undefined;
  if (!isAscii(place)) return TRUE;
  const keys = place.split('.');
  const whole: Step = { by: 'get', key: place, fallback: null };
  if (keys.length === 1) return planSteps([whole], wanted);
  // Through a list on the way there can be any number of values, which this cannot say.
  return or(planSteps([whole], wanted), present([{ by: 'get', key: keys[0] as string, fallback: null }]));
}

function planSteps(steps: readonly Step[], wanted: Test | undefined): Condition {
  if (wanted === undefined) return present(steps);
  return and(present(steps), test({ language: 'python', steps: [...steps, { by: 'lower' }] }, wanted, 'true'));
}

function present(steps: readonly Step[]): Condition {
  return test({ language: 'python', steps }, { is: 'nullish' }, 'false');
}
