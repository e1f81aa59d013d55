/**
 * SQL of the warehouse that public queries are written for, as SQL of the lake's engine. What it leaves alone is the
 * engine's to run or to refuse.
 */
import { argumentsAt, joinTokens, skipSpace, type Token, tokens } from '../tokens.ts';
import { flattened, GENERATED_ROW, generated } from './flatten.ts';
import { FUNCTIONS, FUNCTIONS_OF_OTHER_MEANING, GIVE_LISTS } from './functions.ts';
import { pathAfter, valueAt } from './paths.ts';

const TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  number: 'DOUBLE',
  array: 'JSON',
  object: 'JSON',
  timestamp_ntz: 'TIMESTAMP',
  timestamp_ltz: 'TIMESTAMP',
  timestamp_tz: 'TIMESTAMP',
};

export function toEngineSql(sql: string): string {
  const given = withoutPublic(tokens(sql));
  const isOfWarehouse =
    given.length < tokens(sql).length || given.some((_, index) => pathAfter(given, index, false) !== undefined);
  return joinTokens(rewrite(given, isOfWarehouse));
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

function rewrite(given: readonly Token[], isOfWarehouse: boolean): readonly Token[] {
  const out: Token[] = [];
  let index = 0;
  while (index < given.length) {
    const step =
      cast(given, index) ??
      likeAny(given, index) ??
      call(given, index, isOfWarehouse) ??
      word(given, index, isOfWarehouse);
    let { text, end } = step;
    const path = canHavePath(given[end], end > index) ? pathAfter(given, end, isOfWarehouse) : undefined;
    if (path !== undefined) {
      text = valueAt([...columnBefore(out), text].join(''), path, out, given);
      end = path.end;
    }
    if (text !== '') out.push({ kind: step.kind, text });
    index = end + 1;
  }
  return out;
}

interface Rewritten {
  readonly kind: Token['kind'];
  readonly text: string;
  /** The place of the last token that it stands for. */
  readonly end: number;
}

function canHavePath(token: Token | undefined, isCall: boolean): boolean {
  return token?.kind === 'word' || token?.kind === 'name' || (isCall && token?.text === ')');
}

/** Takes `alias.` off the end of what was given out. */
function columnBefore(out: Token[]): readonly string[] {
  if (out.at(-1)?.text !== '.') return [];
  return out.splice(-2).map(({ text }) => text);
}

/** `::string`; `::variant` says nothing, because values are texts already. */
function cast(given: readonly Token[], index: number): Rewritten | undefined {
  if (given[index]?.text !== '::') return undefined;
  const end = skipSpace(given, index + 1);
  const name = given[end]?.text.toLowerCase() ?? '';
  if (name === 'variant') return { kind: 'other', text: '', end };
  return Object.hasOwn(TYPES, name) ? { kind: 'other', text: `::${TYPES[name]}`, end } : undefined;
}

/** `LIKE ANY ('a%', 'b%')`, of texts: one pattern for all of them. */
function likeAny(given: readonly Token[], index: number): Rewritten | undefined {
  const like = given[index]?.text.toLowerCase();
  const any = skipSpace(given, index + 1);
  if ((like !== 'like' && like !== 'ilike') || given[any]?.text.toLowerCase() !== 'any') return undefined;
  const list = argumentsAt(given, any + 1);
  const patterns = list?.args.map((arg) => joinTokens(arg).trim());
  if (list === undefined || patterns?.every((one) => /^'[\s\S]*'$/.test(one)) !== true) return undefined;
  const pattern = patterns.map((one) => toRegex(one.slice(1, -1))).join('|');
  return { kind: 'other', text: `SIMILAR TO '(?s${like === 'ilike' ? 'i' : ''})${pattern}'`, end: list.end };
}

function toRegex(like: string): string {
  const escaped = like.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return `(?:${escaped.replaceAll('%', '.*').replaceAll('_', '.')})`;
}

function call(given: readonly Token[], index: number, isOfWarehouse: boolean): Rewritten | undefined {
  const token = given[index] as Token;
  const found = token.kind === 'word' ? argumentsAt(given, index + 1) : undefined;
  if (found === undefined || given[index - 1]?.text === '.') return undefined;
  const name = token.text.toLowerCase();
  const args = () => found.args.map((arg) => joinTokens(rewrite(trimmed(arg), isOfWarehouse)));
  const { end } = found;
  if (name === 'seq4' || name === 'seq8') return { kind: 'word', text: GENERATED_ROW, end };
  if (name === 'flatten') return { kind: 'other', text: flattened(args()), end };
  if (name === 'generator') return { kind: 'other', text: generated(args()), end };
  // A table function stands for its own table.
  if (name === 'table') return { kind: 'other', text: args().join(', '), end };
  const rewriteCall = functionOf(name, isOfWarehouse);
  const text = rewriteCall?.(args());
  const place = isOfWarehouse && GIVE_LISTS.has(name) ? elementAfter(given, end) : undefined;
  if (place === undefined) return text === undefined ? undefined : { kind: 'other', text, end };
  return { kind: 'other', text: `(${text ?? `${token.text}(${args().join(', ')})`})[${place + 1}]`, end: end + 3 };
}

function functionOf(name: string, isOfWarehouse: boolean) {
  if (Object.hasOwn(FUNCTIONS, name)) return FUNCTIONS[name];
  return isOfWarehouse && Object.hasOwn(FUNCTIONS_OF_OTHER_MEANING, name)
    ? FUNCTIONS_OF_OTHER_MEANING[name]
    : undefined;
}

/** `[0]` behind a call: there the first place is 0. */
function elementAfter(given: readonly Token[], end: number): number | undefined {
  const [open, place, close] = given.slice(end + 1, end + 4);
  return open?.text === '[' && close?.text === ']' && place?.kind === 'number' ? Number(place.text) : undefined;
}

function word(given: readonly Token[], index: number, isOfWarehouse: boolean): Rewritten {
  const { kind, text } = given[index] as Token;
  const name = text.toLowerCase();
  if (kind !== 'word' || given[index - 1]?.text === '.') return { kind, text, end: index };
  if (name === 'rlike') return { kind, text: 'SIMILAR TO', end: index };
  if (name === 'minus' && isOfWarehouse) return { kind, text: 'EXCEPT', end: index };
  // `LATERAL FLATTEN(…)` brings the word along.
  const next = given[skipSpace(given, index + 1)]?.text.toLowerCase();
  if (name === 'lateral' && next === 'flatten') return { kind, text: '', end: index };
  return { kind, text, end: index };
}

function trimmed(given: readonly Token[]): readonly Token[] {
  return tokens(joinTokens(given).trim());
}
