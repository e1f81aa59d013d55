/** Other processes on the same state change what runs in this one: its sources and detections are read anew then. */
import { sql } from 'kysely';
import type { State } from '../ports/state/state.ts';
import type { MaintenanceTask } from './maintenance.ts';

const WATCHED = ['sources', 'detections', 'exceptions'] as const;
export type Watched = (typeof WATCHED)[number];

const EVERY_MS = 2_000;

export interface Changes {
  /** What is changed from the opening on is told. */
  task(changed: (what: Watched) => Promise<void>): MaintenanceTask;
  /** What is there now is about to be read anyway: it is not told. */
  note(tables: readonly Watched[]): Promise<void>;
}

/** Opened before anything is read. */
export async function openChanges(state: State): Promise<Changes> {
  const known = new Map<Watched, string>();
  async function note(tables: readonly Watched[]): Promise<void> {
    for (const table of tables) known.set(table, await fingerprint(state, table));
  }

  await note(WATCHED);
  return {
    note,
    task: (changed) => ({
      name: 'changes of other processes',
      everyMs: EVERY_MS,
      async run() {
        for (const table of WATCHED) {
          const now = await fingerprint(state, table);
          if (now === known.get(table)) continue;
          await changed(table);
          // After it: a change that could not be taken is tried again.
          known.set(table, now);
        }
      },
    }),
  };
}

/** Every change sets `updated_at`, and counts of events do not. */
async function fingerprint({ db }: State, table: Watched): Promise<string> {
  const row = await db
    .selectFrom(table)
    .select([
      sql<number>`count(*)`.as('rows'),
      sql<number>`coalesce(sum(enabled), 0)`.as('enabled'),
      // Their sum, not the latest: the clocks of two hosts differ. The digits from the month to the milliseconds.
      sql<string>`cast(coalesce(sum(cast(
        substr(updated_at, 6, 2) || substr(updated_at, 9, 2) || substr(updated_at, 12, 2) || substr(updated_at, 15, 2)
        || substr(updated_at, 18, 2) || substr(updated_at, 21, 3) as bigint)), 0) as varchar)`.as('times'),
    ])
    .executeTakeFirstOrThrow();
  return `${row.rows} ${row.enabled} ${row.times}`;
}
