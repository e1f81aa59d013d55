/**
 * The syntax of Go's `flag` package, in which operators' scripts and runbooks call the tools, turned into ours: one dash
 * or two, `-name value`, `-name=value`, `-switch=false`.
 */
import type { Options } from '../cli/command.ts';
import { UserError } from '../core/errors.ts';

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/**
 * `on`: switches that are true unless they are turned off.
 *
 * @throws UserError for a switch that is neither true nor false.
 */
export function fromGoFlags(argv: readonly string[], options: Options, on: readonly string[] = []): string[] {
  const result = on.map((name) => `--${name}`);
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return [...result, '--', ...rest];
    const [, flag, inline] = word.match(/^--?([^-=][^=]*)(?:=([\s\S]*))?$/) ?? [];
    if (flag === undefined) {
      result.push(word);
      continue;
    }
    const name = nameOf(flag, options);
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option && option.value === undefined) setSwitch(result, name, inline);
    else if (inline !== undefined) result.push(`--${name}=${inline}`);
    else if (option && takesNext(rest[0], options)) result.push(`--${name}=${rest.shift()}`);
    else result.push(name === 'h' ? '-h' : `--${name}`);
  }
  return result;
}

/** The option's own name, for this or another name of it. */
function nameOf(flag: string, options: Options): string {
  if (Object.hasOwn(options, flag)) return flag;
  const found = Object.entries(options).find(([, { aliases }]) => aliases?.includes(flag));
  return found?.[0] ?? flag;
}

/** As in Go the last one counts. */
function setSwitch(result: string[], name: string, text = 'true'): void {
  if (![...TRUE, ...FALSE].includes(text)) throw new UserError(`--${name} must be true or false, not "${text}"`);
  const earlier = result.indexOf(`--${name}`);
  if (earlier >= 0) result.splice(earlier, 1);
  if (TRUE.includes(text)) result.push(`--${name}`);
}

/** A value may begin with a dash, unless it is an option that follows one whose value was forgotten. */
function takesNext(next: string | undefined, options: Options): boolean {
  if (next === undefined) return false;
  const flag = next.match(/^--?([^-=][^=]*)/)?.[1];
  return flag === undefined || !Object.hasOwn(options, nameOf(flag, options));
}
