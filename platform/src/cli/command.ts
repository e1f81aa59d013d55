/**
 * The contract of a command. One file of `commands/` is one command; `commands/index.ts` lists them.
 *
 * @example
 * ```ts
 * export const head = defineCommand({
 *   name: 'head',
 *   summary: 'Print the first bytes of files',
 *   usage: '[options] FILE…',
 *   operands: { min: 1 },
 *   options: {
 *     bytes: { value: 'N', kind: 'integer', min: 1, default: 1024, description: 'how much of each file' },
 *     skip: { value: 'NAME', repeatable: true, description: 'a file to leave out' },
 *     json: { description: 'one JSON document' },
 *   },
 *   examples: [{ line: 'panther head --bytes 80 events.json', does: 'Print 80 bytes.' }],
 *   async run({ options, operands }, io) {
 *     for (const file of operands) await io.stdout.write(`${file} ${options.bytes}\n`); // number, not text
 *     return EXIT.done;
 *   },
 * });
 * ```
 */
import type { Clock } from '../ports/clock.ts';
import type { Output } from './output.ts';
import type { Progress, ProgressOptions } from './progress.ts';
import type { Services } from './services.ts';

/**
 * 0: done. 1: the work found failures, or a bug. 2: wrong use; throw a `UserError` instead of returning it. 130: a signal
 * ended the work in the middle, in order.
 */
export const EXIT = { done: 0, failures: 1, wrongUse: 2, interrupted: 130 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

interface OptionText {
  /** Lower case, no full stop; what the option does, not its type. */
  readonly description: string;
  /** Other names of the option, without dashes. */
  readonly aliases?: readonly string[];
}

/** `--strict`: true or false. */
interface Flag extends OptionText {
  readonly value?: never;
}

/** `--now TIME`: text; with `choices`, one of them. */
interface TextOption extends OptionText {
  /** Name of the value in the help, in capitals. */
  readonly value: string;
  readonly kind?: 'text';
  readonly choices?: readonly string[];
  /** Given several times; the values come as a list, which is empty without it. */
  readonly repeatable?: boolean;
  readonly default?: string;
}

/** `--port N`: a whole number within `min` and `max`. */
interface IntegerOption extends OptionText {
  readonly value: string;
  readonly kind: 'integer';
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

export type Option = Flag | TextOption | IntegerOption;
export type Options = Readonly<Record<string, Option>>;

type OptionValue<O extends Option> = O extends { value: string }
  ? O extends { repeatable: true }
    ? readonly string[]
    : (O extends { kind: 'integer' } ? number : ChoiceOf<O>) | (O extends { default: unknown } ? never : undefined)
  : boolean;
type ChoiceOf<O> = O extends { choices: readonly (infer C)[] } ? C : string;

/** A parsed command line: every declared option under its name, then what is no option. */
export interface Arguments<O extends Options = Options> {
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
  readonly operands: readonly string[];
}

export interface Command<O extends Options = Options> {
  /** The file's name without `.ts`. */
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** What follows the command's name, e.g. `[options] FILE… | -`. */
  readonly usage: string;
  /** More for `--help`, in full sentences. */
  readonly details?: string;
  /** How many operands are right; any number without it. */
  readonly operands?: { readonly min?: number; readonly max?: number };
  readonly options: O;
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  run(args: Arguments<O>, io: CommandIo): Promise<ExitStatus>;
}

/** A command whose options are not known here. */
// biome-ignore lint/suspicious/noExplicitAny: run() takes its own options only, so no one type holds every command.
export type AnyCommand = Command<any>;

/** Everything a command has of the outside world. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Data only. Await every write: that is what bounds memory. */
  readonly stdout: Output;
  /** Everything that is not data. */
  readonly stderr: Output;
  /** Whether each end is a terminal. */
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Width of the terminal behind stdout, where there is one. */
  readonly terminalColumns?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Absolute; resolve the user's paths against it. */
  readonly cwd: string;
  /** Aborted by SIGINT and SIGTERM. Finish what is begun and return; a second signal ends the process. */
  readonly signal: AbortSignal;
  /** What `app/` provides: the adapters and the parts wired together, loaded on first use. */
  readonly services: Services;
  /** Text for stderr in a colour, or as it is where colours are off. */
  paint(colour: Colour, text: string): string;
  /** A line on stderr that tells how far the work is; nothing where stderr is no terminal. Call `end()` when done. */
  progress(options: ProgressOptions): Progress;
}

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Gives `run` the types of the declared options. */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}
