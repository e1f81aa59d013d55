/** Which windows were decided, of correlations that are decided at the end of a window: each once, whatever comes late. */
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../../ports/state/tables.ts';

/** Groups → the end of their newest window that was decided, ms since the epoch. */
export type DecidedUntil = ReadonlyMap<string, number>;

export async function readDecided(db: Kysely<Tables>, detectionId: string): Promise<DecidedUntil> {
  const rows = await db
    .selectFrom('correlation_windows')
    .select(['key', 'decided_until'])
    .where('detection_id', '=', detectionId)
    .execute();
  return new Map(rows.map(({ key, decided_until }) => [key, Date.parse(decided_until)]));
}

/** Inside the transaction of the matches. What ended before `before` can get no event any more. */
export async function keepDecided(
  tx: Transaction<Tables>,
  detectionId: string,
  decided: DecidedUntil,
  before: Date,
): Promise<void> {
  for (const [key, ms] of decided) {
    const decided_until = new Date(ms).toISOString();
    await tx
      .insertInto('correlation_windows')
      .values({ detection_id: detectionId, key, decided_until })
      .onConflict((same) => same.columns(['detection_id', 'key']).doUpdateSet({ decided_until }))
      .execute();
  }
  await tx
    .deleteFrom('correlation_windows')
    .where('detection_id', '=', detectionId)
    .where('decided_until', '<', before.toISOString())
    .execute();
}
