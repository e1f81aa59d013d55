/** The state of a Panther, for tools that only ask it: the file of a data folder, or a PostgreSQL. */
import { existsSync } from 'node:fs';
import { UserError } from '../../core/errors.ts';
import type { State } from '../../ports/state/state.ts';

export async function openStateOf(place: string): Promise<State> {
  if (/^postgres(ql)?:\/\//.test(place)) {
    const { openPostgresState } = await import('../../adapters/aws/postgres-state.ts');
    return openPostgresState({ url: place });
  }
  if (!existsSync(place)) throw new UserError('there is no such file', { file: place, field: '--state' });
  const { openSqliteState } = await import('../../adapters/embedded/sqlite-state.ts');
  return openSqliteState(place);
}
