/**
 * A command as a program of its own. The executables are the same code as `panther COMMAND`; this adds what operators
 * know of the tools: Go's flag syntax, `-version`, questions for what is missing, and the usage after a mistake.
 */
import { parseArguments } from '../cli/arguments.ts';
import { type AnyCommand, type CommandIo, EXIT, type ExitStatus, type Options } from '../cli/command.ts';
import { commandHelp } from '../cli/help.ts';
import { reportError } from '../cli/report.ts';
import { UserError } from '../core/errors.ts';
import { fromGoFlags } from './go-flags.ts';

export interface Tool {
  readonly command: AnyCommand;
  /** Options that must be given. */
  readonly required?: Readonly<Record<string, Required>>;
}

interface Required {
  /** Asks for it on a terminal. */
  readonly question: string;
  /** Options that stand for it, or make it needless. */
  readonly unless?: readonly string[];
}

export interface ToolIo extends CommandIo {
  /** What `-version` says after the name. */
  readonly versionText: string;
  /** Asks the user until the answer is not blank. Absent where there is nobody to ask. */
  readonly ask?: (question: string) => Promise<string>;
}

/** What every executable has beside the options of its command. */
const FRAME: Options = {
  interactive: { description: 'on a terminal, ask for what is missing (default true; -interactive=false does not)' },
  version: { description: 'show version, system and commit' },
};

/** Never throws: what goes wrong is told on stderr and in the status. */
export async function runTool(tool: Tool, argv: readonly string[], io: ToolIo): Promise<ExitStatus> {
  try {
    const words = readFlags(tool, argv);
    const status = words.includes('--version') ? await say(io, versionLine(tool, io)) : await run(tool, words, io);
    await io.stdout.flush();
    return status;
  } catch (error) {
    const status = await reportError(inItsWords(tool, error), io);
    if (error instanceof WrongUse) await io.stderr.write(`\n${toolHelp(tool)}`);
    await io.stderr.flush().catch(() => {});
    return status === EXIT.failures && io.signal.aborted ? EXIT.interrupted : status;
  }
}

/** A mistake in the command line itself, after which the usage is shown. */
class WrongUse extends UserError {}

function readFlags({ command }: Tool, argv: readonly string[]): string[] {
  return wrongUse(() => fromGoFlags(argv, { ...FRAME, ...command.options }, ['interactive']));
}

async function run(tool: Tool, words: readonly string[], io: ToolIo): Promise<ExitStatus> {
  const isOwn = (word: string) => word === '--interactive' && !Object.hasOwn(tool.command.options, 'interactive');
  const given = words.filter((word) => !isOwn(word));
  const args = wrongUse(() => parseArguments(tool.command, given));
  if (args === undefined) return say(io, toolHelp(tool));
  const answers = await missing(tool, given, words.includes('--interactive') ? io.ask : undefined);
  const complete = wrongUse(() => parseArguments(tool.command, [...answers, ...given]));
  return tool.command.run(complete ?? args, io);
}

/** The required options that were not given, as the user answers; wrong use where nobody can be asked. */
async function missing({ required = {} }: Tool, words: readonly string[], ask: ToolIo['ask']): Promise<string[]> {
  const answers: string[] = [];
  const isGiven = (name: string) => words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  for (const [name, { question, unless = [] }] of Object.entries(required)) {
    if ([name, ...unless].some(isGiven)) continue;
    if (!ask) throw new WrongUse(`${[`--${name}`, ...unless.map((each) => `--${each}`)].join(' or ')} is required`);
    answers.push(`--${name}=${await ask(question)}`);
  }
  return answers;
}

function wrongUse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? new WrongUse(error.message, {}, { cause: error }) : error;
  }
}

/** Commands speak of `panther requeue`; who runs `requeue` shall be told what to type. */
function inItsWords(tool: Tool, error: unknown): unknown {
  return error instanceof WrongUse ? new UserError(asProgram(tool, error.message), {}, { cause: error }) : error;
}

function asProgram({ command }: Tool, text: string): string {
  return text.replaceAll(`panther ${command.name}`, command.name);
}

function toolHelp(tool: Tool): string {
  const { command } = tool;
  const help = asProgram(tool, commandHelp({ ...command, options: { ...FRAME, ...command.options } }));
  return `${help}\nOptions may have one dash or two: -name value, -name=value.\n`;
}

function versionLine({ command }: Tool, io: ToolIo): string {
  return `${command.name} ${io.versionText}\n`;
}

async function say(io: CommandIo, text: string): Promise<ExitStatus> {
  await io.stdout.write(text);
  return EXIT.done;
}
