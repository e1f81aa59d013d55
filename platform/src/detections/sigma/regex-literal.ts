/**
 * Texts that everything a regular expression matches must contain, folded. Only what is certain counts: text outside of
 * groups, classes, alternatives and repetitions.
 */
import { fold } from './fold.ts';

const TOKEN =
  /\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|[\da-fA-F]{2})|\\[0-7]{1,3}|\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|[*+?]\??|\{\d+(?:,\d*)?\}\??|[\s\S]/gu;

/** Of an expression that compiles. */
export function requiredTexts(pattern: string, flags: string): readonly string[] {
  const [leading = ''] = /^\(\?[ims]+\)/.exec(pattern) ?? [];
  const tokens = pattern.slice(leading.length).match(TOKEN) ?? [];
  const runs: string[] = [];
  let run = '';
  let depth = 0;

  function end(): void {
    runs.push(run);
    run = '';
  }

  for (const [index, token] of tokens.entries()) {
    if (token === '(') {
      // Flags inside change what text means.
      if (
        tokens[index + 1] === '?' &&
        tokens[index + 2] !== ':' &&
        tokens[index + 2] !== 'P' &&
        tokens[index + 2] !== '<'
      )
        return [];
      depth += 1;
      end();
      continue;
    }
    if (token === ')') {
      depth -= 1;
      continue;
    }
    if (depth > 0) continue;
    if (token === '|') return [];
    if (isQuantifier(token)) {
      // `a*` may be nothing; after `a+` and `a{2}` comes something else.
      const isOptional = /^(?:[*?]|\{0)/.test(token);
      if (isOptional) run = [...run].slice(0, -1).join('');
      end();
      continue;
    }
    const text = literalOf(token);
    if (text === undefined) end();
    else run += text;
  }
  end();
  const ignoresCase = (flags + leading).includes('i');
  const certain = runs.filter((one) => one !== '').map(fold);
  return [...new Set(certain)].filter((one) => !ignoresCase || !/[^\x20-\x7e]/.test(one));
}

function isQuantifier(token: string): boolean {
  return /^(?:[*+?]\??|\{\d+(?:,\d*)?\}\??)$/.test(token);
}

/** The one character that a token means, else undefined. */
function literalOf(token: string): string | undefined {
  if (token.length === 1) return /[.^$[\]{}|()*+?\\]/.test(token) ? undefined : token;
  const [, escaped] = /^\\([^\w])$/u.exec(token) ?? [];
  return escaped ?? ([...token].length === 1 ? token : undefined);
}
