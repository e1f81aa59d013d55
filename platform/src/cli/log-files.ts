/** Log files that a user names: files, folders, stdin. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { UserError } from '../core/errors.ts';
import type { CommandIo } from './command.ts';

/** Every file, those of folders in the order of their names; hidden ones are left out. */
export async function* logFiles(operands: readonly string[], io: CommandIo): AsyncGenerator<string> {
  for (const operand of operands) {
    if (operand === '-') {
      yield operand;
      continue;
    }
    const info = await stat(resolve(io.cwd, operand)).catch((cause: unknown) => {
      throw new UserError('there is no such file or folder', { file: operand }, { cause });
    });
    if (!info.isDirectory()) yield operand;
    else yield* filesIn(operand, io);
  }
}

async function* filesIn(folder: string, io: CommandIo): AsyncGenerator<string> {
  const entries = await readdir(resolve(io.cwd, folder), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path, io);
    else if (entry.isFile()) yield path;
  }
}

export interface OpenLogFile {
  readonly stream: Readable;
  readonly progress: { update(): void; end(): void };
}

export async function openLogFile(name: string, io: CommandIo): Promise<OpenLogFile> {
  if (name === '-') return { stream: Readable.from(io.stdin), progress: { update() {}, end() {} } };
  const path = resolve(io.cwd, name);
  const { size } = await stat(path);
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  const line = io.progress({ label: name, total: size });
  let shown = 0;
  return {
    stream,
    progress: {
      update() {
        line.add(stream.bytesRead - shown);
        shown = stream.bytesRead;
      },
      end: () => line.end(),
    },
  };
}
