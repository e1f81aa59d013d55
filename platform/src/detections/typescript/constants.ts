/** Values of a module's constants, read from its source without running it. */
import { stripTypeScriptTypes } from 'node:module';
import { type Expression, type Node, type Program, parse } from 'acorn';

/** An expression whose value is not evident from the source. */
export class NotConstant extends Error {
  override readonly name = 'NotConstant';
  readonly node: Node;

  constructor(node: Node) {
    super('must be written out: it is read without running the code');
    this.node = node;
  }
}

export interface ModuleConstants {
  /** Exported names to what they are: an expression, or a function. */
  readonly exports: ReadonlyMap<string, Node>;
  /** @throws NotConstant */
  evaluate(node: Node): unknown;
  /** The node of a part of a constant: a property, an element. Undefined where there is none. */
  partOf(node: Node, key: PropertyKey): Node | undefined;
  /** 1-based. */
  lineOf(node: Node): number;
}

/** @throws SyntaxError */
export function readConstants(source: string): ModuleConstants {
  const program = parse(stripTypeScriptTypes(source, { mode: 'strip' }), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  });
  const constants = constantsOf(program);

  function resolve(node: Node): Node {
    if (node.type !== 'Identifier') return node;
    return constants.get((node as Node & { name: string }).name) ?? node;
  }

  function evaluate(given: Node): unknown {
    const node = resolve(given) as Expression;
    switch (node.type) {
      case 'Literal':
        if ('regex' in node && node.regex) throw new NotConstant(node);
        return node.value;
      case 'TemplateLiteral':
        return node.quasis
          .map(
            ({ value }, index) =>
              (value.cooked ?? '') + (node.expressions[index] ? String(evaluate(node.expressions[index])) : ''),
          )
          .join('');
      case 'ArrayExpression':
        return node.elements.flatMap((one) => {
          if (one === null) throw new NotConstant(node);
          if (one.type === 'SpreadElement') return evaluate(one.argument) as unknown[];
          return [evaluate(one)];
        });
      case 'ObjectExpression':
        return Object.assign(
          {},
          ...node.properties.map((one) => {
            if (one.type === 'SpreadElement') return evaluate(one.argument);
            if (one.kind !== 'init' || one.method) throw new NotConstant(one);
            return { [keyOf(one)]: evaluate(one.value) };
          }),
        );
      case 'UnaryExpression': {
        const value = evaluate(node.argument);
        if (node.operator !== '-' || typeof value !== 'number') throw new NotConstant(node);
        return -value;
      }
      case 'BinaryExpression': {
        const [left, right] = [evaluate(node.left), evaluate(node.right)];
        if (node.operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
        throw new NotConstant(node);
      }
      case 'MemberExpression': {
        const part =
          node.property.type === 'Identifier' && !node.computed ? partOf(node.object, node.property.name) : undefined;
        if (part === undefined) throw new NotConstant(node);
        return evaluate(part);
      }
      case 'Identifier':
        if (node.name === 'undefined') return undefined;
        throw new NotConstant(node);
      default:
        throw new NotConstant(node);
    }
  }

  function keyOf({ key, computed }: { readonly key: Node; readonly computed: boolean }): string {
    if (!computed && key.type === 'Identifier') return (key as Node & { name: string }).name;
    return String(evaluate(key));
  }

  function partOf(given: Node, key: PropertyKey): Node | undefined {
    const node = resolve(given) as Expression;
    if (node.type === 'ArrayExpression') return node.elements[Number(key)] ?? undefined;
    if (node.type !== 'ObjectExpression') return undefined;
    for (const one of node.properties) if (one.type === 'Property' && keyOf(one) === String(key)) return one.value;
    return undefined;
  }

  return { exports: exportsOf(program), evaluate, partOf, lineOf: ({ loc }) => loc?.start.line ?? 1 };
}

function constantsOf(program: Program): ReadonlyMap<string, Node> {
  const constants = new Map<string, Node>();
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (node?.type !== 'VariableDeclaration' || node.kind !== 'const') continue;
    for (const { id, init } of node.declarations) if (id.type === 'Identifier' && init) constants.set(id.name, init);
  }
  return constants;
}

function exportsOf(program: Program): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  for (const statement of program.body) {
    if (statement.type !== 'ExportNamedDeclaration') continue;
    const { declaration, specifiers } = statement;
    if (declaration?.type === 'FunctionDeclaration') found.set(declaration.id.name, declaration);
    if (declaration?.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations)
        if (id.type === 'Identifier' && init) found.set(id.name, init);
    }
    for (const { local, exported } of specifiers) {
      if (exported.type === 'Identifier') found.set(exported.name, local);
    }
  }
  return found;
}
