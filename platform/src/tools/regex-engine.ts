/**
 * Stands in an executable for `log-analysis/regex-engine.ts`, whose engine is V8's. The executable's own engine has no
 * linear mode; the patterns that Panther would refuse are refused all the same, found by their syntax.
 */

/** As V8's linear engine: it copies what is repeated. */
const MAX_COPIES = 16;

/** Throws an `Error` that names the pattern when it is wrong or Panther could not run it in linear time. */
export function compileRegex(pattern: string, flags = ''): RegExp {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, flags);
  } catch (error) {
    throw new Error(`not a regular expression: ${short(pattern)}: ${(error as Error).message.slice(-80)}`, {
      cause: error,
    });
  }
  if (/[iuv]/.test(flags) || !isLinear(pattern)) {
    throw new Error(
      `the pattern ${short(pattern)} cannot be matched in linear time: leave out lookaheads, back references and repetitions over 16`,
    );
  }
  return regex;
}

/** Of a pattern whose syntax is right. */
function isLinear(pattern: string): boolean {
  const groups = countGroups(pattern);
  /** Of the groups around, how often what is in them is copied by the repetitions in them. */
  const open: number[] = [];
  let copies = 1;
  let last = 1;
  for (const [token, , min, comma, max] of pattern.matchAll(TOKENS)) {
    if (/^\(\?(?:[=!]|[a-z-]+:)/.test(token) || isBackReference(token, groups)) return false;
    if (/^[*+?{]/.test(token) && isRepetition(token)) {
      const most = max ? Number(max) : Number(min ?? 1);
      if (Number(min ?? 0) > MAX_COPIES || most > MAX_COPIES) return false;
      const times = min !== undefined && comma && !max ? Math.max(most, 1) : most;
      if (times * last > MAX_COPIES) return false;
      copies = Math.max(copies, times * last);
    } else if (token.startsWith('(')) {
      open.push(copies);
      copies = 1;
    } else if (token === ')') {
      last = copies;
      copies = Math.max(copies, open.pop() ?? 1);
    } else {
      last = 1;
    }
  }
  return true;
}

/** A class, an escape, a group's beginning, a repetition, or one character. */
const TOKENS =
  /\[(?:\\[\s\S]|[^\]\\])*\]|\\k<[^>]*>|\\\d+|\\[\s\S]|\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?|(\{(\d+)(,)?(\d*)\}\??)|[*+?]\??|[\s\S]/g;

function isRepetition(token: string): boolean {
  return token !== '{';
}

function countGroups(pattern: string): number {
  return [...pattern.matchAll(TOKENS)].filter(([token]) => /^\((?:$|\?<[^=!])/.test(token)).length;
}

function isBackReference(token: string, groups: number): boolean {
  if (token.startsWith('\\k<')) return true;
  const [, digits] = /^\\([1-9]\d*)$/.exec(token) ?? [];
  return digits !== undefined && Number(digits) <= groups;
}

function short(pattern: string): string {
  return pattern.length > 120 ? `${pattern.slice(0, 119)}…` : pattern;
}
