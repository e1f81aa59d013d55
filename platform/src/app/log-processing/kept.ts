/** Hands quarantined records to the log processor again. */
import type { InputObject } from '../../core/unit.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Queue } from '../../ports/queue.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import type { State } from '../../ports/state/state.ts';

/** Every kept object of a source with quarantined records that were not stored since, unless some are named. */
export async function reprocessKept(
  deps: { readonly state: State; readonly queue: Queue; readonly objects: Objects; nonce(): string },
  sourceId: string,
  objectKeys?: readonly string[],
): Promise<{ readonly objects: number; readonly records: number }> {
  let query = deps.state.db
    .selectFrom('kept_records')
    .select(['object_key', 'quarantined', 'bytes'])
    .where('source_id', '=', sourceId)
    .where('quarantined', '>', 0)
    .where('reprocessed_at', 'is', null);
  if (objectKeys !== undefined) query = query.where('object_key', 'in', [...objectKeys]);
  const rows = objectKeys?.length === 0 ? [] : await query.execute();
  // One attempt is one unit: a repeat of its message does nothing, a later attempt is another.
  const attempt = deps.nonce();
  for (const row of rows) {
    const object: InputObject = {
      sourceId,
      bucket: BUCKETS.quarantine,
      key: row.object_key,
      sizeBytes: (await deps.objects.head(BUCKETS.quarantine, row.object_key))?.sizeBytes ?? -1,
      version: attempt,
    };
    await deps.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
  }
  return { objects: rows.length, records: rows.reduce((sum, row) => sum + row.quarantined, 0) };
}
