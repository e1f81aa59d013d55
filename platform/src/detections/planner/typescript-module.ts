/** What a TypeScript module binds to its names, as far as it cannot change while rules run. */
import { stripTypeScriptTypes } from 'node:module';
import {
  type ArrowFunctionExpression,
  type BlockStatement,
  type Expression,
  type FunctionDeclaration,
  type FunctionExpression,
  type Node,
  type Program,
  parse,
} from 'acorn';

export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

export interface TypeScriptModule {
  readonly functions: ReadonlyMap<string, FunctionNode>;
  readonly constants: ReadonlyMap<string, Expression>;
  /** Names of the authoring module's `deepGet`. */
  readonly deepGets: ReadonlySet<string>;
  readonly boundNames: ReadonlySet<string>;
}

/** Names through which code can change what other code means. */
const WAYS_AROUND = new Set([
  'eval',
  'Function',
  'globalThis',
  'Reflect',
  'Proxy',
  'prototype',
  '__proto__',
  'constructor',
]);
const WAYS_AROUND_CALLS = new Set(['defineProperty', 'defineProperties', 'setPrototypeOf', 'getPrototypeOf', 'assign']);

/** Undefined when the source does not parse, or does things that make names uncertain. */
export function readModule(source: string): TypeScriptModule | undefined {
  const program = parseSource(source);
  if (program === undefined) return undefined;
  const all = [...walk(program)];
  if (all.some(isWayAround)) return undefined;
  const counts = declaredNames(all);
  const isFixed = (name: string) => counts.get(name) === 1;
  const functions = new Map<string, FunctionNode>();
  const constants = new Map<string, Expression>();
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (node?.type === 'FunctionDeclaration' && isFixed(node.id.name) && !isReassigned(node.id.name, all)) {
      if (isPlainFunction(node)) functions.set(node.id.name, node);
    }
    if (node?.type !== 'VariableDeclaration' || node.kind !== 'const') continue;
    for (const { id, init } of node.declarations) {
      if (id.type !== 'Identifier' || !init || !isFixed(id.name)) continue;
      if (isFunction(init)) {
        if (isPlainFunction(init)) functions.set(id.name, init);
      } else if (init.type === 'Literal' || isOnlyRead(id.name, all)) constants.set(id.name, init);
    }
  }
  return { functions, constants, deepGets: deepGetsOf(program, isFixed), boundNames: new Set(counts.keys()) };
}

function parseSource(source: string): Program | undefined {
  try {
    return parse(stripTypeScriptTypes(source, { mode: 'strip' }), { ecmaVersion: 'latest', sourceType: 'module' });
  } catch {
    return undefined;
  }
}

function isFunction(node: Expression): node is FunctionExpression | ArrowFunctionExpression {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** Plain parameters; no promise and no generator; nothing inside that gives a name another value. */
function isPlainFunction(node: FunctionNode): boolean {
  if (node.async || node.generator || node.params.some(({ type }) => type !== 'Identifier')) return false;
  return [...walk(node)].every((one) => {
    const { left } = one as Node & { left?: Node };
    if (one.type === 'AssignmentExpression') return left?.type === 'MemberExpression';
    if (/^For(In|Of)Statement$/.test(one.type)) return left?.type === 'VariableDeclaration';
    return one.type !== 'UpdateExpression';
  });
}

export function parametersOf(node: FunctionNode): readonly string[] {
  return node.params.flatMap((one) => (one.type === 'Identifier' ? [one.name] : []));
}

export function bodyOf(node: FunctionNode): BlockStatement | Expression {
  return node.body;
}

export function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const one of value) yield* walk(one);
  } else if (isNode(value)) {
    yield value;
    for (const field of Object.values(value)) if (typeof field === 'object') yield* walk(field);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function isWayAround(node: Node): boolean {
  if (node.type === 'Identifier') {
    const { name } = node as Node & { name: string };
    return WAYS_AROUND.has(name) || WAYS_AROUND_CALLS.has(name);
  }
  const { value } = node as Node & { value?: unknown };
  return (
    node.type === 'Literal' && typeof value === 'string' && (WAYS_AROUND.has(value) || WAYS_AROUND_CALLS.has(value))
  );
}

/** How often each name is declared anywhere in the module: a name with more than one meaning is not understood. */
function declaredNames(all: readonly Node[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (pattern: unknown) => {
    for (const node of walk(pattern)) {
      if (node.type !== 'Identifier') continue;
      const { name } = node as Node & { name: string };
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  };
  for (const node of all) {
    const { id, param, local } = node as Node & Record<'id' | 'param' | 'local', unknown>;
    if (node.type === 'VariableDeclarator' || node.type.startsWith('Class')) add(id);
    if (node.type.startsWith('Import')) add(local);
    if (node.type === 'CatchClause') add(param);
    if (node.type === 'FunctionDeclaration') add(id);
  }
  for (const node of all) if (/^(Arrow)?Function/.test(node.type)) shadow(counts, (node as FunctionNode).params);
  return counts;
}

function namesIn(patterns: unknown): readonly string[] {
  return [...walk(patterns)].flatMap((node) =>
    node.type === 'Identifier' ? [(node as Node & { name: string }).name] : [],
  );
}

/** A parameter hides what is declared outside: such a name counts as declared twice. */
function shadow(counts: Map<string, number>, params: unknown): void {
  for (const name of namesIn(params)) if (counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
}

function isReassigned(name: string, all: readonly Node[]): boolean {
  return all.some((node) => {
    const { left, argument } = node as Node & { left?: unknown; argument?: unknown };
    if (/^(AssignmentExpression|For(In|Of)Statement)$/.test(node.type)) return namesIn(left).includes(name);
    return node.type === 'UpdateExpression' && namesIn(argument).includes(name);
  });
}

const LOOKS = new Set(['includes', 'has', 'some', 'every']);

/** Whether every use of a name is a look into it: `NAME.includes(x)`. */
function isOnlyRead(name: string, all: readonly Node[]): boolean {
  const isName = (node: Node) => node.type === 'Identifier' && (node as Node & { name: string }).name === name;
  const looks = all.filter((node) => {
    if (node.type !== 'CallExpression') return false;
    const { callee } = node as Node & { callee: Node & { object?: Node; property?: Node & { name?: string } } };
    if (callee.type !== 'MemberExpression' || callee.object === undefined || !isName(callee.object)) return false;
    return LOOKS.has(callee.property?.name ?? '');
  });
  return all.filter(isName).length === looks.length + 1;
}

function deepGetsOf(program: Program, isFixed: (name: string) => boolean): ReadonlySet<string> {
  const names = program.body.flatMap((node) => {
    if (node.type !== 'ImportDeclaration' || node.source.value !== 'panther') return [];
    return node.specifiers.filter((one) => {
      return one.type === 'ImportSpecifier' && one.imported.type === 'Identifier' && one.imported.name === 'deepGet';
    });
  });
  return new Set(names.map(({ local }) => local.name).filter(isFixed));
}
