/** What a rule asks of an event: tests of fields (atoms, by their number in a table) and how they are combined. */
import type { CompareOp, FieldMatch, Part, TimePart } from './rule.ts';

/** Index of the pseudo-field that has every text of the event. */
export const ANYWHERE = '';

/** Tests that are found for all rules at once; `text` is folded. */
export interface IndexedAtom {
  readonly is: 'equals' | 'starts' | 'ends' | 'contains';
  readonly field: string;
  readonly text: string;
}

export type Atom =
  | IndexedAtom
  /** Of folded text unless `cased`. */
  | { readonly is: 'pattern'; readonly field: string; readonly parts: readonly Part[]; readonly cased: boolean }
  | { readonly is: 'regex'; readonly field: string; readonly pattern: string; readonly flags: string }
  | { readonly is: 'cidr'; readonly field: string; readonly network: string }
  | { readonly is: 'compare'; readonly field: string; readonly op: CompareOp; readonly value: number }
  | {
      readonly is: 'time';
      readonly field: string;
      readonly part: TimePart;
      readonly op: CompareOp;
      readonly value: number;
    }
  | { readonly is: 'null' | 'exists' | 'present'; readonly field: string }
  | {
      readonly is: 'field';
      readonly field: string;
      readonly other: string;
      readonly match: FieldMatch;
      readonly cased: boolean;
    };

export type Expr =
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'atom'; readonly atom: number }
  | { readonly op: 'not'; readonly of: Expr }
  | { readonly op: 'and' | 'or'; readonly of: readonly Expr[] }
  | { readonly op: 'atLeast'; readonly count: number; readonly of: readonly Expr[] };

export const YES: Expr = { op: 'constant', value: true };
export const NO: Expr = { op: 'constant', value: false };

export function isIndexed(atom: Atom): atom is IndexedAtom {
  return atom.is === 'equals' || atom.is === 'starts' || atom.is === 'ends' || atom.is === 'contains';
}

export function not(of: Expr): Expr {
  if (of.op === 'constant') return of.value ? NO : YES;
  return of.op === 'not' ? of.of : { op: 'not', of };
}

export function and(parts: readonly Expr[]): Expr {
  return combine('and', parts, NO, YES);
}

export function or(parts: readonly Expr[]): Expr {
  return combine('or', parts, YES, NO);
}

/** @param decides The constant that settles the result alone. @param empty The result without parts. */
function combine(op: 'and' | 'or', parts: readonly Expr[], decides: Expr, empty: Expr): Expr {
  const of: Expr[] = [];
  for (const part of parts.flatMap((one) => (one.op === op ? one.of : [one]))) {
    if (part.op === 'constant') {
      if (part === decides || part.value === (op === 'or')) return decides;
    } else if (!of.some((one) => isSameAtom(one, part))) of.push(part);
  }
  if (of.length > 1) return { op, of };
  return of[0] ?? empty;
}

function isSameAtom(one: Expr, other: Expr): boolean {
  return one.op === 'atom' && other.op === 'atom' && one.atom === other.atom;
}

export function atLeast(count: number, parts: readonly Expr[]): Expr {
  const certain = parts.filter((one) => one.op === 'constant' && one.value).length;
  const of = parts.filter((one) => one.op !== 'constant');
  const needed = count - certain;
  if (needed <= 0) return YES;
  if (needed > of.length) return NO;
  if (needed === 1) return or(of);
  return needed === of.length ? and(of) : { op: 'atLeast', count: needed, of };
}

/** The atoms of many rules, each once. */
export interface AtomTable {
  readonly atoms: readonly Atom[];
  /** The atom as an expression. */
  add(atom: Atom): Expr;
}

export function createAtomTable(): AtomTable {
  const atoms: Atom[] = [];
  const known = new Map<string, Expr>();
  return {
    atoms,
    add(atom) {
      const key = JSON.stringify(atom);
      const old = known.get(key);
      if (old !== undefined) return old;
      const expr: Expr = { op: 'atom', atom: atoms.length };
      known.set(key, expr);
      atoms.push(atom);
      return expr;
    },
  };
}
