/** What is said when a command fails, and the exit status that goes with it. */
import { ExternalError, UserError } from '../core/errors.ts';
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import { OutputClosed } from './output.ts';

/** Who must act decides what is shown: the user a sentence, the operator the other system's failure, us the stack. */
export async function reportError(error: unknown, io: CommandIo): Promise<ExitStatus> {
  if (error instanceof OutputClosed) return EXIT.done;
  const prefix = io.paint('red', 'error:');
  const text = explain(error);
  await io.stdout.flush().catch(() => {});
  await io.stderr.write(`${prefix} ${text}\n`).catch(() => {});
  await io.stderr.flush().catch(() => {});
  return error instanceof UserError ? EXIT.wrongUse : EXIT.failures;
}

function explain(error: unknown): string {
  if (error instanceof UserError) return error.toString();
  if (error instanceof ExternalError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
