/**
 * Templates of queries: macros, imported from other queries, with texts as their arguments. The part of Jinja that
 * public queries use; nothing in it runs code.
 *
 *     {% import 'anomalies' new_values %}
 *     {% set days = 14 %}
 *     with logs as (select * from … where p_occurs_since('{{ days }} days')), {{ new_values('logs', 'userName') }}
 */
import { UserError } from '../../core/errors.ts';

/** The text of a query by its name. */
export type FindQuery = (name: string) => string | undefined;

interface Macro {
  readonly parameters: readonly string[];
  readonly body: string;
  /** What its body can see. */
  readonly scope: Scope;
}

type Scope = Map<string, string | Macro>;

const PRAGMA = /^[ \t]*--[ \t]*pragma:[ \t]*template[^\n]*\n?/im;
const TAG = /\{#[\s\S]*?#\}|\{%-?\s*([\s\S]*?)\s*-?%\}|\{\{-?\s*([\s\S]*?)\s*-?\}\}/g;
const MACRO = /^macro\s+(\w+)\s*\(([^)]*)\)(?:\s+export)?$/;
const IMPORT = /^import\s+(?:'([^']+)'|"([^"]+)")\s+([\w\s,]+)$/;
const SET = /^set\s+(\w+)\s*=\s*([\s\S]+)$/;
const MAX_DEPTH = 20;
/** Of what comes out of it: more than a query may have. */
const MAX_CHARACTERS = 200_000;

export function isTemplate(text: string): boolean {
  return PRAGMA.test(text) || /\{[{%]/.test(text);
}

/** @throws UserError for what it does not know, a query or a macro that is not there, or macros that call each other. */
export function expandTemplate(text: string, find: FindQuery): string {
  return render(text, new Map(), find, 0);
}

function render(template: string, scope: Scope, find: FindQuery, depth: number): string {
  if (depth > MAX_DEPTH) throw new UserError('the macros of the template call each other without end');
  const text = template.replace(PRAGMA, '');
  let out = '';
  let from = 0;
  for (const tag of matches(text)) {
    out += text.slice(from, tag.start);
    from = tag.end;
    if (tag.expression !== undefined) out += evaluate(tag.expression, scope, find, depth);
    else if (tag.statement !== undefined) from = define(tag, text, scope, find, depth);
    if (out.length > MAX_CHARACTERS) throw new UserError(`the template makes more than ${MAX_CHARACTERS} characters`);
  }
  return out + text.slice(from);
}

interface Tag {
  readonly start: number;
  readonly end: number;
  readonly statement: string | undefined;
  readonly expression: string | undefined;
}

/** Those inside the body of a macro are its own. */
function* matches(text: string): Generator<Tag> {
  let behind = 0;
  for (const match of text.matchAll(TAG)) {
    if (match.index < behind) continue;
    const [whole, statement, expression] = match;
    const tag = { start: match.index, end: match.index + whole.length, statement, expression };
    if (statement?.startsWith('macro')) behind = endOfMacro(text, tag.end).after;
    yield tag;
  }
}

/** Returns where the text goes on. */
function define({ statement = '', end }: Tag, text: string, scope: Scope, find: FindQuery, depth: number): number {
  const [, name, parameters] = MACRO.exec(statement) ?? [];
  if (name !== undefined) {
    const { before, after } = endOfMacro(text, end);
    scope.set(name, { parameters: names(parameters ?? ''), body: text.slice(end, before), scope });
    return after;
  }
  const [, variable, value] = SET.exec(statement) ?? [];
  const imported = IMPORT.exec(statement);
  if (variable !== undefined) scope.set(variable, evaluate(value ?? '', scope, find, depth));
  else if (imported !== null)
    importMacros(imported[1] ?? imported[2] ?? '', names(imported[3] ?? ''), scope, find, depth);
  else throw new UserError(`the template has {% ${statement} %}: macro, import and set are known`);
  return end;
}

function endOfMacro(text: string, from: number): { readonly before: number; readonly after: number } {
  const found = /\{%-?\s*endmacro\s*-?%\}/.exec(text.slice(from));
  if (found === null) throw new UserError('a macro of the template has no {% endmacro %}');
  return { before: from + found.index, after: from + found.index + found[0].length };
}

function importMacros(query: string, wanted: readonly string[], scope: Scope, find: FindQuery, depth: number): void {
  const text = find(query);
  if (text === undefined) throw new UserError(`the template imports "${query}", and there is no query of that name`);
  const inner: Scope = new Map();
  render(text, inner, find, depth + 1);
  for (const name of wanted) {
    const macro = inner.get(name);
    if (macro === undefined) throw new UserError(`"${query}" has no macro ${name}`);
    scope.set(name, macro);
  }
}

const ARGUMENT = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|(\w+)/y;

/** A text, a number, a variable, or a macro with such arguments. */
function evaluate(expression: string, scope: Scope, find: FindQuery, depth: number): string {
  const call = /^(\w+)\s*\(([\s\S]*)\)$/.exec(expression.trim());
  if (call === null) return literal(expression.trim(), scope);
  const [, name = '', given = ''] = call;
  const macro = scope.get(name);
  if (macro === undefined || typeof macro === 'string') throw new UserError(`the template has no macro ${name}`);
  const args = argumentsOf(given, scope);
  if (args.length !== macro.parameters.length)
    throw new UserError(`the macro ${name} takes ${macro.parameters.length} arguments, not ${args.length}`);
  const inner: Scope = new Map(macro.scope);
  for (const [index, parameter] of macro.parameters.entries()) inner.set(parameter, args[index] as string);
  return render(macro.body, inner, find, depth + 1);
}

function argumentsOf(given: string, scope: Scope): readonly string[] {
  const args: string[] = [];
  let rest = given.trim();
  while (rest !== '') {
    ARGUMENT.lastIndex = 0;
    const [whole] = ARGUMENT.exec(rest) ?? [];
    const after = whole === undefined ? rest : rest.slice(whole.length).trimStart();
    if (whole === undefined || (after !== '' && !after.startsWith(',')))
      throw new UserError(`the template calls a macro with "${rest.trim()}": texts, numbers and names are known`);
    args.push(literal(whole, scope));
    rest = after.slice(1).trimStart();
  }
  return args;
}

function literal(text: string, scope: Scope): string {
  ARGUMENT.lastIndex = 0;
  const [whole, single, double, number, name] = ARGUMENT.exec(text) ?? [];
  if (whole !== text) throw new UserError(`the template has {{ ${text} }}: texts, numbers, names and macros are known`);
  if (name === undefined) return (single ?? double)?.replaceAll(/\\(.)/g, '$1') ?? (number as string);
  const value = scope.get(name);
  if (typeof value !== 'string') throw new UserError(`the template has no value for ${name}`);
  return value;
}

function names(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
