/**
 * TypeScript rules: syntax tree to what the planner understands.
 *
 * This file is long because every form of code that is understood has its line.
 */
import type { BlockStatement, CallExpression, Expression, MemberExpression, Node, Statement as Syntax } from 'acorn';
import type { Access, Condition, Fallback, Scalar, Step, Test } from './condition.ts';
import { TRUE } from './condition.ts';
import { deriveFunction, functionValue, UNDEFINED } from './derive.ts';
import { choice, type Env, type Expr, type Frontend, literal, mapOutcomes, type Statement, UNKNOWN } from './tree.ts';
import { type FunctionNode, parametersOf, readModule, type TypeScriptModule } from './typescript-module.ts';

const ROOT: Expr = { kind: 'access', access: { language: 'typescript', steps: [] } };
const MAX_DEPTH = 4;

/** Condition of the module's `rule`; `true` when its code is beyond the planner. */
export function planTypeScript(source: string): Condition {
  const module = readModule(source);
  const rule = module?.functions.get('rule');
  if (module === undefined || rule === undefined || rule.params.length > 1) return TRUE;
  const [parameter] = parametersOf(rule);
  const env: Env = new Map(parameter === undefined ? [] : [[parameter, ROOT]]);
  return deriveFunction(statementsOf(rule), env, createFrontend(module, 0));
}

type Code = Statement<Expression>;

function statementsOf({ body }: FunctionNode): readonly Code[] {
  return body.type === 'BlockStatement' ? toStatements(body) : [{ kind: 'return', value: body }];
}

function toStatements({ body }: BlockStatement): readonly Code[] {
  return body.flatMap(toStatement);
}

function toStatement(node: Syntax): Code | readonly Code[] {
  switch (node.type) {
    case 'ReturnStatement':
      return { kind: 'return', value: node.argument ?? undefined };
    case 'IfStatement':
      return {
        kind: 'if',
        test: node.test,
        body: inBranch(node.consequent),
        otherwise: node.alternate ? inBranch(node.alternate) : [],
      };
    case 'ExpressionStatement':
      return { kind: 'expression', value: node.expression };
    case 'EmptyStatement':
      return { kind: 'nothing' };
    case 'SwitchStatement':
      return switchStatements(node);
    case 'VariableDeclaration':
      if (node.kind !== 'const' && node.kind !== 'let') return { kind: 'unknown' };
      return node.declarations.map(({ id, init }) => {
        return id.type === 'Identifier' && init ? { kind: 'assign', name: id.name, value: init } : { kind: 'unknown' };
      });
    default:
      return { kind: 'unknown' };
  }
}

function inBranch(node: Syntax): readonly Code[] {
  return node.type === 'BlockStatement' ? toStatements(node) : [toStatement(node)].flat();
}

/** Cases that return, one after the other; anything else is not understood. */
function switchStatements({ discriminant, cases }: Syntax & { type: 'SwitchStatement' }): Code | readonly Code[] {
  const statements: Code[] = [];
  let tests: Expression[] = [];
  for (const [index, { test, consequent }] of cases.entries()) {
    if (!test && (index < cases.length - 1 || tests.length > 0)) return { kind: 'unknown' };
    if (test) tests.push(test);
    if (consequent.length === 0) continue;
    const body = consequent.flatMap((one) => inBranch(one));
    if (body.at(-1)?.kind !== 'return') return { kind: 'unknown' };
    if (!test) return [...statements, ...body];
    statements.push({ kind: 'if', test: anyEqual(discriminant, tests), body, otherwise: [] });
    tests = [];
  }
  return tests.length > 0 ? { kind: 'unknown' } : statements;
}

function anyEqual(left: Expression, rights: readonly Expression[]): Expression {
  const place = { start: left.start, end: left.end };
  const equal = rights.map(
    (right) => ({ ...place, type: 'BinaryExpression', operator: '===', left, right }) as Expression,
  );
  return equal.reduce((one, other) => ({
    ...place,
    type: 'LogicalExpression',
    operator: '||',
    left: one,
    right: other,
  }));
}

