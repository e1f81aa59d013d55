/** From `argv` to the options a command declared. Every mistake is a `UserError` that says what to write instead. */
import { parseArgs } from 'node:util';
import { UserError } from '../core/errors.ts';
import type { AnyCommand, Arguments, Command, Option, Options } from './command.ts';
import { didYouMean } from './nearest.ts';

type Value = string | number | boolean | string[] | undefined;

/** Undefined when help is asked for. */
export function parseArguments<O extends Options>(
  command: Command<O>,
  argv: readonly string[],
): Arguments<O> | undefined {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(command.options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = defaults(command.options);
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help' || token.rawName === '-h') return undefined;
    const [name, option] = findOption(command.options, token.name);
    if (!option || !token.rawName.startsWith('--')) throw unknownOption(command, token.rawName);
    assign(values, name, option, token.value, token.inlineValue ?? false);
  }
  checkOperands(command, operands);
  return { options: values as Arguments<O>['options'], operands };
}

function parserOptions(options: Options) {
  const entries = Object.entries(options).flatMap(([name, option]) => {
    const type = option.value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, ...(option.aliases ?? [])].map((each) => [each, { type }] as const);
  });
  return Object.fromEntries(entries);
}

/** By its name, or by another name of it. */
function findOption(options: Options, name: string): readonly [string, Option | undefined] {
  if (Object.hasOwn(options, name)) return [name, options[name]];
  const found = Object.entries(options).find(([, { aliases }]) => aliases?.includes(name));
  return found ?? [name, undefined];
}

function defaults(options: Options): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const [name, option] of Object.entries(options)) {
    if (option.value === undefined) values[name] = false;
    else if (isRepeatable(option)) values[name] = [];
    else values[name] = option.default;
  }
  return values;
}

function assign(
  values: Record<string, Value>,
  name: string,
  option: Option,
  text: string | undefined,
  isInline: boolean,
): void {
  if (option.value === undefined) {
    if (text !== undefined) throw new UserError(`--${name} takes no value`);
    values[name] = true;
    return;
  }
  if (text === undefined || (!isInline && looksLikeOption(text))) {
    throw new UserError(`--${name} needs a value: --${name} ${option.value}`);
  }
  const value = convert(name, option, text);
  const list = values[name];
  if (Array.isArray(list)) list.push(String(value));
  else values[name] = value;
}

function convert(name: string, option: Exclude<Option, { value?: never }>, text: string): string | number {
  if (option.kind === 'integer') {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = option;
    const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    const range = option.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new UserError(`--${name} must be a whole number ${range}, not "${text}"`);
  }
  if (option.choices && !option.choices.includes(text)) {
    const hint = didYouMean(text, option.choices);
    throw new UserError(`--${name} must be one of ${option.choices.join(', ')}, not "${text}"${hint}`);
  }
  return text;
}

function checkOperands(command: AnyCommand, operands: readonly string[]): void {
  const { min = 0, max = Number.POSITIVE_INFINITY } = command.operands ?? {};
  const usage = `use: panther ${command.name} ${command.usage}`;
  if (operands.length < min) throw new UserError(`something is missing; ${usage}`);
  if (operands.length > max) throw new UserError(`"${operands[max]}" is too much; ${usage}`);
}

function unknownOption(command: AnyCommand, rawName: string): UserError {
  const hint = didYouMean(rawName.replace(/^-+/, ''), [...Object.keys(command.options), 'help'], '--');
  return new UserError(`unknown option ${rawName}${hint}; see panther ${command.name} --help`);
}

function isRepeatable(option: Option): boolean {
  return 'repeatable' in option && option.repeatable === true;
}

function looksLikeOption(text: string): boolean {
  return text.length > 1 && text.startsWith('-');
}
