/** JSON paths of data models, read into steps: Python and TypeScript evaluate the same ones. */

export type JsonPathStep =
  /** The fields of these names. */
  | { readonly by: 'fields'; readonly names: readonly string[] }
  | { readonly by: 'index'; readonly indexes: readonly number[] }
  /** Of a list; what is none is taken for a list of one. */
  | { readonly by: 'slice'; readonly from: number | null; readonly to: number | null; readonly step: number | null }
  /** Every value of a map. */
  | { readonly by: 'every' }
  /** The value and everything inside it. */
  | { readonly by: 'inside' }
  | { readonly by: 'filter'; readonly all: readonly JsonPathFilter[] };

export interface JsonPathFilter {
  readonly path: readonly JsonPathStep[];
  /** Null: it is there. */
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | null;
  readonly value: string | number | boolean | null;
}

/** Undefined when it is no path. `a.b` is `$.a.b`. */
export function parseJsonPath(text: string): readonly JsonPathStep[] | undefined {
  const reader = { text: text.trim(), at: 0 };
  if (reader.text.startsWith('$') || reader.text.startsWith('@')) reader.at = 1;
  const steps: JsonPathStep[] = [];
  while (reader.at < reader.text.length) {
    const step = readStep(reader, steps.length === 0 && reader.at === 0);
    if (step === undefined) return undefined;
    steps.push(...step);
  }
  return steps.length > 0 ? steps : undefined;
}

interface Reader {
  readonly text: string;
  at: number;
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found === null) return undefined;
  reader.at = pattern.lastIndex;
  return found;
}

function readStep(reader: Reader, isFirst: boolean): readonly JsonPathStep[] | undefined {
  if (take(reader, /\.\./y) !== undefined) {
    const next = reader.text[reader.at] === '[' ? readBracket(reader) : readName(reader);
    return next === undefined ? undefined : [{ by: 'inside' }, next];
  }
  if (reader.text[reader.at] === '[') {
    const step = readBracket(reader);
    return step && [step];
  }
  if (!isFirst && take(reader, /\./y) === undefined) return undefined;
  // `a.[0]` is `a[0]`.
  const step = reader.text[reader.at] === '[' ? readBracket(reader) : readName(reader);
  return step && [step];
}

function readName(reader: Reader): JsonPathStep | undefined {
  if (take(reader, /\*/y) !== undefined) return { by: 'every' };
  const quoted = take(reader, /'([^']*)'|"([^"]*)"/y);
  if (quoted !== undefined) return { by: 'fields', names: [quoted[1] ?? quoted[2] ?? ''] };
  const plain = take(reader, /[^.[\]'"\s*$]+/y);
  return plain && { by: 'fields', names: plain[0].split(',') };
}

function readBracket(reader: Reader): JsonPathStep | undefined {
  if (take(reader, /\[\s*\*\s*\]/y) !== undefined) return { by: 'slice', from: null, to: null, step: null };
  const filter = take(reader, /\[\s*\?\s*\(?((?:'[^']*'|"[^"]*"|[^\]'"])*?)\)?\s*\]/y);
  if (filter !== undefined) return readFilter(filter[1] ?? '');
  const indexes = take(reader, /\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]/y);
  if (indexes !== undefined) return { by: 'index', indexes: (indexes[1] ?? '').split(',').map(Number) };
  const slice = take(reader, /\[\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+))?\s*\]/y);
  if (slice !== undefined) {
    const [from, to, step] = slice.slice(1).map((one) => (one === undefined ? null : Number(one)));
    return { by: 'slice', from: from ?? null, to: to ?? null, step: step ?? null };
  }
  const names = take(reader, /\[\s*((?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*\]/y);
  if (names === undefined) return undefined;
  const all = [...(names[1] ?? '').matchAll(/'([^']*)'|"([^"]*)"/g)];
  return { by: 'fields', names: all.map(([, single, double]) => single ?? double ?? '') };
}

function readFilter(text: string): JsonPathStep | undefined {
  const all: JsonPathFilter[] = [];
  for (const part of text.split('&')) {
    if (part.trim() === '') continue;
    const found =
      /^\s*@?\.?(.+?)\s*(?:(==?|!=|<=|>=|<|>|=~)\s*('[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false|null))?\s*$/.exec(part);
    const path = found?.[1] === undefined ? undefined : parseJsonPath(found[1]);
    if (path === undefined) return undefined;
    const operator = (found?.[2] === '=' ? '==' : found?.[2]) as JsonPathFilter['operator'] | undefined;
    const raw = found?.[3];
    const value =
      raw === undefined ? null : /^['"]/.test(raw) ? raw.slice(1, -1) : (JSON.parse(raw) as JsonPathFilter['value']);
    all.push({ path, operator: operator ?? null, value });
  }
  return all.length > 0 ? { by: 'filter', all } : undefined;
}
