/** Specifications as text: as they were written, where that is known. */
import { isMap, isScalar, type Node, type Pair, parseDocument, stringify } from 'yaml';
import { parseSpecDocuments } from './documents.ts';

type Fields = Readonly<Record<string, unknown>>;

const FORM = { lineWidth: 100, flowCollectionPadding: false } as const;

/** The specification as it was written, with what is other in `spec` put into it; made anew when that cannot be. */
export function specText(spec: Fields, written: string | null | undefined): string {
  return (written ? withFields(written, spec) : undefined) ?? stringify(spec, { lineWidth: 100 });
}

function withFields(text: string, spec: Fields): string | undefined {
  const before = fieldsIn(text);
  if (before === undefined) return undefined;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(spec)])];
  const changed = keys.filter((key) => !isSame(before[key], spec[key]));
  if (changed.length === 0) return text;
  for (const change of [inPlace, formattedAnew]) {
    const made = change(text, changed, spec);
    const after = made === undefined ? undefined : fieldsIn(made);
    if (after !== undefined && keys.every((key) => isSame(after[key], spec[key]))) return made;
  }
  return undefined;
}

/** Every other character stays. */
function inPlace(text: string, keys: readonly string[], spec: Fields): string | undefined {
  let made = text;
  for (const key of keys) {
    const { contents } = parseDocument(made, { intAsBigInt: true });
    if (!isMap(contents) || contents.flow) return undefined;
    const pair = contents.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
    const written = spec[key] === undefined ? '' : stringify({ [key]: spec[key] }, FORM);
    made = pair === undefined ? `${made.replace(/\n*$/, '\n')}${written}` : withPair(made, pair as Pair<Node>, written);
  }
  return made;
}

function withPair(text: string, { key, value }: Pair<Node>, written: string): string {
  const start = key.range?.[0] ?? 0;
  const end = (value as Node | null)?.range?.[1] ?? key.range?.[1] ?? start;
  if (written === '') {
    const lineEnd = text.indexOf('\n', Math.max(start, end - 1));
    return text.slice(0, start) + (lineEnd < 0 ? '' : text.slice(lineEnd + 1));
  }
  return text.slice(0, start) + (text[end - 1] === '\n' ? written : written.trimEnd()) + text.slice(end);
}

/** Where the text cannot be changed in place: its comments stay, spaces and quotes may not. */
function formattedAnew(text: string, keys: readonly string[], spec: Fields): string {
  const document = parseDocument(text, { intAsBigInt: true });
  for (const key of keys) {
    if (spec[key] === undefined) document.delete(key);
    else document.set(key, document.createNode(spec[key]));
  }
  return document.toString(FORM);
}

function fieldsIn(text: string): Fields | undefined {
  const [document, ...others] = parseSpecDocuments(text);
  const spec = document?.spec;
  const isOne = others.length === 0 && typeof spec === 'object' && spec !== null && !Array.isArray(spec);
  return isOne ? (spec as Fields) : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
