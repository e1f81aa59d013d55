/** Exceptions in the state: which are in force, and what they have hidden. */
import type { Transaction } from 'kysely';
import type { Detection } from '../../detections/detection.ts';
import { type Exception, exceptionsOf } from '../../detections/exceptions/exception.ts';
import { type HiddenCounts, KEPT_EVENTS } from '../../detections/exceptions/hidden.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';

/** Those that were made here, and those kept in files among the detections; also ones that expire later or have. */
export async function readExceptions({ db }: State, detections: readonly Detection[]): Promise<readonly Exception[]> {
  const rows = await db
    .selectFrom('exceptions')
    .select(['id', 'detection_id', 'conditions', 'expires_at'])
    .where('enabled', '=', 1)
    .orderBy('created_at')
    .execute();
  const own = rows.map((row) => ({
    id: row.id,
    detectionId: row.detection_id,
    conditions: JSON.parse(row.conditions) as unknown,
    expiresAt: row.expires_at ?? undefined,
  }));
  return [...own, ...exceptionsOf(detections)];
}

/** Adds to what was hidden before. */
export async function addHits(tx: Transaction<Tables>, counts: HiddenCounts, now: Date): Promise<void> {
  const at = now.toISOString();
  for (const [id, { count, recent }] of counts) {
    const row = await tx
      .selectFrom('exception_hits')
      .select('recent')
      .where('exception_id', '=', id)
      .executeTakeFirst();
    const before = row === undefined ? [] : (JSON.parse(row.recent) as readonly unknown[]);
    const kept = JSON.stringify([...recent.map((one) => ({ ...one, at })), ...before].slice(0, KEPT_EVENTS));
    await tx
      .insertInto('exception_hits')
      .values({ exception_id: id, hidden: count, last_hidden_at: at, recent: kept })
      .onConflict((conflict) =>
        conflict.column('exception_id').doUpdateSet((eb) => ({
          hidden: eb('exception_hits.hidden', '+', count),
          last_hidden_at: at,
          recent: kept,
        })),
      )
      .execute();
  }
}
