/** Specifications as text: as they were written, where that is known. */
import { parseDocument, stringify } from 'yaml';
import { parseSpecDocuments } from './documents.ts';

type Fields = Readonly<Record<string, unknown>>;

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
  const document = parseDocument(text, { intAsBigInt: true });
  for (const key of changed) {
    if (spec[key] === undefined) document.delete(key);
    else document.set(key, document.createNode(spec[key]));
  }
  const made = document.toString({ lineWidth: 100 });
  const after = fieldsIn(made);
  return after !== undefined && keys.every((key) => isSame(after[key], spec[key])) ? made : undefined;
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
