/** Completes the keys and values of specifications and Sigma rules. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { fieldCompletion } from './code-completion.ts';
import { dottedFields, type EventField } from './event-fields.ts';
import { SIGMA_KEYS, SIGMA_MODIFIERS, SIGMA_VALUES, SPEC_KEYS, SPEC_VALUES } from './yaml-words.ts';

interface YamlCompletionOptions {
  readonly fieldsOf: () => readonly EventField[];
  readonly logTypesOf: () => readonly string[];
}

export function specificationCompletion({ fieldsOf, logTypesOf }: YamlCompletionOptions): CompletionSource {
  return (context) => {
    const place = placeOf(context);
    if (place.value !== undefined) {
      const { key, typed } = place.value;
      if (key === 'LogTypes' || key === 'LogType') return values(context, typed, logTypesOf());
      return values(context, typed, SPEC_VALUES[key] ?? []);
    }
    if (isIn(place.parents, ['Log', 'Resource'])) return fields(context, place.typed, fieldsOf());
    const known = SPEC_KEYS[place.parents[0] ?? ''] ?? [];
    return keys(context, place.typed, known);
  };
}

export function sigmaCompletion({ fieldsOf }: YamlCompletionOptions): CompletionSource {
  return (context) => {
    const place = placeOf(context);
    if (place.value !== undefined) return values(context, place.value.typed, SIGMA_VALUES[place.value.key] ?? []);
    const modifier = /\|(\w*)$/.exec(place.typed);
    if (modifier !== null) return values(context, modifier[1] ?? '', SIGMA_MODIFIERS);
    const isSelection = place.parents.at(-1) === 'detection' && place.parents.length > 1;
    if (isSelection) return fields(context, place.typed, fieldsOf());
    return keys(context, place.typed, SIGMA_KEYS[place.parents[0] ?? ''] ?? []);
  };
}

interface Place {
  /** The key that is being typed. */
  readonly typed: string;
  /** Set: it is a value, of this key. */
  readonly value: { readonly key: string; readonly typed: string } | undefined;
  /** The keys around it, innermost first. */
  readonly parents: readonly string[];
}

function placeOf({ state, pos }: CompletionContext): Place {
  const line = state.doc.lineAt(pos);
  const text = line.text.slice(0, pos - line.from);
  const lines = state.doc.sliceString(0, line.from).split('\n').slice(0, -1);
  return yamlPlace(lines, text);
}

/** Where the end of `text` is in a YAML document whose earlier lines are given. */
export function yamlPlace(lines: readonly string[], text: string): Place {
  const parents = parentsOf(lines, indentOf(text), /^\s*-/.test(text));
  const pair = /^\s*(?:-\s+)?([\w.|]+):\s+(.*)$/.exec(text);
  if (pair !== null) return { typed: '', value: { key: pair[1] ?? '', typed: lastWord(pair[2] ?? '') }, parents };
  const item = /^\s*-\s+(.*)$/.exec(text);
  const list = parents[0];
  if (item !== null && list !== undefined && LISTS.has(list)) {
    return { typed: '', value: { key: list, typed: lastWord(item[1] ?? '') }, parents };
  }
  return { typed: /([\w.|]*)$/.exec(text)?.[1] ?? '', value: undefined, parents };
}

const LISTS = new Set([
  'LogTypes',
  'Tags',
  'OutputIds',
  'SummaryAttributes',
  'ScheduledQueries',
  'tags',
  'falsepositives',
]);

function parentsOf(lines: readonly string[], indent: number, isItem: boolean): string[] {
  const parents: string[] = [];
  let least = isItem ? indent + 1 : indent;
  for (const line of lines.toReversed()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const own = indentOf(line);
    const key = /^\s*((?:-\s+)*)([\w.|]+):\s*(?:#.*)?$/.exec(line);
    // The keys beside the one behind a dash are inside of the list that the dash belongs to.
    const outer = /^\s*-\s/.test(line) ? own + 2 : own;
    if (key?.[2] !== undefined && outer < least) {
      parents.push(key[2]);
      least = own;
    } else if (outer < least) least = outer;
    if (least === 0) break;
  }
  return parents;
}

function indentOf(text: string): number {
  return /^\s*/.exec(text)?.[0].length ?? 0;
}

function lastWord(text: string): string {
  return /[\w.-]*$/.exec(text)?.[0] ?? '';
}

function isIn(parents: readonly string[], names: readonly string[]): boolean {
  return parents.some((parent) => names.includes(parent));
}

function keys(context: CompletionContext, typed: string, options: readonly Completion[]): CompletionResult | null {
  if (typed === '' && !context.explicit) return null;
  const withColon = options.map((option) => ({ apply: `${option.label}: `, type: 'property', ...option }));
  return { from: context.pos - typed.length, options: withColon, validFor: /^\w*$/ };
}

function values(context: CompletionContext, typed: string, options: readonly string[]): CompletionResult | null {
  if (options.length === 0) return null;
  return {
    from: context.pos - typed.length,
    options: options.map((label) => ({ label, type: 'enum' })),
    validFor: /^[\w.-]*$/,
  };
}

function fields(context: CompletionContext, typed: string, all: readonly EventField[]): CompletionResult | null {
  const options = dottedFields(all).map(({ path, field }) => ({
    ...fieldCompletion(field, `${path}: `),
    label: path,
  }));
  return options.length === 0 ? null : { from: context.pos - typed.length, options, validFor: /^[\w.]*$/ };
}
