/** What a Python module binds to its names, as far as it cannot change while rules run. */

export type PyTree = { readonly _type: string; readonly [field: string]: unknown };

export interface PythonModule {
  /** Functions that are defined once, without decorators. */
  readonly functions: ReadonlyMap<string, PyTree>;
  /** Names that are bound once, to a value that nobody changes. */
  readonly constants: ReadonlyMap<string, PyTree>;
  /** Names under which the helper module's `deep_get` is known. */
  readonly deepGets: ReadonlySet<string>;
  /** Everything bound on the level of the module. */
  readonly boundNames: ReadonlySet<string>;
}

/** Names through which code can change what other names mean. */
const WAYS_AROUND = new Set([
  'globals',
  'locals',
  'vars',
  'exec',
  'eval',
  'setattr',
  'delattr',
  '__builtins__',
  'builtins',
]);
const WAYS_AROUND_ATTRIBUTES = new Set([
  'modules',
  '__dict__',
  '__globals__',
  '__code__',
  '__defaults__',
  '__builtins__',
]);
const HELPER_MODULES = new Set(['panther_base_helpers']);

export function isTree(value: unknown): value is PyTree {
  return typeof value === 'object' && value !== null && typeof (value as PyTree)._type === 'string';
}

export function tree(node: PyTree, field: string): PyTree | undefined {
  const value = node[field];
  return isTree(value) ? value : undefined;
}

export function trees(node: PyTree, field: string): readonly PyTree[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isTree) : [];
}

/** Undefined when the module does things that make names uncertain. */
export function readModule(ast: PyTree): PythonModule | undefined {
  const body = trees(ast, 'body');
  const all = [...walk(ast)];
  if (all.some(isWayAround)) return undefined;
  const counts = countBindings(body);
  const globals = new Set(all.flatMap((node) => (node._type === 'Global' ? (node.names as string[]) : [])));
  if (counts.has('*')) return afterStarImport(body, counts, globals);
  const isFixed = (name: string) => counts.get(name) === 1 && !globals.has(name);
  return {
    functions: ownFunctions(body, counts, globals),
    constants: constantsOf(body, all, isFixed),
    deepGets: deepGetsOf(body, isFixed),
    boundNames: new Set([...counts.keys(), ...globals]),
  };
}

/** Only a `rule` that is defined after it is what it seems. */
function afterStarImport(
  body: readonly PyTree[],
  counts: ReadonlyMap<string, number>,
  globals: ReadonlySet<string>,
): PythonModule {
  const isStar = (node: PyTree) => [...walk(node)].some(({ _type, name }) => _type === 'alias' && name === '*');
  const after = body.slice(body.findLastIndex(isStar) + 1);
  const functions = ownFunctions(after, counts, globals);
  return { functions, constants: new Map(), deepGets: new Set(), boundNames: new AllNames() };
}

/** After `from x import *` any name may be bound. */
class AllNames extends Set<string> {
  override has(): boolean {
    return true;
  }
}

function isWayAround(node: PyTree): boolean {
  if (node._type === 'Name') return WAYS_AROUND.has(node.id as string);
  if (node._type === 'Attribute') return WAYS_AROUND_ATTRIBUTES.has(node.attr as string);
  return node._type === 'alias' && WAYS_AROUND.has((node.name as string).split('.')[0] as string);
}

function ownFunctions(
  body: readonly PyTree[],
  counts: ReadonlyMap<string, number>,
  globals: ReadonlySet<string>,
): ReadonlyMap<string, PyTree> {
  const isUncertain = counts.has('*');
  const own = body.filter((node) => node._type === 'FunctionDef' && isPlainFunction(node));
  const fixed = own.filter(({ name }) => {
    const isRule = name === 'rule';
    return counts.get(name as string) === 1 && !globals.has(name as string) && (isRule || !isUncertain);
  });
  return new Map(fixed.map((node) => [node.name as string, node]));
}

