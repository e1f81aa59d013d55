/**
 * Python rules: syntax tree to what the planner understands.
 *
 * This file is long because every form of code that is understood has its line.
 */
import type { Access, Condition, Fallback, Scalar, Step, Test } from './condition.ts';
import { TRUE } from './condition.ts';
import { deriveFunction, functionValue, NONE, NOT_ITERABLE } from './derive.ts';
import { isAscii } from './evaluate.ts';
import {
  collectBoundNames,
  isTree,
  type PyTree,
  type PythonModule,
  parametersOf,
  readModule,
  tree,
  trees,
} from './python-module.ts';
import { choice, type Env, type Expr, type Frontend, literal, type Statement, UNKNOWN } from './tree.ts';

const ROOT: Expr = { kind: 'access', access: { language: 'python', steps: [] } };
const MAX_DEPTH = 4;

/** Condition of the module's `rule`; `true` when its code is beyond the planner. */
export function planPython(ast: unknown): Condition {
  const module = isTree(ast) ? readModule(ast) : undefined;
  const rule = module?.functions.get('rule');
  if (module === undefined || rule === undefined) return TRUE;
  const [parameter, ...others] = parametersOf(rule);
  if (parameter === undefined || others.length > 0) return TRUE;
  const frontend = createFrontend(module, rule, 0);
  return deriveFunction(statementsOf(rule), new Map([[parameter, ROOT]]), frontend);
}

function statementsOf(owner: PyTree, field = 'body'): readonly Statement<PyTree>[] {
  return trees(owner, field).map(toStatement);
}

function toStatement(node: PyTree): Statement<PyTree> {
  switch (node._type) {
    case 'Return':
      return { kind: 'return', value: tree(node, 'value') };
    case 'If':
      return {
        kind: 'if',
        test: node.test as PyTree,
        body: statementsOf(node),
        otherwise: statementsOf(node, 'orelse'),
      };
    case 'Expr':
      return { kind: 'expression', value: node.value as PyTree };
    case 'For':
      return { kind: 'loop', over: node.iter as PyTree, otherwise: statementsOf(node, 'orelse') };
    case 'Pass':
      return { kind: 'nothing' };
    case 'Assign':
    case 'AnnAssign':
      return toAssignment(node);
    default:
      return { kind: 'unknown' };
  }
}

function toAssignment(node: PyTree): Statement<PyTree> {
  const targets = node._type === 'Assign' ? trees(node, 'targets') : [node.target as PyTree];
  const [target] = targets;
  const value = tree(node, 'value');
  if (targets.length !== 1 || target?._type !== 'Name' || value === undefined) return { kind: 'unknown' };
  return { kind: 'assign', name: target.id as string, value };
}

