/**
 * Paths into objects, `a:b.c` and `a['b'][0]`: the value there, as text. Whether the column is an object or its JSON is
 * the engine's to see. Where a number is wanted it is one: the warehouse's values know of themselves what they are.
 */
import { skipSpace, type Token } from '../tokens.ts';
import { jsonTextOf } from './functions.ts';

type Step = string | number;

export interface Path {
  readonly steps: readonly Step[];
  /** The place of its last token. */
  readonly end: number;
}

/** Of the path that begins behind the token at `at`, if one does. */
export function pathAfter(given: readonly Token[], at: number, mayBeBracket: boolean): Path | undefined {
  const [mark, key] = given.slice(at + 1, at + 3);
  const isColon = mark?.text === ':' && (key?.kind === 'word' || key?.kind === 'name');
  const isBracket = mayBeBracket && mark?.text === '[' && key?.kind === 'text';
  if (!isColon && !isBracket) return undefined;
  const steps: Step[] = isColon ? [plain(key as Token)] : [];
  let end = isColon ? at + 2 : at;
  for (;;) {
    const [next, name, close] = given.slice(end + 1, end + 4);
    if ((next?.text === '.' || next?.text === ':') && (name?.kind === 'word' || name?.kind === 'name')) {
      steps.push(plain(name));
      end += 2;
    } else if (next?.text === '[' && close?.text === ']' && (name?.kind === 'text' || name?.kind === 'number')) {
      steps.push(name.kind === 'text' ? plain(name) : Number(name.text));
      end += 3;
    } else return { steps, end };
  }
}

/** SQL for the value at the path; `before` and `after`: the tokens around it. */
export function valueAt(
  value: string,
  { steps, end }: Path,
  before: readonly Token[],
  given: readonly Token[],
): string {
  const path = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `."${step}"`)).join('');
  const text = `json_extract_string(${jsonTextOf(value)}, '$${path.replaceAll("'", "''")}')`;
  const type = wantedType(before, given, end);
  return type === undefined ? text : `TRY_CAST(${text} AS ${type})`;
}

const OPERATORS = new Set(['=', '!=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '%']);
const OF_NUMBERS = new Set([
  'sum',
  'avg',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'median',
  'round',
  'floor',
  'ceil',
  'abs',
]);

/** A number or a truth value stands on the other side, or a function of numbers around it. */
function wantedType(before: readonly Token[], given: readonly Token[], end: number): string | undefined {
  const operator = skipSpace(given, end + 1);
  const right = OPERATORS.has(given[operator]?.text ?? '') ? typeOf(given[skipSpace(given, operator + 1)]) : undefined;
  if (right !== undefined) return right;
  const [left, mark] = before.filter(({ kind }) => kind !== 'space' && kind !== 'comment').slice(-2);
  if (OPERATORS.has(mark?.text ?? '')) return typeOf(left);
  return mark?.text === '(' && OF_NUMBERS.has(left?.text.toLowerCase() ?? '') ? 'DOUBLE' : undefined;
}

function typeOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'number' || token?.text === '-') return 'DOUBLE';
  return /^(true|false)$/i.test(token?.text ?? '') ? 'BOOLEAN' : undefined;
}

function plain({ kind, text }: Token): string {
  return kind === 'word' ? text : text.slice(1, -1).replaceAll(text.charAt(0).repeat(2), text.charAt(0));
}
