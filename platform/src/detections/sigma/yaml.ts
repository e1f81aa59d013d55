/** YAML files of one or more documents, with the lines of what is in them. */
import { type Document, isMap, LineCounter, parseAllDocuments } from 'yaml';
import { SigmaError } from './rule.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface YamlDocument {
  readonly data: Fields;
  /** Its own text. */
  readonly text: string;
  /** 1-based, of the deepest part of the path that exists. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** @throws SigmaError when the text is not YAML. */
export function readYaml(text: string): readonly YamlDocument[] {
  const lines = new LineCounter();
  // Integers keep their digits. Only true and false are booleans, times stay texts: YAML 1.2.
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, intAsBigInt: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document: Document) => {
    const [mistake] = document.errors;
    if (mistake !== undefined) {
      throw new SigmaError(`not valid YAML: ${mistake.message.slice(0, 200)}`, lines.linePos(mistake.pos[0]).line);
    }
    if (!isMap(document.contents)) return [];
    const [from, , to] = document.range ?? [0, 0, text.length];
    return [{ data: toFields(document), text: text.slice(from, to), lineOf }];

    function lineOf(path: readonly PropertyKey[]): number {
      for (let length = path.length; length >= 0; length -= 1) {
        const place = placeOf(document, path.slice(0, length));
        if (place !== undefined) return lines.linePos(place).line;
      }
      return 1;
    }
  });
}

function toFields(document: Document): Fields {
  try {
    return document.toJS({ maxAliasCount: 100 }) as Fields;
  } catch (error) {
    throw new SigmaError(`not valid YAML: ${(error as Error).message}`, 1);
  }
}

/** Of the key, where it has one, so that the line is the one people look for. */
function placeOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => String((key as { value?: unknown }).value) === String(path.at(-1)))
    : undefined;
  const node = (pair?.key ?? document.getIn(path, true)) as { range?: [number, number, number] } | undefined;
  return node?.range?.[0];
}

/**
 * Documents as they count: `action: global` is part of every document after it, `action: repeat` is the one before with
 * changes, `action: reset` forgets both.
 */
export function applyActions(documents: readonly YamlDocument[]): readonly YamlDocument[] {
  let shared: Fields = {};
  let before: Fields = {};
  const result: YamlDocument[] = [];
  for (const document of documents) {
    const { action, ...data } = document.data;
    if (action === 'global') shared = merge(shared, data);
    else if (action === 'reset') {
      shared = {};
      before = {};
    } else {
      const whole = action === 'repeat' ? merge(before, data) : merge(shared, data);
      before = whole;
      result.push({ ...document, data: whole });
    }
  }
  return result;
}

function merge(base: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isFields(old) && isFields(value) ? merge(old, value) : value;
  }
  return merged;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
