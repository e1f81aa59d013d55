/** What can be said of the code of TypeScript rules without a compiler. */
import { stripTypeScriptTypes } from 'node:module';
import { type Node, type Program, parse } from 'acorn';

export interface CodeProblem {
  readonly level: 'error' | 'warning';
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly message: string;
}

/** Functions that are called. */
export const RULE_FUNCTIONS = [
  'rule',
  'title',
  'dedup',
  'severity',
  'description',
  'reference',
  'runbook',
  'destinations',
  'alert_context',
  'alertContext',
  'unique',
] as const;

/** `main`: the function that must be there. */
export function lintCode(source: string, main: string): readonly CodeProblem[] {
  const program = parsed(source);
  if ('message' in program) return [program];
  const functions = exportedFunctions(program);
  return [
    ...importsOf(program),
    ...(exportsName(program, main) ? [] : [problem('error', program, `there is no exported function ${main}(event)`)]),
    ...functions
      .filter(({ name }) => name !== main && !RULE_FUNCTIONS.some((known) => known === name))
      .map(({ name, node }) =>
        problem(
          'warning',
          node,
          `Panther calls no function ${name}: it calls ${[main, ...RULE_FUNCTIONS.slice(1)].join(', ')}`,
        ),
      ),
  ];
}

/** Those of the functions that are called which the code exports. */
export function functionsOf(source: string): readonly (typeof RULE_FUNCTIONS)[number][] {
  const program = parsed(source);
  if ('message' in program) return [];
  const names = new Set(exportedFunctions(program).map(({ name }) => name));
  return RULE_FUNCTIONS.filter((name) => names.has(name) || (name === 'rule' && exportsName(program, name)));
}

/** 1-based line of an exported function or constant; 1 where it cannot be told. */
export function lineOfExport(source: string, name: string): number {
  const program = parsed(source);
  if ('message' in program) return 1;
  return lineOf(exportedFunctions(program).find((one) => one.name === name)?.node ?? program);
}

function parsed(source: string): Program | CodeProblem {
  let code: string;
  try {
    code = stripTypeScriptTypes(source, { mode: 'strip' });
  } catch (error) {
    return { level: 'error', ...placeOf(error), message: `${nameOf(error)}: ${firstLine(error)}` };
  }
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  } catch (error) {
    const { line, column } = (error as { loc?: { line: number; column: number } }).loc ?? { line: 1, column: 0 };
    return { level: 'error', line, column: column + 1, message: `SyntaxError: ${firstLine(error)}` };
  }
}

/** What Node says of code whose types cannot be removed begins with `:line`, the line, and a mark below its place. */
function placeOf(error: unknown): { readonly line: number; readonly column: number } {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = /^\S*:(\d+)\n/.exec(stack)?.[1];
  const mark = /^[^\n]*\n[^\n]*\n(\s*)\^/.exec(stack)?.[1];
  return { line: Number(line ?? 1), column: (mark?.length ?? 0) + 1 };
}

function nameOf(error: unknown): string {
  return error instanceof Error && error.name !== 'Error' ? error.name : 'SyntaxError';
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').replace(/\s*\(\d+:\d+\)$/, '');
}

/** Rules have no modules. */
function importsOf({ body }: Program): readonly CodeProblem[] {
  return body.flatMap((node) => {
    const from = 'source' in node ? node.source : undefined;
    if (!from || from.value === 'panther') return [];
    return [
      problem('error', node, `cannot import "${String(from.value)}": rules import from "panther" and nothing else`),
    ];
  });
}

interface Named {
  readonly name: string;
  readonly node: Node;
}

function exportedFunctions({ body }: Program): readonly Named[] {
  return body.flatMap((statement): readonly Named[] => {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return [];
    const { declaration } = statement;
    if (declaration.type === 'FunctionDeclaration') return [{ name: declaration.id.name, node: declaration }];
    if (declaration.type !== 'VariableDeclaration') return [];
    return declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' && /Function/.test(init?.type ?? '') ? [{ name: id.name, node: id }] : [],
    );
  });
}

/** In whatever way. */
function exportsName({ body }: Program, name: string): boolean {
  return body.some((statement) => {
    if (statement.type === 'ExportAllDeclaration') return true;
    if (statement.type !== 'ExportNamedDeclaration') return false;
    const { declaration, specifiers } = statement;
    if (declaration?.type === 'FunctionDeclaration') return declaration.id.name === name;
    if (declaration?.type === 'VariableDeclaration')
      return declaration.declarations.some(({ id }) => id.type === 'Identifier' && id.name === name);
    return specifiers.some(({ exported }) => exported.type === 'Identifier' && exported.name === name);
  });
}

function problem(level: CodeProblem['level'], node: Node, message: string): CodeProblem {
  return { level, line: lineOf(node), column: (node.loc?.start.column ?? 0) + 1, message };
}

function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}