function createFrontend(module: PythonModule, scope: PyTree, depth: number): Frontend<PyTree> {
  const locals = collectBoundNames(trees(scope, 'body'));
  const resolving = new Set<string>();

  function expression(node: PyTree, env: Env): Expr {
    switch (node._type) {
      case 'Constant':
        return literal(node.value as Scalar);
      case 'Name':
        return nameValue(node.id as string, env);
      case 'BoolOp': {
        const of = trees(node, 'values').map((part) => expression(part, env));
        return { kind: node.op === 'And' ? 'and' : 'or', of };
      }
      case 'UnaryOp':
        return unary(node, env);
      case 'Compare':
        return comparison(node, env);
      case 'IfExp': {
        const [test, then, otherwise] = ['test', 'body', 'orelse'].map((part) => expression(node[part] as PyTree, env));
        return { kind: 'choice', test, then, otherwise } as Expr;
      }
      case 'Tuple':
      case 'List':
      case 'Set':
        return collection(node, 'elts', env);
      case 'Dict':
        return collection(node, 'keys', env);
      case 'Subscript':
        return item(node, env);
      case 'Call':
        return call(node, env);
      default:
        return UNKNOWN;
    }
  }

  function nameValue(name: string, env: Env): Expr {
    const local = env.get(name);
    if (local !== undefined) return local;
    const constant = locals.has(name) || resolving.has(name) ? undefined : module.constants.get(name);
    if (constant === undefined) return UNKNOWN;
    resolving.add(name);
    const value = expression(constant, new Map());
    resolving.delete(name);
    return value;
  }

  function unary(node: PyTree, env: Env): Expr {
    const of = expression(node.operand as PyTree, env);
    if (node.op === 'Not') return { kind: 'not', of };
    const isNumber = of.kind === 'literal' && typeof of.value === 'number';
    return node.op === 'USub' && isNumber ? literal(-(of.value as number)) : UNKNOWN;
  }

  function collection(node: PyTree, field: 'elts' | 'keys', env: Env): Expr {
    const items = (node[field] as readonly unknown[]).map((one) => (isTree(one) ? expression(one, env) : UNKNOWN));
    if (items.length === 0 && node._type === 'Dict') return { kind: 'empty', of: 'map', isTruthy: false };
    if (items.length === 0 && node._type === 'List') return { kind: 'empty', of: 'list', isTruthy: false };
    const values = items.flatMap((one) => (one.kind === 'literal' && one.value !== undefined ? [one.value] : []));
    if (values.length !== items.length) return UNKNOWN;
    if (field === 'keys' && !trees(node, 'values').every(({ _type }) => _type === 'Constant')) return UNKNOWN;
    const types = { Tuple: 'tuple', List: 'list', Set: 'set', Dict: 'map' } as const;
    return { kind: 'list', type: types[node._type as keyof typeof types], values };
  }

  function comparison(node: PyTree, env: Env): Expr {
    const operands = [node.left as PyTree, ...trees(node, 'comparators')].map((one) => expression(one, env));
    const parts = (node.ops as string[]).map((op, index) => {
      return compare(op, operands[index] as Expr, operands[index + 1] as Expr);
    });
    return parts.length === 1 ? (parts[0] as Expr) : { kind: 'and', of: parts };
  }

  function item(node: PyTree, env: Env): Expr {
    const access = toAccess(expression(node.value as PyTree, env));
    const key = text(expression(node.slice as PyTree, env));
    if (access === undefined || key === undefined) return UNKNOWN;
    return extend(access, { by: 'item', key });
  }

  function call(node: PyTree, env: Env): Expr {
    const callee = node.func as PyTree;
    if (callee._type === 'Attribute') return method(node, callee, env);
    if (callee._type !== 'Name' || env.has(callee.id as string)) return UNKNOWN;
    const name = callee.id as string;
    if (locals.has(name)) return UNKNOWN;
    const own = module.functions.get(name);
    if (own !== undefined) return inline(own, node, env);
    if (module.deepGets.has(name)) return deepGet(node, trees(node, 'args'), env, true);
    if (module.boundNames.has(name) || trees(node, 'keywords').length > 0) return UNKNOWN;
    return builtin(name, trees(node, 'args'), env);
  }

  function inline(helper: PyTree, node: PyTree, env: Env): Expr {
    const names = parametersOf(helper);
    const args = trees(node, 'args');
    const isSimple = trees(node, 'keywords').length === 0 && args.every(({ _type }) => _type !== 'Starred');
    if (depth >= MAX_DEPTH || !isSimple || names.length !== args.length) return UNKNOWN;
    const values = args.map((one) => expression(one, env));
    // Arguments are evaluated before the call, also those that the helper does not look at.
    if (values.some((one) => one.kind !== 'literal' && one.kind !== 'list' && one.kind !== 'access')) return UNKNOWN;
    const own: Env = new Map(names.map((name, index) => [name, values[index] as Expr]));
    const value = functionValue(statementsOf(helper), own, createFrontend(module, helper, depth + 1), NONE);
    const isRoot = values.every((one) => one.kind !== 'access' || one.access.steps.length === 0);
    return isRoot ? value : afterArguments(values, value);
  }

  function builtin(name: string, args: readonly PyTree[], env: Env): Expr {
    const [first, second] = args;
    if (first === undefined) return UNKNOWN;
    if (name === 'isinstance' && second !== undefined && args.length === 2) return isInstance(first, second, env);
    if (args.length !== 1) return UNKNOWN;
    if (name === 'bool') return { kind: 'bool', of: expression(first, env) };
    if (name === 'any' || name === 'all') return anyOrAll(name === 'any' ? 'or' : 'and', first, env);
    const types = { tuple: 'tuple', list: 'list', set: 'set', frozenset: 'set' } as const;
    const inner = name in types ? expression(first, env) : UNKNOWN;
    return inner.kind === 'list' ? { ...inner, type: types[name as keyof typeof types] } : UNKNOWN;
  }

  function isInstance(value: PyTree, type: PyTree, env: Env): Expr {
    const of = expression(value, env);
    const names = type._type === 'Tuple' ? trees(type, 'elts') : [type];
    const isBuiltin = names.every(
      ({ _type, id }) => _type === 'Name' && TYPES.has(id as string) && isFree(id as string, env),
    );
    if (!isBuiltin) return UNKNOWN;
    const access = toAccess(of);
    const name = names.length === 1 ? names[0]?.id : undefined;
    if (access !== undefined && name === 'str') return { kind: 'test', access, test: { is: 'typeof', name: 'string' } };
    if (access !== undefined && name === 'bool') return { kind: 'test', access, test: { is: 'boolean' } };
    return { kind: 'some-boolean', of: [of] };
  }

  function isFree(name: string, env: Env): boolean {
    return !env.has(name) && !locals.has(name) && !module.boundNames.has(name);
  }

  function anyOrAll(kind: 'and' | 'or', of: PyTree, env: Env): Expr {
    if (of._type === 'List' || of._type === 'Tuple') {
      const parts = trees(of, 'elts').map((one) => expression(one, env));
      return parts.length === 0 ? literal(kind === 'and') : { kind: 'bool', of: { kind, of: parts, isEager: true } };
    }
    const [loop, ...inner] = trees(of, 'generators');
    const target = loop === undefined ? undefined : tree(loop, 'target');
    if (!COMPREHENSIONS.has(of._type) || loop === undefined || inner.length > 0) return UNKNOWN;
    const over = expression(loop.iter as PyTree, env);
    const access = toAccess(over);
    if (access !== undefined && !loop.is_async) return overValues(access, kind);
    if (target?._type !== 'Name' || over.kind !== 'list' || trees(loop, 'ifs').length > 0 || loop.is_async)
      return UNKNOWN;
    const parts = over.values.map((value) =>
      expression(of.elt as PyTree, new Map(env).set(target.id as string, literal(value))),
    );
    if (parts.length === 0) return literal(kind === 'and');
    const isEager = of._type !== 'GeneratorExp' ? { isEager: true as const } : {};
    return { kind: 'bool', of: { kind, of: parts, ...isEager } };
  }

  function method(node: PyTree, callee: PyTree, env: Env): Expr {
    const on = expression(callee.value as PyTree, env);
    const access = toAccess(on);
    if (access === undefined) return UNKNOWN;
    const args = trees(node, 'args');
    if (callee.attr === 'deep_get' && access.steps.length === 0)
      return deepGet(node, [callee.value as PyTree, ...args], env, false);
    if (callee.attr === 'udm' && access.steps.length === 0) return udm(access, args, trees(node, 'keywords'), env);
    if (trees(node, 'keywords').length > 0) return UNKNOWN;
    const values = args.map((one) => expression(one, env));
    switch (callee.attr) {
      case 'get':
        return getMethod(access, values);
      case 'lower':
      case 'upper':
        return values.length === 0 ? extend(access, { by: callee.attr }) : UNKNOWN;
      case 'startswith':
      case 'endswith':
        return affix(access, callee.attr === 'startswith' ? 'startsWith' : 'endsWith', values);
      default:
        return UNKNOWN;
    }
  }

  function deepGet(node: PyTree, args: readonly PyTree[], env: Env, isHelper: boolean): Expr {
    const [on, ...rest] = args;
    const access = on === undefined ? undefined : toAccess(expression(on, env));
    const keys = rest.map((one) => text(expression(one, env)));
    const fallback = deepFallback(trees(node, 'keywords'), env);
    if (access === undefined || fallback === undefined || keys.length === 0 || keys.includes(undefined)) return UNKNOWN;
    const deep = { by: 'deep', keys: keys as string[], fallback } as const;
    return extend(access, isHelper ? { ...deep, isHelper } : deep);
  }

  function udm(access: Access, [arg, ...others]: readonly PyTree[], keywords: readonly PyTree[], env: Env): Expr {
    const name = arg === undefined ? undefined : text(expression(arg, env));
    const fallback = deepFallback(keywords, env);
    if (name === undefined || others.length > 0 || fallback === undefined) return UNKNOWN;
    return extend(access, { by: 'udm', name, fallback });
  }

  function deepFallback(keywords: readonly PyTree[], env: Env): Fallback | undefined {
    const [keyword, ...others] = keywords;
    if (keyword === undefined) return null;
    if (others.length > 0 || keyword.arg !== 'default') return undefined;
    return toFallback(expression(keyword.value as PyTree, env));
  }

  return { language: 'python', isBlockScoped: false, expression };
}