function createFrontend(module: TypeScriptModule, depth: number): Frontend<Expression> {
  const resolving = new Set<string>();

  function expression(node: Expression, env: Env): Expr {
    switch (node.type) {
      case 'Literal':
        return isScalar(node.value) && !node.regex ? literal(node.value) : UNKNOWN;
      case 'TemplateLiteral':
        return node.expressions.length === 0 ? literal(node.quasis[0]?.value.cooked ?? '') : UNKNOWN;
      case 'ParenthesizedExpression':
        return expression(node.expression, env);
      case 'Identifier':
        return nameValue(node.name, env);
      case 'MemberExpression':
        return member(node, env);
      case 'ChainExpression':
        return chain(expression(node.expression as Expression, env));
      case 'LogicalExpression':
        return logical(node.operator, expression(node.left, env), expression(node.right, env));
      case 'UnaryExpression':
        return unary(node.operator, expression(node.argument, env));
      case 'BinaryExpression':
        return binary(node, env);
      case 'ConditionalExpression':
        return choice(expression(node.test, env), expression(node.consequent, env), expression(node.alternate, env));
      case 'ArrayExpression':
        return list(node.elements, env);
      case 'ObjectExpression':
        return node.properties.length === 0 ? { kind: 'empty', of: 'map', isTruthy: true } : UNKNOWN;
      case 'NewExpression':
        return newSet(node, env);
      case 'CallExpression':
        return call(node, env);
      default:
        return UNKNOWN;
    }
  }

  function nameValue(name: string, env: Env): Expr {
    const local = env.get(name);
    if (local !== undefined) return local;
    const constant = resolving.has(name) ? undefined : module.constants.get(name);
    if (constant === undefined) return name === 'undefined' && !module.boundNames.has(name) ? UNDEFINED : UNKNOWN;
    resolving.add(name);
    const value = expression(constant, new Map());
    resolving.delete(name);
    return value;
  }

  function member(node: MemberExpression, env: Env): Expr {
    const access = node.object.type === 'Super' ? undefined : toAccess(expression(node.object, env));
    const key = keyOf(node, env);
    if (access === undefined || key === undefined) return UNKNOWN;
    return extend(access, { by: 'member', key, ...(node.optional ? { isOptional: true as const } : {}) });
  }

  /** Undefined for what objects inherit, and for keys that are not known. */
  function keyOf({ property, computed }: MemberExpression, env: Env): string | undefined {
    if (!computed) return property.type === 'Identifier' && !(property.name in {}) ? property.name : undefined;
    const key = expression(property as Expression, env);
    const isKey = key.kind === 'literal' && typeof key.value === 'string' && !(key.value in {});
    return isKey ? (key.value as string) : undefined;
  }

  function binary(node: Expression & { type: 'BinaryExpression' }, env: Env): Expr {
    if (node.left.type === 'PrivateIdentifier') return UNKNOWN;
    const type = typeofTest(node.left, node.right, env) ?? typeofTest(node.right, node.left, env);
    const right = expression(node.right, env);
    if (type !== undefined) return node.operator.startsWith('!') ? { kind: 'not', of: type } : type;
    return compare(node.operator, expression(node.left, env), right);
  }

  function typeofTest(node: Expression | Node, name: Expression | Node, env: Env): Expr | undefined {
    const [operation, value] = [node as Expression, expression(name as Expression, env)];
    if (operation.type !== 'UnaryExpression' || operation.operator !== 'typeof') return undefined;
    const access = toAccess(expression(operation.argument, env));
    if (access === undefined || value.kind !== 'literal' || typeof value.value !== 'string') return UNKNOWN;
    return { kind: 'test', access, test: { is: 'typeof', name: value.value } };
  }

  function list(elements: readonly (Node | null)[], env: Env): Expr {
    if (elements.length === 0) return { kind: 'empty', of: 'list', isTruthy: true };
    const values = elements.map((one) => (one ? expression(one as Expression, env) : UNKNOWN));
    const scalars = values.flatMap((one) => (one.kind === 'literal' && one.value !== undefined ? [one.value] : []));
    return scalars.length === values.length ? { kind: 'list', type: 'list', values: scalars } : UNKNOWN;
  }

  function newSet(node: Expression & { type: 'NewExpression' }, env: Env): Expr {
    const [items] = node.arguments;
    const isSet = node.callee.type === 'Identifier' && node.callee.name === 'Set' && !module.boundNames.has('Set');
    if (!isSet || items === undefined || items.type !== 'ArrayExpression') return UNKNOWN;
    const values = list(items.elements, env);
    return values.kind === 'list' ? { ...values, type: 'set' } : UNKNOWN;
  }

  function call(node: CallExpression, env: Env): Expr {
    const { callee } = node;
    if (callee.type === 'MemberExpression') return method(node, callee, env);
    if (callee.type !== 'Identifier' || node.optional || env.has(callee.name)) return UNKNOWN;
    const args = node.arguments.map((one) => (one.type === 'SpreadElement' ? UNKNOWN : expression(one, env)));
    const own = module.functions.get(callee.name);
    if (own !== undefined) return inline(own, args);
    if (module.deepGets.has(callee.name)) return deepGet(args);
    const isBoolean = callee.name === 'Boolean' && !module.boundNames.has('Boolean') && args.length === 1;
    return isBoolean ? { kind: 'bool', of: args[0] as Expr } : UNKNOWN;
  }

  function inline(helper: FunctionNode, args: readonly Expr[]): Expr {
    const names = parametersOf(helper);
    const isPure = args.every((one) => {
      return one.kind === 'literal' || (one.kind === 'access' && one.access.steps.length <= 1);
    });
    if (depth >= MAX_DEPTH || names.length !== args.length || !isPure) return UNKNOWN;
    const own: Env = new Map(names.map((name, index) => [name, args[index] as Expr]));
    return functionValue(statementsOf(helper), own, createFrontend(module, depth + 1), UNDEFINED);
  }

  function method(node: CallExpression, callee: MemberExpression, env: Env): Expr {
    const { property, object } = callee;
    if (callee.computed || property.type !== 'Identifier' || object.type === 'Super' || node.optional) return UNKNOWN;
    const on = expression(object, env);
    if (on.kind === 'list') return callee.optional ? UNKNOWN : inList(on, property.name, node, env);
    const access = toAccess(on);
    const args = node.arguments.map((one) => (one.type === 'SpreadElement' ? UNKNOWN : expression(one, env)));
    if (access === undefined) return UNKNOWN;
    const value = textMethod(access, property.name, args);
    if (!callee.optional || value.kind === 'unknown') return value;
    return choice({ kind: 'test', access, test: { is: 'nullish' } }, UNDEFINED, value);
  }

  function inList(values: Expr & { kind: 'list' }, name: string, node: CallExpression, env: Env): Expr {
    const [argument, ...others] = node.arguments;
    if (argument === undefined || others.length > 0 || argument.type === 'SpreadElement') return UNKNOWN;
    if (name === (values.type === 'set' ? 'has' : 'includes'))
      return membership(values.values, expression(argument, env));
    const isLoop = values.type === 'list' && (name === 'some' || name === 'every');
    if (!isLoop || argument.type !== 'ArrowFunctionExpression' || argument.body.type === 'BlockStatement')
      return UNKNOWN;
    const [parameter, ...more] = parametersOf(argument);
    if (parameter === undefined || more.length > 0 || argument.async || argument.params.length !== 1) return UNKNOWN;
    const { body } = argument;
    const of = values.values.map((one) => expression(body, new Map(env).set(parameter, literal(one))));
    return { kind: 'bool', of: { kind: name === 'some' ? 'or' : 'and', of } };
  }

  return { language: 'typescript', isBlockScoped: true, expression };
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function extend({ language, steps }: Access, step: Step): Expr {
  return { kind: 'access', access: { language, steps: [...steps, step] } };
}

/** What follows an optional chain in parentheses, or under another name, is not part of it. */
function chain(expr: Expr): Expr {
  return expr.kind === 'access' ? extend(expr.access, { by: 'end' }) : expr;
}

/** `x || "default"` is a value as well. */
function toAccess(expr: Expr): Access | undefined {
  if (expr.kind === 'access') return expr.access;
  if (expr.kind !== 'or' || expr.of.length !== 2) return undefined;
  const [first, second] = expr.of as [Expr, Expr];
  const fallback = toFallback(second);
  if (first.kind !== 'access' || fallback === undefined) return undefined;
  return { language: 'typescript', steps: [...first.access.steps, { by: 'or', fallback }] };
}

function toFallback(expr: Expr): Fallback | undefined {
  if (expr.kind === 'literal') return expr.value;
  if (expr.kind !== 'empty') return undefined;
  return expr.of === 'map' ? {} : [];
}

function logical(operator: string, left: Expr, right: Expr): Expr {
  if (operator !== '??') return { kind: operator === '&&' ? 'and' : 'or', of: [left, right] };
  return mapOutcomes(left, (one) => {
    if (one.kind === 'literal') return one.value === null || one.value === undefined ? right : one;
    if (one.kind === 'test' || one.kind === 'not' || one.kind === 'bool') return one;
    if (one.kind !== 'access') return UNKNOWN;
    const fallback = toFallback(right);
    if (fallback !== undefined) return extend(one.access, { by: 'nullish', fallback });
    const test: Expr = { kind: 'test', access: one.access, test: { is: 'nullish' } };
    return choice(test, right, one);
  });
}

function unary(operator: string, of: Expr): Expr {
  if (operator === '!') return { kind: 'not', of };
  const isNumber = of.kind === 'literal' && typeof of.value === 'number';
  return operator === '-' && isNumber ? literal(-(of.value as number)) : UNKNOWN;
}

function deepGet([on, ...keys]: readonly Expr[]): Expr {
  const isKnown = keys.every((key) => key.kind === 'literal' && typeof key.value === 'string');
  if (on?.kind !== 'access' || keys.length === 0 || !isKnown) return UNKNOWN;
  return extend(on.access, { by: 'deep', keys: keys.map((key) => (key as Expr & { value: string }).value) });
}

const ORDERS = { '<': 'less', '<=': 'lessOrEqual', '>': 'greater', '>=': 'greaterOrEqual' } as const;
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function compare(operator: string, left: Expr, right: Expr): Expr {
  if (operator === '!==' || operator === '!=') {
    return { kind: 'not', of: compare(operator === '!=' ? '==' : '===', left, right) };
  }
  if (left.kind === 'literal' && right.kind !== 'literal') return compare(MIRRORED[operator] ?? operator, right, left);
  if (operator === '===' && right.kind === 'literal' && typeof right.value === 'boolean') {
    const wanted = right.value;
    const isKnown = (one: Expr) => ['literal', 'test', 'not', 'bool', 'access'].includes(one.kind);
    return mapOutcomes(left, (one) => (isKnown(one) ? isSame(one, wanted) : someBoolean(operator, one, right)));
  }
  const access = toAccess(left);
  const tested = access === undefined || right.kind !== 'literal' ? undefined : testOf(operator, right.value);
  return access === undefined || tested === undefined
    ? someBoolean(operator, left, right)
    : { kind: 'test', access, test: tested };
}

/** `expr === wanted`, for what gives a boolean. */
function isSame(expr: Expr, wanted: boolean): Expr {
  if (expr.kind === 'literal') return literal(expr.value === wanted);
  if (expr.kind === 'access') return { kind: 'test', access: expr.access, test: { is: 'same', value: wanted } };
  return wanted ? expr : { kind: 'not', of: expr };
}

function testOf(operator: string, value: Scalar | undefined): Test | undefined {
  const isNullish = value === null || value === undefined;
  if (operator === '==') return isNullish ? { is: 'nullish' } : undefined;
  if (operator === '===') return value === undefined ? { is: 'undefined' } : { is: 'in', values: [value] };
  if (typeof value !== 'number' || !(operator in ORDERS)) return undefined;
  return { is: ORDERS[operator as keyof typeof ORDERS], value };
}

/** Strict equality of values that can be reached does not fail. */
function someBoolean(operator: string, left: Expr, right: Expr): Expr {
  return operator === '===' ? { kind: 'some-boolean', of: [left, right] } : UNKNOWN;
}

function membership(values: readonly Scalar[], of: Expr): Expr {
  const access = toAccess(of);
  return access === undefined ? UNKNOWN : { kind: 'test', access, test: { is: 'in', values } };
}

function textMethod(access: Access, name: string, [part, ...others]: readonly Expr[]): Expr {
  if (name === 'toLowerCase' || name === 'toUpperCase') {
    return part === undefined ? extend(access, { by: name === 'toLowerCase' ? 'lower' : 'upper' }) : UNKNOWN;
  }
  if (part?.kind !== 'literal' || typeof part.value !== 'string' || others.length > 0) return UNKNOWN;
  const { value } = part;
  if (name === 'startsWith' || name === 'endsWith')
    return { kind: 'test', access, test: { is: name, values: [value] } };
  return name === 'includes' ? { kind: 'test', access, test: { is: 'contains', value } } : UNKNOWN;
}
