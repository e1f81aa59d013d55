/** Problems of loaded content, as lines on stderr. */
import { isAbsolute, relative } from 'node:path';
import type { LoadProblem } from '../detections/load.ts';
import type { CommandIo } from './command.ts';

export async function writeProblems(problems: readonly LoadProblem[], io: CommandIo): Promise<void> {
  for (const { level, file, line, column, field, message } of problems) {
    const label = io.paint(level === 'error' ? 'red' : 'yellow', level);
    await io.stderr.write(
      `${label}: ${shownPath(file, io.cwd)}:${line}${column === undefined ? '' : `:${column}`}: ${field === '' ? '' : `${field}: `}${message}\n`,
    );
  }
}

/** Relative where that is inside. */
export function shownPath(file: string, cwd: string): string {
  // Of a repository elsewhere it is an address.
  if (!isAbsolute(file)) return file;
  const short = relative(cwd, file);
  return short === '' || short.startsWith('..') ? file : short;
}