const TYPES = new Set(['str', 'int', 'float', 'bool', 'list', 'dict', 'tuple', 'set']);
const COMPREHENSIONS = new Set(['GeneratorExp', 'ListComp', 'SetComp']);

/** `any`, `all` of something for each element of a value: known where there is none. */
function overValues(access: Access, kind: 'and' | 'or'): Expr {
  const nothing = choice({ kind: 'test', access, test: NOT_ITERABLE }, UNKNOWN, literal(kind === 'and'));
  return choice({ kind: 'access', access }, UNKNOWN, nothing);
}

/** The value of a call whose arguments are evaluated first. */
function afterArguments(values: readonly Expr[], value: Expr): Expr {
  const raises: Expr = { kind: 'some-boolean', of: values };
  // biome-ignore lint/suspicious/noThenProperty: nothing awaits a piece of a syntax tree.
  return { kind: 'choice', test: raises, then: value, otherwise: value };
}

function getMethod(access: Access, [key, fallback, ...others]: readonly Expr[]): Expr {
  const name = key === undefined ? undefined : text(key);
  const value = fallback === undefined ? null : toFallback(fallback);
  if (name === undefined || value === undefined || others.length > 0) return UNKNOWN;
  return extend(access, { by: 'get', key: name, fallback: value });
}

