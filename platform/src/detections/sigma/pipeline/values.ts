/** Transformations of values: texts replaced, placeholders filled in. */
import { ANY, isWild, parsePattern, tidy, writePattern } from '../pattern.ts';
import { compileRegex } from '../regex.ts';
import type { Part, Value } from '../rule.ts';
import type { Transformation } from './schema.ts';

export type Vars = Readonly<Record<string, readonly unknown[]>>;
type ChangeText = (parts: readonly Part[]) => readonly (readonly Part[])[];

/** More texts than this out of one value would cost more than they are worth. */
const MAX_TEXTS = 10_000;

/** Undefined for a transformation that is none of values. @throws Error for a placeholder with too many values. */
export function valueChanger(one: Transformation, vars: Vars): ((value: Value) => Value) | undefined {
  switch (one.type) {
    case 'replace_string': {
      const regex = compileRegex(one.regex, '');
      return onTexts((parts) => [replaceIn(parts, (text) => regex.matcher(text).replaceAll(one.replacement))]);
    }
    case 'map_string':
      return onTexts((parts) => {
        const text = writePattern(parts);
        const mapped = Object.hasOwn(one.mapping, text) ? one.mapping[text] : undefined;
        return mapped === undefined ? [parts] : mapped.map(parsePattern);
      });
    case 'set_value':
      return () => (one.value === null ? { is: 'null' } : { is: 'text', parts: parsePattern(String(one.value)) });
    case 'value_placeholders':
      return onTexts((parts) => fill(parts, (name) => (isNamed(one, name) ? textsOf(vars, name) : undefined)));
    case 'wildcard_placeholders':
      return onTexts((parts) => fill(parts, (name) => (isNamed(one, name) ? [[ANY]] : undefined)));
    default:
      return undefined;
  }
}

function isNamed(
  { include, exclude }: { include?: string[] | undefined; exclude?: string[] | undefined },
  name: string,
) {
  return include?.includes(name) ?? !(exclude?.includes(name) ?? false);
}

function textsOf(vars: Vars, name: string): readonly (readonly Part[])[] | undefined {
  return Object.hasOwn(vars, name) ? vars[name]?.map((value) => parsePattern(String(value))) : undefined;
}

function onTexts(change: ChangeText): (value: Value) => Value {
  return (value) => {
    if (value.is === 'any') return { is: 'any', of: value.of.map(onTexts(change)) };
    if (value.is !== 'text') return value;
    const texts = change(value.parts).map((parts) => ({ ...value, parts: tidy(parts) }));
    return texts.length === 1 ? (texts[0] as Value) : { is: 'any', of: texts };
  };
}

/** Wildcards at the ends stay where they are. */
function replaceIn(parts: readonly Part[], replace: (text: string) => string): readonly Part[] {
  return parts.map((part) => (typeof part === 'string' ? replace(part) : part));
}

function fill(
  parts: readonly Part[],
  valuesOf: (name: string) => readonly (readonly Part[])[] | undefined,
): readonly (readonly Part[])[] {
  let texts: readonly (readonly Part[])[] = [[]];
  for (const part of parts) {
    const values = typeof part === 'string' || isWild(part) ? undefined : valuesOf(part.placeholder);
    const choices = values ?? [[part]];
    if (texts.length * choices.length > MAX_TEXTS)
      throw new Error('the placeholders of one value have too many values');
    texts = texts.flatMap((head) => choices.map((choice) => [...head, ...choice]));
  }
  return texts;
}
