/** Names of lake columns: letters, digits, `_` and `-`; other characters are spelled out or replaced. */

const SPELLED: Readonly<Record<string, string>> = {
  '@': 'at_sign',
  ',': 'comma',
  '`': 'backtick',
  "'": 'apostrophe',
  $: 'dollar_sign',
  '*': 'asterisk',
  '&': 'ampersand',
  '!': 'exclamation',
  '%': 'percent',
  '+': 'plus',
  '/': 'slash',
  '\\': 'backslash',
  '#': 'hash',
  '~': 'tilde',
  '=': 'eq',
};

/**
 * `id.orig_h` → `id_orig_h`, `@type` → `at_sign_type`, `naïve` → `naive`.
 */
export function normaliseColumnName(name: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name;
  let column = '';
  const characters = [...name.normalize('NFKD').replace(/\p{M}/gu, '')];
  for (const [index, char] of characters.entries()) {
    const word = SPELLED[char];
    if (word !== undefined) {
      column += `${index === 0 ? '' : '_'}${word}${index === characters.length - 1 ? '' : '_'}`;
    } else {
      column += /[A-Za-z0-9_-]/.test(char) ? char : '_';
    }
  }
  return column;
}