/** Positional parameters only, no decorators; nothing inside that binds names out of order. */
function isPlainFunction(node: PyTree): boolean {
  const args = tree(node, 'args');
  if (args === undefined || trees(node, 'decorator_list').length > 0) return false;
  const extra = ['posonlyargs', 'kwonlyargs', 'defaults', 'kw_defaults'].some((field) => trees(args, field).length > 0);
  if (extra || isTree(args.vararg) || isTree(args.kwarg)) return false;
  return [...walk(node)].every(({ _type }) => !UNORDERED.has(_type));
}

/** A `yield` makes the function a generator, whose result is no boolean. */
const UNORDERED = new Set(['NamedExpr', 'Global', 'Nonlocal', 'Yield', 'YieldFrom']);

export function parametersOf(node: PyTree): readonly string[] {
  return trees(node.args as PyTree, 'args').map(({ arg }) => arg as string);
}

function* walk(value: unknown): Generator<PyTree> {
  if (Array.isArray(value)) {
    for (const one of value) yield* walk(one);
  } else if (isTree(value)) {
    yield value;
    for (const field in value) yield* walk(value[field]);
  }
}

/** Names that statements bind, also in blocks; not those bound inside of functions and classes. */
function countBindings(body: readonly PyTree[]): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (name: unknown) => {
    if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (!isTree(value)) return;
    for (const name of namesBoundBy(value)) add(name);
    if (SCOPES.has(value._type)) return;
    for (const field in value) visit(value[field]);
  };
  visit(body);
  return counts;
}

const SCOPES = new Set(['FunctionDef', 'AsyncFunctionDef', 'ClassDef', 'Lambda']);

function namesBoundBy(node: PyTree): readonly unknown[] {
  switch (node._type) {
    case 'Name':
      return node.ctx === 'Load' ? [] : [node.id];
    case 'FunctionDef':
    case 'AsyncFunctionDef':
    case 'ClassDef':
    case 'ExceptHandler':
    case 'MatchAs':
    case 'MatchStar':
      return [node.name];
    case 'MatchMapping':
      return [node.rest];
    case 'alias':
      return [node.asname ?? (node.name as string).split('.')[0]];
    default:
      return [];
  }
}

/** Names local to a function with this body. */
export function collectBoundNames(body: readonly PyTree[]): ReadonlySet<string> {
  return new Set(countBindings(body).keys());
}

function deepGetsOf(body: readonly PyTree[], isFixed: (name: string) => boolean): ReadonlySet<string> {
  const imports = body.filter((node) => node._type === 'ImportFrom' && HELPER_MODULES.has(node.module as string));
  const names = imports.flatMap((node) => trees(node, 'names')).filter(({ name }) => name === 'deep_get');
  return new Set(names.map(({ asname, name }) => (asname ?? name) as string).filter(isFixed));
}

const CHANGEABLE = new Set(['List', 'Set', 'Dict', 'Call']);

function constantsOf(
  body: readonly PyTree[],
  all: readonly PyTree[],
  isFixed: (name: string) => boolean,
): ReadonlyMap<string, PyTree> {
  const constants = new Map<string, PyTree>();
  for (const node of body) {
    const target = node._type === 'Assign' ? trees(node, 'targets')[0] : tree(node, 'target');
    const value = tree(node, 'value');
    if (target?._type !== 'Name' || value === undefined || !['Assign', 'AnnAssign'].includes(node._type)) continue;
    const name = target.id as string;
    if (!isFixed(name) || (node._type === 'Assign' && trees(node, 'targets').length > 1)) continue;
    if (!CHANGEABLE.has(value._type) || isOnlyRead(name, all)) constants.set(name, value);
  }
  return constants;
}

/** Whether every use of a name is a look into it: `x in NAME`, `for x in NAME` of a comprehension. */
function isOnlyRead(name: string, all: readonly PyTree[]): boolean {
  const isUse = (node: unknown) => isTree(node) && node._type === 'Name' && node.id === name && node.ctx === 'Load';
  const uses = all.filter(isUse).length;
  const reads = all.flatMap((node) => {
    if (node._type === 'comprehension') return isUse(node.iter) ? [node] : [];
    if (node._type !== 'Compare') return [];
    const ops = node.ops as string[];
    return trees(node, 'comparators').filter((one, index) => isUse(one) && /^(Not)?In$/.test(ops[index] ?? ''));
  });
  return uses === reads.length;
}