function affix(access: Access, is: 'startsWith' | 'endsWith', [part, ...others]: readonly Expr[]): Expr {
  const single = part?.kind === 'literal' ? [part.value] : undefined;
  const values = part?.kind === 'list' && part.type === 'tuple' ? part.values : single;
  if (values === undefined || others.length > 0 || !values.every((one) => typeof one === 'string')) return UNKNOWN;
  return { kind: 'test', access, test: { is, values } };
}

function extend({ language, steps }: Access, step: Step): Expr {
  return { kind: 'access', access: { language, steps: [...steps, step] } };
}

/** `x or "default"` is a value as well. */
function toAccess(expr: Expr): Access | undefined {
  if (expr.kind === 'access') return expr.access;
  if (expr.kind !== 'or' || expr.of.length !== 2) return undefined;
  const [first, second] = expr.of as [Expr, Expr];
  const fallback = toFallback(second);
  if (first.kind !== 'access' || fallback === undefined) return undefined;
  return { language: 'python', steps: [...first.access.steps, { by: 'or', fallback }] };
}

function toFallback(expr: Expr): Fallback | undefined {
  if (expr.kind === 'literal') return expr.value;
  if (expr.kind !== 'empty') return undefined;
  return expr.of === 'map' ? {} : [];
}

/** A key. Case is ignored, which is certain for ASCII only. */
function text(expr: Expr): string | undefined {
  return expr.kind === 'literal' && typeof expr.value === 'string' && isAscii(expr.value) ? expr.value : undefined;
}

const FLIPPED: Readonly<Record<string, string>> = {
  Lt: 'Gt',
  LtE: 'GtE',
  Gt: 'Lt',
  GtE: 'LtE',
  Eq: 'Eq',
  NotEq: 'NotEq',
};
const ORDERS = { Lt: 'less', LtE: 'lessOrEqual', Gt: 'greater', GtE: 'greaterOrEqual' } as const;
const NEGATED: Readonly<Record<string, string>> = { NotEq: 'Eq', IsNot: 'Is', NotIn: 'In' };

function compare(op: string, left: Expr, right: Expr): Expr {
  const positive = NEGATED[op];
  if (positive !== undefined) return { kind: 'not', of: compare(positive, left, right) };
  if (op === 'In') return membership(left, right);
  const access = toAccess(left);
  if (access === undefined) {
    const flipped = toAccess(right) === undefined ? undefined : FLIPPED[op];
    return flipped === undefined ? someBoolean(op, left, right) : compare(flipped, right, left);
  }
  if (right.kind !== 'literal') return someBoolean(op, left, right);
  const tested = testOf(op, right.value as Scalar);
  return tested === undefined ? someBoolean(op, left, right) : { kind: 'test', access, test: tested };
}

function testOf(op: string, value: Scalar): Test | undefined {
  if (op === 'Eq') return { is: 'in', values: [value] };
  if (op === 'Is') return value === null || typeof value === 'boolean' ? { is: 'same', value } : undefined;
  return typeof value === 'number' && op in ORDERS ? { is: ORDERS[op as keyof typeof ORDERS], value } : undefined;
}

/** Equality and identity of values that can be reached do not fail. */
function someBoolean(op: string, left: Expr, right: Expr): Expr {
  return op === 'Eq' || op === 'Is' ? { kind: 'some-boolean', of: [left, right] } : UNKNOWN;
}

function membership(left: Expr, right: Expr): Expr {
  const access = toAccess(left);
  if (access !== undefined && right.kind === 'empty') return { kind: 'some-boolean', of: [left] };
  if (access !== undefined && right.kind === 'list') {
    const isHashed = right.type === 'set' || right.type === 'map';
    return { kind: 'test', access, test: { is: 'in', values: right.values, ...(isHashed ? { isHashed } : {}) } };
  }
  const container = toAccess(right);
  if (container === undefined || left.kind !== 'literal' || typeof left.value !== 'string') return UNKNOWN;
  return { kind: 'test', access: container, test: { is: 'contains', value: left.value } };
}
