/** Parts of a field's text: `request#2#path` is the path in the second word of the field `request`. */

export interface Place {
  readonly path: string;
  /** The part; the value itself when nothing is to be cut. Undefined when the text has no such part. */
  readonly cut: ((value: unknown) => unknown) | undefined;
}

type Cut = (text: string) => string | undefined;

const NAMED: Readonly<Record<string, Cut>> = {
  path: (uri) => uri.split('?', 1)[0],
  query: (uri) => (uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : undefined),
};

/** What follows `#` is a number of a word, `path` or `query`. */
export function toPlace(text: string): Place {
  const [path = '', ...names] = text.split(/#(?=\d+(?:#|$)|path(?:#|$)|query(?:#|$))/);
  if (names.length === 0) return { path: text, cut: undefined };
  const cuts = names.map((name) => NAMED[name] ?? word(Number(name)));
  return { path, cut: (value) => cutValue(value, cuts) };
}

function word(number: number): Cut {
  return (text) => text.split(' ', number)[number - 1];
}

function cutValue(value: unknown, cuts: readonly Cut[]): unknown {
  if (Array.isArray(value)) return value.map((one) => cutValue(one, cuts));
  if (typeof value !== 'string') return undefined;
  return cuts.reduce<string | undefined>((text, cut) => (text === undefined ? undefined : cut(text)), value);
}
