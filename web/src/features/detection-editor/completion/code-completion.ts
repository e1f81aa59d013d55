/** Completes the fields of the event, its methods and the helper functions in Python and TypeScript. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { type EventField, fieldsAt, typescriptType } from './event-fields.ts';
import {
  PYTHON_FUNCTIONS,
  PYTHON_HELPERS,
  PYTHON_METHODS,
  TYPESCRIPT_EXPORTS,
  TYPESCRIPT_FUNCTIONS,
  TYPESCRIPT_HELPERS,
} from './words.ts';

const MOST_INFO = 300;

export function fieldCompletion(field: EventField, apply?: string): Completion {
  return {
    label: field.name,
    detail: field.type.length > 24 ? `${field.type.slice(0, 22)}…` : field.type,
    type: 'property',
    boost: field.name.startsWith('p_') ? 10 : 20,
    ...(field.description === '' ? {} : { info: field.description.slice(0, MOST_INFO) }),
    ...(apply === undefined ? {} : { apply }),
  };
}

/** `event.get("…`, `event["…`, `deep_get(event, "a", "…`, `event.deep_get("a", "…`: keys as strings. */
export function keyPath(before: string): { readonly path: readonly string[]; readonly typed: string } | undefined {
  const open = /["']([\w.-]*)$/.exec(before);
  if (open === null) return undefined;
  const head = before.slice(0, open.index);
  const call = /(?:deep_get|deepGet|deep_walk)\(\s*event\s*,\s*((?:["'][\w.-]+["']\s*,\s*)*)$/.exec(head);
  const method = /\bevent\.(?:deep_get|deep_walk)\(\s*((?:["'][\w.-]+["']\s*,\s*)*)$/.exec(head);
  const keys = (call ?? method)?.[1];
  if (keys !== undefined)
    return { path: [...keys.matchAll(/["']([\w.-]+)["']/g)].map(([, key]) => key ?? ''), typed: open[1] ?? '' };
  const get = /\bevent((?:\.get\(\s*["'][\w.-]+["'][^)]*\)|\[\s*["'][\w.-]+["']\s*\])*)(?:\.get\(|\[)\s*$/.exec(head);
  if (get === null) return undefined;
  return { path: [...(get[1] ?? '').matchAll(/["']([\w.-]+)["']/g)].map(([, key]) => key ?? ''), typed: open[1] ?? '' };
}

/** `event.actor?.alternateId`: members. `names`: what the event is called. */
export function memberPath(
  before: string,
  names: readonly string[] = ['event'],
): { readonly path: readonly string[]; readonly typed: string } | undefined {
  const found = new RegExp(
    `(?<![\\w.$])(?:${names.join('|')})((?:\\??\\.\\w+|\\??\\.?\\[\\d+\\])*)\\??\\.(\\w*)$`,
  ).exec(before);
  if (found === null) return undefined;
  return {
    path: [...(found[1] ?? '').matchAll(/\.([A-Za-z_]\w*)/g)].map(([, key]) => key ?? ''),
    typed: found[2] ?? '',
  };
}

/** What the code calls the event: `event`, and parameters that are declared as one (`e: Event`, `e: Event<'A.B'>`). */
export function eventNames(code: string): readonly string[] {
  const types = ['Event', ...[...code.matchAll(/\btype\s+(\w+)\s*=\s*\w*Event\w*\s*</g)].map(([, name]) => name ?? '')];
  const parameters = code.matchAll(new RegExp(`[(,]\\s*(\\w+)\\s*:\\s*(?:${types.join('|')})\\b`, 'g'));
  return [...new Set(['event', ...[...parameters].map(([, name]) => name ?? '')])];
}

type FieldsOf = () => readonly EventField[];

export function pythonCompletion(fieldsOf: FieldsOf): CompletionSource {
  return (context) =>
    keyResult(context, fieldsOf()) ??
    methodResult(context) ??
    wordResult(context, [...PYTHON_FUNCTIONS, ...PYTHON_HELPERS]);
}

/** Fields with the types that `panther types` writes. */
export function typescriptCompletion(fieldsOf: FieldsOf, logTypesOf: () => readonly string[]): CompletionSource {
  return (context) =>
    logTypeResult(context, logTypesOf()) ??
    importResult(context) ??
    keyResult(context, fieldsOf()) ??
    memberResult(context, fieldsOf()) ??
    wordResult(context, [...TYPESCRIPT_FUNCTIONS, ...TYPESCRIPT_HELPERS]);
}

function lineBefore(context: CompletionContext): string {
  const line = context.state.doc.lineAt(context.pos);
  return line.text.slice(0, context.pos - line.from);
}

function keyResult(context: CompletionContext, fields: readonly EventField[]): CompletionResult | null {
  const found = keyPath(lineBefore(context));
  if (found === undefined) return null;
  const options = fieldsAt(fields, found.path).map((field) => fieldCompletion(field));
  return options.length === 0 ? null : { from: context.pos - found.typed.length, options, validFor: /^[\w.-]*$/ };
}

function memberResult(context: CompletionContext, fields: readonly EventField[]): CompletionResult | null {
  const found = memberPath(lineBefore(context), eventNames(context.state.doc.toString()));
  if (found === undefined) return null;
  const options = fieldsAt(fields, found.path)
    .filter(({ name }) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map((field) => ({ ...fieldCompletion(field), detail: typescriptType(field) }));
  return options.length === 0 ? null : { from: context.pos - found.typed.length, options, validFor: /^\w*$/ };
}

/** `Event<'AWS.…`, also behind a `|`. */
function logTypeResult(context: CompletionContext, logTypes: readonly string[]): CompletionResult | null {
  const typed = /\bEvent\w*<[^>]*["']([\w.]*)$/.exec(lineBefore(context))?.[1];
  if (typed === undefined) return null;
  const options = logTypes.map((label) => ({ label, type: 'enum' }));
  return { from: context.pos - typed.length, options, validFor: /^[\w.]*$/ };
}

/** `import { … } from 'panther'`. */
function importResult(context: CompletionContext): CompletionResult | null {
  const typed = /^\s*import\s+(?:type\s+)?\{[^}]*?(\w*)$/.exec(lineBefore(context))?.[1];
  if (typed === undefined) return null;
  return { from: context.pos - typed.length, options: TYPESCRIPT_EXPORTS, validFor: /^\w*$/ };
}

function methodResult(context: CompletionContext): CompletionResult | null {
  const typed = /\bevent\.(\w*)$/.exec(lineBefore(context))?.[1];
  if (typed === undefined) return null;
  return { from: context.pos - typed.length, options: PYTHON_METHODS, validFor: /^\w*$/ };
}

function wordResult(context: CompletionContext, options: readonly Completion[]): CompletionResult | null {
  const word = context.matchBefore(/[A-Za-z_]\w*/);
  if (word === null && !context.explicit) return null;
  const before = lineBefore(context).slice(0, -(word?.text.length ?? 0) || undefined);
  if (/[.\w"']$/.test(before) || before.includes('#') || before.includes('//')) return null;
  return { from: word?.from ?? context.pos, options: [...options], validFor: /^\w*$/ };
}
