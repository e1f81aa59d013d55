/** Rules that were switched off because they kept failing: kept until the user enables them, or changes their code. */
import type { Transaction } from 'kysely';
import type { Tables } from '../../ports/state/tables.ts';

export interface Fault {
  readonly id: string;
  readonly version: string;
  readonly reason: string;
}

/** Disables rules, unless they have been changed meanwhile. */
export async function switchOff(tx: Transaction<Tables>, faults: readonly Fault[], now: Date): Promise<void> {
  const at = now.toISOString();
  for (const { id, version, reason } of faults) {
    const { numUpdatedRows } = await tx
      .updateTable('detections')
      .set({ enabled: 0, updated_at: at, updated_by: 'system' })
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) continue;
    const text = reason.replaceAll('\0', '\ufffd');
    await tx
      .insertInto('detection_faults')
      .values({ detection_id: id, version, reason: text, at })
      .onConflict((conflict) => conflict.column('detection_id').doUpdateSet({ version, reason: text, at }))
      .execute();
  }
}

/** A rule whose code has changed is given another try. */
export async function tryAgain(tx: Transaction<Tables>, id: string): Promise<void> {
  const { numDeletedRows } = await tx.deleteFrom('detection_faults').where('detection_id', '=', id).executeTakeFirst();
  if (numDeletedRows > 0n) await tx.updateTable('detections').set({ enabled: 1 }).where('id', '=', id).execute();
}
