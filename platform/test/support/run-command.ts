/** Runs a command as `panther` does, with the streams in memory. For the tests of commands. */
import { Readable, Writable } from 'node:stream';
import { services } from '../../src/app/services.ts';
import type { AnyCommand, CommandIo, ExitStatus } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';
import { streamOutput } from '../../src/cli/output.ts';
import { noProgress } from '../../src/cli/progress.ts';
import type { Services } from '../../src/cli/services.ts';

export interface CommandRun {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly now?: Date;
  readonly signal?: AbortSignal;
  readonly services?: Partial<Services>;
  /** Told what goes to stdout and stderr, as it goes. */
  readonly onOutput?: (text: string) => void;
}

/** `argv` without the command's name. */
export async function runCommand(
  command: AnyCommand,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<CommandRun> {
  const stdout = memoryStream(options.onOutput);
  const stderr = memoryStream(options.onOutput);
  const io: CommandIo = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: streamOutput(stdout.stream),
    stderr: streamOutput(stderr.stream),
    isTerminal: { stdin: false, stdout: false, stderr: false },
    env: options.env ?? {},
    clock: { now: () => options.now ?? new Date('2026-01-01T00:00:00Z') },
    cwd: options.cwd ?? process.cwd(),
    signal: options.signal ?? new AbortController().signal,
    services: { ...services(), ...options.services },
    paint: (_colour, text) => text,
    progress: () => noProgress,
  };
  const entry = { name: command.name, summary: command.summary, load: async () => command };
  const status = await main([command.name, ...argv], io, [entry]);
  await io.stderr.flush();
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function memoryStream(onOutput?: (text: string) => void): { stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      onOutput?.(chunk.toString('utf8'));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
