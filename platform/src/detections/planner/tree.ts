/** Code as the planner sees it, the same for every language. What it does not understand is `unknown`. */
import type { Access, RuleLanguage, Scalar, Test } from './condition.ts';

export type Expr =
  /** `undefined` is TypeScript's. */
  | { readonly kind: 'literal'; readonly value: Scalar | undefined }
  | { readonly kind: 'empty'; readonly of: 'map' | 'list'; readonly isTruthy: boolean }
  /** Scalars in a constant collection. */
  | { readonly kind: 'list'; readonly type: 'tuple' | 'list' | 'set' | 'map'; readonly values: readonly Scalar[] }
  | { readonly kind: 'access'; readonly access: Access }
  /** Always a boolean. */
  | { readonly kind: 'test'; readonly access: Access; readonly test: Test }
  | { readonly kind: 'not' | 'bool'; readonly of: Expr }
  /** `isEager`: all parts are evaluated, whatever the first is. */
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expr[]; readonly isEager?: true }
  | { readonly kind: 'choice'; readonly test: Expr; readonly then: Expr; readonly otherwise: Expr }
  /** A boolean that we do not know; it fails only where one of `of` fails. */
  | { readonly kind: 'some-boolean'; readonly of: readonly Expr[] }
  | { readonly kind: 'unknown' };

export const UNKNOWN: Expr = { kind: 'unknown' };

/** What local names stand for. */
export type Env = ReadonlyMap<string, Expr>;

/** `Node` is the language's own; it is translated only when the names in it are known. */
export type Statement<Node> =
  | { readonly kind: 'return'; readonly value: Node | undefined }
  | {
      readonly kind: 'if';
      readonly test: Node;
      readonly body: readonly Statement<Node>[];
      readonly otherwise: readonly Statement<Node>[];
    }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Node }
  | { readonly kind: 'expression'; readonly value: Node }
  /** What its body does is not known; `otherwise` follows where there is nothing to go through. */
  | { readonly kind: 'loop'; readonly over: Node; readonly otherwise: readonly Statement<Node>[] }
  /** The end of a block: names are what they were before it. */
  | { readonly kind: 'restore'; readonly env: Env }
  | { readonly kind: 'nothing' | 'unknown' };

export interface Frontend<Node> {
  readonly language: RuleLanguage;
  readonly isBlockScoped: boolean;
  expression(node: Node, env: Env): Expr;
}

export function literal(value: Scalar | undefined): Expr {
  return { kind: 'literal', value };
}

/** Applies `change` to what an expression can come out as. */
export function mapOutcomes(expr: Expr, change: (outcome: Expr) => Expr): Expr {
  if (expr.kind !== 'choice') return change(expr);
  // biome-ignore lint/suspicious/noThenProperty: nothing awaits a piece of a syntax tree.
  return { ...expr, then: mapOutcomes(expr.then, change), otherwise: mapOutcomes(expr.otherwise, change) };
}

export function choice(test: Expr, yes: Expr, otherwise: Expr): Expr {
  // biome-ignore lint/suspicious/noThenProperty: nothing awaits a piece of a syntax tree.
  return { kind: 'choice', test, then: yes, otherwise };
}
