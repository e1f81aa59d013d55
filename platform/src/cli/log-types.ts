/** Log types by the names a user gives. */
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { type LogType, loadLogTypes } from '../log-analysis/schema.ts';
import type { CommandIo } from './command.ts';
import { didYouMean } from './nearest.ts';

/** `isStrict`: an unknown name is the user's mistake; otherwise it is left out. */
export function selectLogTypes(names: readonly string[], isStrict: boolean, io: CommandIo): readonly LogType[] {
  const known = loadLogTypes(join(io.services.contentDir, 'log-types'));
  return [...new Set(names)].flatMap((name) => {
    const logType = known.get(name);
    if (logType !== undefined) return [logType];
    if (!isStrict) return [];
    throw new UserError(`unknown log type ${name}${didYouMean(name, [...known.keys()])}`, { field: '--log-type' });
  });
}
