/** Specifications as YAML documents: the dialect of the format, and where in a file a field stands. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
} from 'yaml';

export interface SpecDocument {
  /** The document as plain values; logs of tests whose numbers JavaScript cannot hold are JSON texts. */
  readonly spec: unknown;
  /** As it is written, with its comments. */
  readonly text: string;
  readonly errors: readonly { readonly line: number; readonly message: string }[];
  /** 1-based: of the innermost part of the path that is there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Whole numbers may have `_` in them. */
const INT_WITH_UNDERSCORES: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?[0-9][0-9]*_[0-9_]*$/,
  resolve: (text) => Number(text.replaceAll('_', '')),
};

/**
 * All documents of a file. The format's reader takes only true and false for booleans and leaves times as texts: that is
 * the core schema of YAML 1.2.
 */
export function parseSpecDocuments(text: string): readonly SpecDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) => [INT_WITH_UNDERSCORES, ...tags],
  });
  if (!Array.isArray(parsed)) return [];
  return (parsed as Document[]).map((document) => ({
    spec: document.errors.length > 0 ? undefined : toSpec(document),
    text: parsed.length === 1 ? text : textOf(document, text),
    errors: document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, message })),
    lineOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const range = rangeOf(document, path.slice(0, length));
        if (range !== undefined) return lines.linePos(range).line;
      }
      return lines.linePos(document.contents?.range?.[0] ?? 0).line;
    },
  }));
}

/** Of one of several documents. */
function textOf({ range }: Document, text: string): string {
  const [start, , end] = range ?? [0, 0, text.length];
  return `${text
    .slice(start, end)
    .replace(/^---[ \t]*\n/, '')
    .trimEnd()}\n`;
}

/** Of a key where the last part is one, so that a long value is found by its beginning. */
function rangeOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 1 ? document.contents : (document.getIn(path.slice(0, -1), true) as Node | undefined);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((one) => isPair(one) && isScalar(one.key) && String(one.key.value) === String(last));
    const key = pair?.key;
    if (isScalar(key) && key.range) return key.range[0];
  }
  const node = document.getIn(path, true) as Node | undefined;
  return node?.range?.[0];
}

function toSpec(document: Document): unknown {
  const spec: unknown = document.toJS();
  const tests = isMap(document.contents) ? document.contents.get('Tests', true) : undefined;
  if (!isSeq(tests)) return spec;
  for (const [index, test] of tests.items.entries()) {
    if (!isMap(test)) continue;
    for (const key of ['Log', 'Resource']) {
      const log = test.get(key, true) as Node | undefined;
      if (!isMap(log) || !hasOddNumbers(log, document)) continue;
      const target = (spec as { Tests: Record<string, unknown>[] }).Tests[index];
      if (target !== undefined) target[key] = toJson(log, document);
    }
  }
  return spec;
}

/** Numbers that JavaScript writes differently: `1.0`, and whole numbers beyond 2^53. */
function hasOddNumbers(node: unknown, document: Document): boolean {
  const inner = resolved(node, document);
  if (isScalar(inner))
    return typeof inner.value === 'number' && numberJson(inner.source, inner.value) !== String(inner.value);
  if (isMap(inner)) return inner.items.some(({ value }) => hasOddNumbers(value, document));
  return isSeq(inner) && inner.items.some((one) => hasOddNumbers(one, document));
}

function toJson(node: unknown, document: Document): string {
  const inner = resolved(node, document);
  if (isMap(inner)) {
    const parts = inner.items.map(
      ({ key, value }) => `${JSON.stringify(String(keyOf(key)))}:${toJson(value, document)}`,
    );
    return `{${parts.join(',')}}`;
  }
  if (isSeq(inner)) return `[${inner.items.map((one) => toJson(one, document)).join(',')}]`;
  if (!isScalar(inner)) return 'null';
  if (typeof inner.value === 'number') return numberJson(inner.source, inner.value);
  return JSON.stringify(inner.value) ?? 'null';
}

function keyOf(key: unknown): unknown {
  return isScalar(key) ? key.value : key;
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? (node as Alias).resolve(document) : node;
}

function numberJson(source: string | undefined, value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = (source ?? '').replaceAll('_', '');
  const isInteger = /^[-+]?\d+$/.test(text);
  if (isInteger) return Number.isSafeInteger(value) ? String(value) : String(BigInt(text.replace('+', '')));
  const isIntegralFloat = /[.eE]/.test(text) && !text.startsWith('0x') && Number.isInteger(value);
  return isIntegralFloat && !String(value).includes('e') ? `${value}.0` : String(value);
}
