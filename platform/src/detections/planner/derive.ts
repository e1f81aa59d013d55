/** Derives what must hold for a rule function to return true, to raise, or to return anything but a boolean. */
import { and, type Condition, FALSE, or, TRUE, test } from './condition.ts';
import { type Env, type Expr, type Frontend, literal, type Statement, UNKNOWN } from './tree.ts';

/** Statements looked at, over all ways through the function: bounds time and the size of the condition. */
const MAX_STATEMENTS = 400;
const MAX_CONDITION_CHARS = 60_000;

/** Necessary for the function to match or fail; `true` when nothing is known. */
export function deriveFunction<Node>(body: readonly Statement<Node>[], env: Env, frontend: Frontend<Node>): Condition {
  let left = MAX_STATEMENTS;

  function block(statements: readonly Statement<Node>[], env: Env): Condition {
    const [statement, ...rest] = statements;
    left -= 1;
    if (statement === undefined || left < 0) return TRUE;
    switch (statement.kind) {
      case 'nothing':
        return block(rest, env);
      case 'restore':
        return block(rest, statement.env);
      case 'return':
        return statement.value === undefined ? TRUE : whenOffending(frontend.expression(statement.value, env));
      case 'expression':
        return orElse(whenRaising(frontend.expression(statement.value, env)), () => block(rest, env));
      case 'assign': {
        const value = frontend.expression(statement.value, env);
        return orElse(whenRaising(value), () => block(rest, new Map(env).set(statement.name, value)));
      }
      case 'if':
        return branch(statement, rest, env);
      case 'loop': {
        const over = frontend.expression(statement.over, env);
        return orElse(or(whenRaising(over), whenNotEmpty(over)), () => block([...statement.otherwise, ...rest], env));
      }
      default:
        return TRUE;
    }
  }

  function branch(statement: Statement<Node> & { kind: 'if' }, rest: readonly Statement<Node>[], env: Env): Condition {
    const asked = frontend.expression(statement.test, env);
    const end: readonly Statement<Node>[] = frontend.isBlockScoped ? [{ kind: 'restore', env }] : [];
    return orElse(whenRaising(asked), () =>
      or(
        andThen(whenTrue(asked), () => block([...statement.body, ...end, ...rest], env)),
        andThen(whenFalse(asked), () => block([...statement.otherwise, ...end, ...rest], env)),
      ),
    );
  }

  const condition = block(body, env);
  return left < 0 || JSON.stringify(condition).length > MAX_CONDITION_CHARS ? TRUE : condition;
}

function orElse(first: Condition, then: () => Condition): Condition {
  return first.op === 'true' ? first : or(first, then());
}

function andThen(first: Condition, then: () => Condition): Condition {
  return first.op === 'false' ? first : and(first, then());
}

/**
 * The function as one expression, for functions of nothing but `if` and `return`: what a helper's call stands for.
 * `UNKNOWN` for others.
 */
export function functionValue<Node>(
  statements: readonly Statement<Node>[],
  env: Env,
  frontend: Frontend<Node>,
  nothing: Expr,
): Expr {
  const [statement, ...rest] = statements;
  if (statement === undefined) return nothing;
  if (statement.kind === 'nothing') return functionValue(rest, env, frontend, nothing);
  if (statement.kind === 'return') {
    return statement.value === undefined ? nothing : frontend.expression(statement.value, env);
  }
  if (statement.kind !== 'if' || statement.body.at(-1)?.kind !== 'return') return UNKNOWN;
  const then = functionValue(statement.body, env, frontend, nothing);
  const otherwise = functionValue([...statement.otherwise, ...rest], env, frontend, nothing);
  return { kind: 'choice', test: frontend.expression(statement.test, env), then, otherwise };
}

/** Going through it does something: there are elements, or it cannot be gone through. */
function whenNotEmpty(expr: Expr): Condition {
  return or(whenTrue(expr), whenNotIterable(expr));
}

/** Of what is false in Python. */
function whenNotIterable(expr: Expr): Condition {
  switch (expr.kind) {
    case 'access':
      return test(expr.access, NOT_ITERABLE, 'true');
    case 'empty':
    case 'list':
      return FALSE;
    case 'or':
      return whenNotIterable(expr.of.at(-1) as Expr);
    default:
      return TRUE;
  }
}

/** What is false in Python and no list, map or text: `0 == False`. */
export const NOT_ITERABLE = { is: 'in', values: [null, 0] } as const;

