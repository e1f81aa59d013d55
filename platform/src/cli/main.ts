/** From the command line to the command, and from its outcome to the exit status. */
import { UserError } from '../core/errors.ts';
import { parseArguments } from './arguments.ts';
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import { type CommandEntry, commands } from './commands/index.ts';
import { commandHelp, overviewHelp } from './help.ts';
import { didYouMean } from './nearest.ts';
import { reportError } from './report.ts';

/** Never throws: what goes wrong is told on stderr and in the status. */
export async function main(
  argv: readonly string[],
  io: CommandIo,
  registry: readonly CommandEntry[] = commands,
): Promise<ExitStatus> {
  try {
    const status = await dispatch(argv, io, registry);
    await io.stdout.flush();
    return status;
  } catch (error) {
    return await reportError(error, io);
  }
}

async function dispatch(
  argv: readonly string[],
  io: CommandIo,
  registry: readonly CommandEntry[],
): Promise<ExitStatus> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    await io.stderr.write(overviewHelp(registry));
    return EXIT.wrongUse;
  }
  if (name === '--version') return say(io, versionLine(io.services.version));
  if (['--help', '-h', 'help'].includes(name)) {
    return rest[0] === undefined ? say(io, overviewHelp(registry)) : dispatch([rest[0], '--help'], io, registry);
  }
  const command = await findCommand(name, registry).load();
  const args = parseArguments(command, rest);
  return args === undefined ? say(io, commandHelp(command)) : command.run(args, io);
}

function findCommand(name: string, registry: readonly CommandEntry[]): CommandEntry {
  const entry = registry.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const kind = name.startsWith('-') ? 'option' : 'command';
  const names = kind === 'option' ? ['--help', '--version'] : registry.map((candidate) => candidate.name);
  throw new UserError(`unknown ${kind} "${name}"${didYouMean(name, names)}; see panther --help`);
}

/** What a report of a bug should begin with. */
function versionLine(version: string): string {
  return `panther ${version} (Node.js ${process.versions.node}, ${process.platform} ${process.arch})\n`;
}

async function say(io: CommandIo, text: string): Promise<ExitStatus> {
  await io.stdout.write(text);
  return EXIT.done;
}
