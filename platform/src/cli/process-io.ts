/** A command's outside world, made of this process. */
import { styleText } from 'node:util';
import type { CommandIo } from './command.ts';
import { streamOutput } from './output.ts';
import { noProgress, terminalProgress } from './progress.ts';
import type { Services } from './services.ts';

export function processIo(services: Services): CommandIo {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout: streamOutput(stdout),
    stderr: streamOutput(stderr),
    isTerminal: { stdin: stdin.isTTY === true, stdout: stdout.isTTY === true, stderr: stderr.isTTY === true },
    ...(stdout.isTTY && { terminalColumns: stdout.columns }),
    env,
    clock: { now: () => new Date() },
    cwd: process.cwd(),
    signal: stopSignal(),
    services,
    // styleText leaves colours out where NO_COLOR is set or stderr is no terminal.
    paint: (colour, text) => styleText(colour, text, { stream: stderr }),
    progress: (options) => (stderr.isTTY ? terminalProgress(stderr, options) : noProgress),
  };
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: the second signal meets the default handler, which ends the process.
    process.once(signal, () => controller.abort(signal));
  }
  return controller.signal;
}
