/** SQL as tokens, as far as rewriting needs: what is inside quotes and comments is left alone. */

export interface Token {
  readonly kind: 'word' | 'text' | 'name' | 'comment' | 'space' | 'other';
  readonly text: string;
}

const KINDS: readonly (readonly [Token['kind'], string])[] = [
  ['comment', '--[^\\n]*|/\\*[\\s\\S]*?\\*/'],
  ['text', "'(?:[^']|'')*'"],
  ['name', '"(?:[^"]|"")*"'],
  ['word', '[A-Za-z_][A-Za-z0-9_$]*'],
  ['space', '\\s+'],
  ['other', '\\d+(?:\\.\\d+)?|::|[\\s\\S]'],
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