/** Of a returned value: true, no boolean, or no value at all. */
function whenOffending(expr: Expr): Condition {
  return or(whenRaising(expr), whenTrue(expr), whenNoBoolean(expr));
}

function constant(isTrue: boolean): Condition {
  return isTrue ? TRUE : FALSE;
}

export function whenTrue(expr: Expr): Condition {
  switch (expr.kind) {
    case 'literal':
      return constant(Boolean(expr.value));
    case 'empty':
      return constant(expr.isTruthy);
    case 'access':
      return test(expr.access, { is: 'truthy' }, 'true');
    case 'test':
      return test(expr.access, expr.test, 'true');
    case 'not':
      return whenFalse(expr.of);
    case 'bool':
      return whenTrue(expr.of);
    case 'and':
      return and(...expr.of.map(whenTrue));
    case 'or':
      return or(...expr.of.map(whenTrue));
    case 'choice':
      return chosen(expr, whenTrue);
    default:
      return TRUE;
  }
}

export function whenFalse(expr: Expr): Condition {
  switch (expr.kind) {
    case 'literal':
      return constant(!expr.value);
    case 'empty':
      return constant(!expr.isTruthy);
    case 'access':
      return test(expr.access, { is: 'truthy' }, 'false');
    case 'test':
      return test(expr.access, expr.test, 'false');
    case 'not':
      return whenTrue(expr.of);
    case 'bool':
      return whenFalse(expr.of);
    case 'and':
      return or(...expr.of.map(whenFalse));
    case 'or':
      return and(...expr.of.map(whenFalse));
    case 'choice':
      return chosen(expr, whenFalse);
    default:
      return TRUE;
  }
}

function chosen(expr: Expr & { kind: 'choice' }, when: (expr: Expr) => Condition): Condition {
  return or(and(whenTrue(expr.test), when(expr.then)), and(whenFalse(expr.test), when(expr.otherwise)));
}

/** Necessary for the evaluation to raise. */
export function whenRaising(expr: Expr): Condition {
  switch (expr.kind) {
    case 'literal':
    case 'empty':
    case 'list':
      return FALSE;
    case 'access':
      return test(expr.access, { is: 'truthy' }, 'unsure');
    case 'test':
      return test(expr.access, expr.test, 'unsure');
    case 'not':
    case 'bool':
      return whenRaising(expr.of);
    case 'some-boolean':
      return or(...expr.of.map(whenRaising));
    case 'and':
    case 'or':
      return expr.isEager ? or(...expr.of.map(whenRaising)) : inTurn(expr, whenRaising);
    case 'choice':
      return or(whenRaising(expr.test), chosen(expr, whenRaising));
    default:
      return TRUE;
  }
}

/** A later part is evaluated only when the ones before it did not decide. */
function inTurn(expr: Expr & { kind: 'and' | 'or' }, when: (expr: Expr) => Condition): Condition {
  const goesOn = expr.kind === 'and' ? whenTrue : whenFalse;
  const reversed = [...expr.of].reverse();
  return reversed.reduce((rest, part, index) => {
    return or(when(part), index === 0 ? FALSE : and(goesOn(part), rest));
  }, FALSE as Condition);
}

function whenNoBoolean(expr: Expr): Condition {
  switch (expr.kind) {
    case 'literal':
      return constant(typeof expr.value !== 'boolean');
    case 'access':
      return test(expr.access, { is: 'boolean' }, 'false');
    case 'test':
    case 'not':
    case 'bool':
    case 'some-boolean':
      return FALSE;
    case 'and':
    case 'or':
      return lastOrDeciding(expr);
    case 'choice':
      return chosen(expr, whenNoBoolean);
    default:
      return TRUE;
  }
}

/** `a and b` is `a` where `a` is false, else `b`; `a or b` the other way round. */
function lastOrDeciding({ kind, of }: Expr & { kind: 'and' | 'or' }): Condition {
  const [first, ...rest] = of as [Expr, ...Expr[]];
  if (rest.length === 0) return whenNoBoolean(first);
  const [decides, goesOn] = kind === 'and' ? [whenFalse, whenTrue] : [whenTrue, whenFalse];
  return or(and(decides(first), whenNoBoolean(first)), and(goesOn(first), lastOrDeciding({ kind, of: rest })));
}

export const NONE = literal(null);
export const UNDEFINED = literal(undefined);
