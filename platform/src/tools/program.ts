/** Runs a tool as this process. */
import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { services } from '../app/services.ts';
import { hideExperimentalWarnings } from '../app/warnings.ts';
import { processIo } from '../cli/process-io.ts';
import { ExternalError } from '../core/errors.ts';
import { buildText } from './build.ts';
import { runTool, type Tool, type ToolIo } from './tool.ts';

export async function runProgram(tool: Tool): Promise<void> {
  hideExperimentalWarnings();
  haveHome();
  const own = services();
  const io = processIo(own);
  const { stdin, stderr } = io.isTerminal;
  const versionText = `${own.version} (${buildText()})`;
  // Not process.exit(): what is still to be written would be lost.
  process.exitCode = await runTool(tool, process.argv.slice(2), {
    ...io,
    versionText,
    ...(stdin && stderr && { ask: (question: string) => askOnTerminal(question, io.signal) }),
  } satisfies ToolIo);
}

/** A container without users has no home, and then the AWS SDK fails while it looks for its configuration there. */
function haveHome(): void {
  try {
    homedir();
  } catch {
    process.env['HOME'] = '/';
  }
}

async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  // Not as a terminal: Ctrl-C shall reach the process as a signal.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const ended = new Promise<never>((_, reject) => lines.on('close', () => reject(interrupted())));
  // Closed after the answer, when nobody waits for it any more.
  ended.catch(() => {});
  signal.addEventListener('abort', () => lines.close(), { once: true });
  try {
    for (;;) {
      const answer = (await Promise.race([lines.question(`${question}: `), ended])).trim();
      if (answer !== '') return answer;
    }
  } finally {
    lines.close();
  }
}

function interrupted(): ExternalError {
  return new ExternalError('no answer; nothing was done', { retryable: false });
}
