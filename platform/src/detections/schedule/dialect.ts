/**
 * Names of the warehouse that public queries are written for, as the lake's engine has them: three-part table names,
 * paths into objects (`a:b.c`), functions.
 */
import type { Token } from './tokens.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  iff: 'if',
  array_size: 'len',
  array_construct: 'list_value',
  arrays_overlap: 'list_has_any',
  array_intersection: 'list_intersect',
  array_compact: 'list_distinct',
  regexp_substr: 'regexp_extract',
  parse_json: 'json',
  object_agg: 'json_group_object',
};
const TYPES: Readonly<Record<string, string>> = { string: 'VARCHAR', variant: 'JSON', number: 'DOUBLE', array: 'JSON' };

export function renameFunctions(given: readonly Token[]): readonly Token[] {
  return pathsOfObjects(withoutPublic(given)).map((token, index, all) => {
    if (token.kind !== 'word') return token;
    const name = token.text.toLowerCase();
    if (all[index - 1]?.text === '::' && Object.hasOwn(TYPES, name)) return { ...token, text: TYPES[name] as string };
    const isCall = all[index + 1]?.text === '(';
    return isCall && Object.hasOwn(SIMPLE, name) ? { ...token, text: SIMPLE[name] as string } : token;
  });
}

/** `panther_logs.public.aws_cloudtrail` has a schema too many. */
function withoutPublic(given: readonly Token[]): readonly Token[] {
  const out: Token[] = [];
  for (let index = 0; index < given.length; index += 1) {
    const [first, dot, second, dot2] = given.slice(index, index + 4);
    out.push(given[index] as Token);
    const isPublic = dot?.text === '.' && dot2?.text === '.' && second?.text.toLowerCase() === 'public';
    if (isPublic && /^panther_/i.test(first?.text ?? '')) index += 2;
  }
  return out;
}

/**
 * `a:b.c`, `a:b['c']`: a value inside an object, as text. Whether the column is an object or JSON text is the engine's
 * to see.
 */
function pathsOfObjects(given: readonly Token[]): readonly Token[] {
  const out: Token[] = [];
  for (let index = 0; index < given.length; index += 1) {
    const token = given[index] as Token;
    const next = given[index + 2];
    const isStart = given[index + 1]?.text === ':' && (next?.kind === 'word' || next?.kind === 'name');
    if (!isStart || (token.kind !== 'word' && token.kind !== 'name')) {
      out.push(token);
      continue;
    }
    const { steps, end } = readPath(given, index + 2);
    const column = [...columnBefore(out), token.text].join('');
    const path = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `."${step}"`)).join('');
    const json = `CASE WHEN typeof(${column}) = 'VARCHAR' THEN ${column}::VARCHAR ELSE to_json(${column})::VARCHAR END`;
    out.push({ kind: 'other', text: `json_extract_string(${json}, '$${path.replaceAll("'", "''")}')` });
    index = end;
  }
  return out;
}

/** Takes `alias.` off the end of what was given out. */
function columnBefore(out: Token[]): readonly string[] {
  if (out.at(-1)?.text !== '.') return [];
  const taken = out.splice(-2);
  return taken.map(({ text }) => text);
}

function readPath(given: readonly Token[], start: number): { steps: readonly (string | number)[]; end: number } {
  const steps: (string | number)[] = [plain(given[start] as Token)];
  let end = start;
  for (;;) {
    const [mark, key, close] = given.slice(end + 1, end + 4);
    if ((mark?.text === '.' || mark?.text === ':') && (key?.kind === 'word' || key?.kind === 'name')) {
      steps.push(plain(key));
      end += 2;
    } else if (mark?.text === '[' && key !== undefined && close?.text === ']') {
      steps.push(key.kind === 'text' ? plain(key) : Number(key.text));
      end += 3;
    } else return { steps, end };
  }
}

function plain({ kind, text }: Token): string {
  return kind === 'word' ? text : text.slice(1, -1).replaceAll('""', '"');
}
