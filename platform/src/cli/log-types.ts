/** Log types by the names a user gives, and schemas in the user's own files. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { type LogType, type LogTypes, loadLogTypes, loadSchema } from '../log-analysis/schema.ts';
import type { CommandIo } from './command.ts';
import { unreadable } from './log-files.ts';
import { didYouMean } from './nearest.ts';

/** The log types that come with Panther. */
export function knownLogTypes(io: CommandIo, extra: readonly LogType[] = []): LogTypes {
  return loadLogTypes(join(io.services.contentDir, 'log-types'), extra);
}

/** `isStrict`: an unknown name is the user's mistake; otherwise it is left out. */
export function selectLogTypes(names: readonly string[], isStrict: boolean, known: LogTypes): readonly LogType[] {
  return [...new Set(names)].flatMap((name) => {
    const logType = known.get(name);
    if (logType !== undefined) return [logType];
    if (!isStrict) return [];
    throw unknownLogType(name, known.keys());
  });
}

/** In the order in which they are tried: as named, else the schemas given, then the known types by name. */
export async function chooseLogTypes(
  names: readonly string[],
  schemaFiles: readonly string[],
  io: CommandIo,
): Promise<readonly LogType[]> {
  const extra = await readSchemas(schemaFiles, io);
  const known = knownLogTypes(io, extra);
  if (names.length === 0) return [...new Set([...extra, ...known.values()])];
  return [...new Set(names)].map((name) => {
    const logType = known.get(name);
    if (logType === undefined) throw unknownLogType(name, known.keys());
    return logType;
  });
}

/** @throws UserError when a file cannot be read or is not a schema. */
export async function readSchemas(files: readonly string[], io: CommandIo): Promise<LogType[]> {
  const logTypes: LogType[] = [];
  for (const file of files) {
    const text = await readFile(resolve(io.cwd, file), 'utf8').catch((error: unknown) => {
      throw unreadable(file, error);
    });
    logTypes.push(loadSchema(text, file));
  }
  return logTypes;
}

export function unknownLogType(name: string, known: Iterable<string>): UserError {
  return new UserError(`unknown log type ${name}${didYouMean(name, [...known])}`, { field: '--log-type' });
}
