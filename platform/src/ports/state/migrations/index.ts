/** Every change of the state's tables, in order. A migration that has been released is never edited. */
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { UserError } from '../../../core/errors.ts';
import type { Tables } from '../tables.ts';
import * as initial from './0001-initial.ts';
import * as detectionFaults from './0002-detection-faults.ts';
import * as alertUniques from './0003-alert-uniques.ts';
import * as scheduledRuns from './0004-scheduled-runs.ts';
import * as lookupFiles from './0005-lookup-files.ts';
import * as detectionManagement from './0006-detection-management.ts';
import * as exceptions from './0007-exceptions.ts';
import * as overrides from './0008-overrides.ts';
import * as specificationTexts from './0009-specification-texts.ts';
import * as correlationWindows from './0010-correlation-windows.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-detection-faults': detectionFaults,
  '0003-alert-uniques': alertUniques,
  '0004-scheduled-runs': scheduledRuns,
  '0005-lookup-files': lookupFiles,
  '0006-detection-management': detectionManagement,
  '0007-exceptions': exceptions,
  '0008-overrides': overrides,
  '0009-specification-texts': specificationTexts,
  '0010-correlation-windows': correlationWindows,
};

/** Applies the migrations that the database does not have yet. For adapters; others call `State.migrate`. */
export async function migrateToLatest(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (!(error instanceof Error) || !error.message.startsWith('corrupted migrations')) throw error;
  throw new UserError(
    'this data was written by a newer Panther: start that version, or restore a backup',
    {},
    { cause: error },
  );
}
