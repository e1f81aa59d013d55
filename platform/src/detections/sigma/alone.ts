/** One rule on its own, without an index: for single events, and to confirm what the index found. */
import { type Access, compileAtom } from './atoms.ts';
import type { Atom, Expr } from './expression.ts';
import type { Reader } from './fields.ts';

export interface AloneOptions {
  readonly expr: Expr;
  readonly atoms: readonly Atom[];
  /** Of a field's name in atoms. */
  reader(field: string): Reader;
}

export function compileAlone({ expr, atoms, reader }: AloneOptions): (event: object) => boolean {
  const readers = new Map(atoms.flatMap(fieldsOf).map((field) => [field, reader(field)] as const));
  const holds = compile(expr, atoms);
  return (event) => {
    const values = new Map<string, unknown>();
    const access = {
      value(field: string): unknown {
        if (!values.has(field)) values.set(field, readers.get(field)?.(event));
        return values.get(field);
      },
    };
    return holds(access);
  };
}

function fieldsOf(atom: Atom): readonly string[] {
  return atom.is === 'field' ? [atom.field, atom.other] : [atom.field];
}

type Holds = (access: Access) => boolean;

function compile(expr: Expr, atoms: readonly Atom[]): Holds {
  switch (expr.op) {
    case 'constant':
      return () => expr.value;
    case 'atom':
      return compileAtom(atoms[expr.atom] as Atom);
    case 'not': {
      const of = compile(expr.of, atoms);
      return (access) => !of(access);
    }
    case 'atLeast': {
      const parts = expr.of.map((one) => compile(one, atoms));
      return (access) => parts.filter((part) => part(access)).length >= expr.count;
    }
    default: {
      const parts = expr.of.map((one) => compile(one, atoms));
      if (expr.op === 'and') return (access) => parts.every((part) => part(access));
      return (access) => parts.some((part) => part(access));
    }
  }
}
