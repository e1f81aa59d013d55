/**
 * Regular expressions of rules run in RE2's engine, in time linear in the text whatever the pattern: rules come from
 * anywhere, texts from attackers. RE2 has no lookarounds and no back references, nor does Sigma.
 */
import { RE2JS } from 're2js';

const MAX_PATTERN_LENGTH = 4_000;

/** Flags: `i` any case, `m` anchors at every line, `s` the dot takes line ends. @throws Error that says what is wrong. */
export function compileRegex(pattern: string, flags: string): RE2JS {
  const key = `${flags}/${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const regex = compile(pattern, flags);
  // A rule is checked when it is read and compiled when it is run.
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(key, regex);
  return regex;
}

const compiled = new Map<string, RE2JS>();
const MAX_COMPILED = 5_000;

function compile(pattern: string, flags: string): RE2JS {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new Error(`the regular expression is longer than ${MAX_PATTERN_LENGTH} characters`);
  try {
    return RE2JS.compile(toRe2(pattern), bitsOf(flags));
  } catch (error) {
    throw new Error(explain(pattern, (error as Error).message), { cause: error });
  }
}

/** @throws Error that says what is wrong. */
export function checkRegex(pattern: string, flags: string): void {
  compileRegex(pattern, flags);
}

function bitsOf(flags: string): number {
  return (
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0)
  );
}

/** Escapes of letters and signs that mean the character itself in PCRE and are mistakes in RE2. */
function toRe2(pattern: string): string {
  return pattern.replaceAll(/\\([\s\S])/g, (whole, char: string) => {
    if (char === '/' || char === '"' || char === "'" || char === '#' || char === ' ' || char === '%' || char === '_')
      return char;
    return char === 'Z' ? '\\z' : whole;
  });
}

function explain(pattern: string, message: string): string {
  const shown = pattern.length > 120 ? `${pattern.slice(0, 119)}…` : pattern;
  if (/\(\?<?[=!]/.test(pattern))
    return `the regular expression ${shown} has a lookaround, which cannot be run in linear time`;
  if (/\\[1-9]/.test(pattern))
    return `the regular expression ${shown} has a back reference, which cannot be run in linear time`;
  return `the regular expression ${shown} is not one that can be run in linear time: ${message.replace(/^error parsing regexp: /, '')}`;
}
