/** Which of the texts that are looked for a rule waits for, so that it costs nothing where none of them is. */
import { type Atom, type Expr, isIndexed } from './expression.ts';

export interface MatcherRule {
  readonly key: number;
  readonly expr: Expr;
}

/** A rule in a matcher. */
export interface Entered {
  readonly key: number;
  readonly holds: () => boolean;
  /** The event for which it was last looked at. */
  seenAt: number;
}

export interface Places {
  /** Rules by the number of the atom that they wait for. */
  readonly waiting: readonly (readonly Entered[] | undefined)[];
  /** Rules that can match without any of the atoms that are looked for. */
  readonly always: readonly Entered[];
}

export function enter(
  rules: readonly MatcherRule[],
  entered: readonly Entered[],
  atoms: readonly Atom[],
  estimate: (atom: number) => number,
): Places {
  const waiting: Entered[][] = [];
  const always: Entered[] = [];
  for (const [index, { expr }] of rules.entries()) {
    const rule = entered[index] as Entered;
    if (expr.op === 'constant' && !expr.value) continue;
    const needed = neededAtoms(expr, atoms, estimate);
    if (needed === undefined) always.push(rule);
    else for (const atom of new Set(needed.atoms)) waitFor(waiting, atom, rule);
  }
  return { waiting, always };
}

function waitFor(waiting: Entered[][], atom: number, rule: Entered): void {
  const rules = waiting[atom];
  if (rules === undefined) waiting[atom] = [rule];
  else rules.push(rule);
}

interface Needed {
  readonly atoms: readonly number[];
  /** Expected number of looks per event. */
  readonly cost: number;
}

/** Atoms of which one holds whenever the expression does: the rarest choice; undefined when there is none. */
export function neededAtoms(
  expr: Expr,
  atoms: readonly Atom[],
  estimate: (atom: number) => number,
): Needed | undefined {
  switch (expr.op) {
    case 'atom': {
      const atom = atoms[expr.atom] as Atom;
      if (!isIndexed(atom) || atom.text === '') return undefined;
      return { atoms: [expr.atom], cost: estimate(expr.atom) };
    }
    case 'and': {
      const choices = expr.of.flatMap((one) => neededAtoms(one, atoms, estimate) ?? []);
      return choices.reduce<Needed | undefined>((best, one) => (best && best.cost <= one.cost ? best : one), undefined);
    }
    case 'or':
    case 'atLeast': {
      const parts = expr.of.map((one) => neededAtoms(one, atoms, estimate));
      if (parts.includes(undefined)) return undefined;
      const known = parts as readonly Needed[];
      return { atoms: known.flatMap((one) => one.atoms), cost: known.reduce((sum, one) => sum + one.cost, 0) };
    }
    default:
      return undefined;
  }
}
