/** SQL as tokens, as far as rewriting needs: what is inside quotes and comments is left alone. */

export interface Token {
  readonly kind: 'word' | 'text' | 'name' | 'number' | 'comment' | 'space' | 'other';
  readonly text: string;
}

const KINDS: readonly (readonly [Token['kind'], string])[] = [
  ['comment', '--[^\\n]*|/\\*[\\s\\S]*?\\*/'],
  ['text', "'(?:[^']|'')*'"],
  ['name', '"(?:[^"]|"")*"'],
  ['word', '[A-Za-z_][A-Za-z0-9_$]*'],
  ['number', '\\d+(?:\\.\\d+)?'],
  ['space', '\\s+'],
  ['other', '::|=>|<=|>=|<>|!=|[\\s\\S]'],
];
const PATTERN = new RegExp(KINDS.map(([, source]) => `(${source})`).join('|'), 'g');

export function tokens(sql: string): readonly Token[] {
  return [...sql.matchAll(PATTERN)].map((match) => {
    const index = match.slice(1).findIndex((group) => group !== undefined);
    return { kind: (KINDS[index] as (typeof KINDS)[number])[0], text: match[0] };
  });
}

export function joinTokens(given: readonly Token[]): string {
  return given.map(({ text }) => text).join('');
}

/** The arguments between the commas of `( … )` that begins at `start`, after spaces; `end` is its bracket. */
export function argumentsAt(
  given: readonly Token[],
  start: number,
): { readonly args: readonly (readonly Token[])[]; readonly end: number } | undefined {
  const open = skipSpace(given, start);
  if (given[open]?.text !== '(') return undefined;
  const args: Token[][] = [[]];
  let depth = 0;
  for (let index = open; index < given.length; index += 1) {
    const token = given[index] as Token;
    if (token.text === '(' || token.text === '[') depth += 1;
    if (token.text === ')' || token.text === ']') depth -= 1;
    if (depth === 0) return { args, end: index };
    if (depth === 1 && token.text === ',') args.push([]);
    else if (index > open) args.at(-1)?.push(token);
  }
  return undefined;
}

/** The place of the first token from there on that is neither space nor comment. */
export function skipSpace(given: readonly Token[], start: number): number {
  let index = start;
  while (given[index]?.kind === 'space' || given[index]?.kind === 'comment') index += 1;
  return index;
}
