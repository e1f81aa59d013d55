/** Every command, in the order of the help. Code loads when a command is run; a test compares this list with the folder. */
import type { AnyCommand } from '../command.ts';

export interface CommandEntry {
  readonly name: string;
  /** Equal to the command's own; kept here so that `panther --help` loads no command. */
  readonly summary: string;
  load(): Promise<AnyCommand>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'parse',
    summary: 'Turn log files into normalised events',
    load: async () => (await import('./parse.ts')).parse,
  },
];
