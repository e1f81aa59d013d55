/** Log files that a user names: files, folders, stdin. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { UserError } from '../core/errors.ts';
import type { KeptRecord } from '../core/unit.ts';
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

/** @throws UserError when the file cannot be opened. */
export async function openLogFile(name: string, io: CommandIo): Promise<OpenLogFile> {
  if (name === '-') return { stream: Readable.from(io.stdin), progress: { update() {}, end() {} } };
  const { stream, size } = await openForReading(resolve(io.cwd, name)).catch((error: unknown) => {
    throw error instanceof UserError ? error : unreadable(name, error);
  });
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

async function openForReading(
  path: string,
): Promise<{ stream: ReturnType<FileHandle['createReadStream']>; size: number }> {
  const handle = await open(path);
  try {
    const info = await handle.stat();
    if (info.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return { stream: handle.createReadStream({ highWaterMark: 256 * 1024 }), size: info.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What a user is told of a file that cannot be read. */
export function unreadable(name: string, error: unknown): UserError {
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'it is a folder; name the files in it'
        : `it cannot be read (${code})`;
  return new UserError(`${name}: ${reason}`, {}, { cause: error });
}

/** Where a record is, as users read it: `trail.json:12`, `(stdin):3`, `trail.json: byte 4096`. */
export function placeOf(name: string, record: Pick<KeptRecord, 'line' | 'byteOffset'>): string {
  const file = name === '-' ? '(stdin)' : name;
  return record.line === undefined ? `${file}: byte ${record.byteOffset}` : `${file}:${record.line}`;
}
