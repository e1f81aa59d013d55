/**
 * Schedules and their runs in the state. Whoever holds the lease of a schedule runs it; a run ends in the transaction
 * that makes its results durable, and only while the lease is still held. So a run that was killed is run again by
 * whoever comes next, and one that was taken over leaves nothing behind.
 */
import type { Kysely, Transaction } from 'kysely';
import { sha256Hex } from '../../core/ids.ts';
import type { ScheduledRunsTable, Tables } from '../../ports/state/tables.ts';

export interface Lease {
  readonly detectionId: string;
  readonly owner: string;
  /** Every run up to this time is over. */
  readonly position: Date;
}

export interface RunOutcome {
  readonly state: 'succeeded' | 'failed';
  readonly rows: number;
  readonly matches: number;
  /** There were more rows than a run takes. */
  readonly truncated: boolean;
  readonly error: string;
}

/** Another process has the schedule now: nothing of this run may be kept. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The same for every attempt at a run. */
export function runIdOf(detectionId: string, scheduledAt: Date): string {
  return sha256Hex([detectionId, scheduledAt.toISOString()].join('\0')).slice(0, 32);
}

/** A schedule that is new begins now: its first run is the next one. */
export async function addSchedules(db: Kysely<Tables>, ids: readonly string[], now: Date): Promise<void> {
  for (const detection_id of ids) {
    await db
      .insertInto('schedules')
      .values({ detection_id, position: now.toISOString(), owner: null, lease_until: null })
      .onConflict((conflict) => conflict.column('detection_id').doNothing())
      .execute();
  }
}

/** Of those that are switched off or gone: they begin anew if they come back. */
export async function removeSchedules(db: Kysely<Tables>, kept: ReadonlySet<string>, now: Date): Promise<void> {
  const rows = await db
    .selectFrom('schedules')
    .select('detection_id')
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', now.toISOString())]))
    .execute();
  for (const { detection_id } of rows) {
    if (!kept.has(detection_id)) await db.deleteFrom('schedules').where('detection_id', '=', detection_id).execute();
  }
}

/** Undefined while another has it. */
export async function claim(
  db: Kysely<Tables>,
  detectionId: string,
  owner: string,
  now: Date,
  leaseMs: number,
): Promise<Lease | undefined> {
  const { numUpdatedRows } = await db
    .updateTable('schedules')
    .set({ owner, lease_until: later(now, leaseMs) })
    .where('detection_id', '=', detectionId)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', now.toISOString())]))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  const row = await db
    .selectFrom('schedules')
    .select('position')
    .where('detection_id', '=', detectionId)
    .where('owner', '=', owner)
    .executeTakeFirst();
  return row && { detectionId, owner, position: new Date(row.position) };
}

/** False when another has it. */
export async function renew(db: Kysely<Tables>, { detectionId, owner }: Lease, now: Date, leaseMs: number) {
  const { numUpdatedRows } = await db
    .updateTable('schedules')
    .set({ lease_until: later(now, leaseMs) })
    .where('detection_id', '=', detectionId)
    .where('owner', '=', owner)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function giveBack(db: Kysely<Tables>, { detectionId, owner }: Lease): Promise<void> {
  await db
    .updateTable('schedules')
    .set({ owner: null, lease_until: null })
    .where('detection_id', '=', detectionId)
    .where('owner', '=', owner)
    .execute();
}

/** Records that an attempt begins. Undefined when the run is over already. */
export async function beginRun(
  db: Kysely<Tables>,
  run: Pick<ScheduledRunsTable, 'id' | 'detection_id' | 'cause' | 'scheduled_at'>,
  now: Date,
): Promise<ScheduledRunsTable | undefined> {
  const started_at = now.toISOString();
  await db
    .insertInto('scheduled_runs')
    .values({
      ...run,
      state: 'running',
      started_at,
      ended_at: null,
      attempts: 1,
      row_count: 0,
      matches: 0,
      truncated: 0,
      error: '',
    })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((eb) => ({ state: 'running', started_at, attempts: eb('scheduled_runs.attempts', '+', 1) }))
        .where('scheduled_runs.state', 'in', ['queued', 'running']),
    )
    .execute();
  const row = await db.selectFrom('scheduled_runs').selectAll().where('id', '=', run.id).executeTakeFirst();
  return row?.state === 'running' ? row : undefined;
}

/**
 * Ends a run, and moves its schedule on to it. Inside the transaction of its results.
 * @throws LeaseLost when another process has the schedule, or has ended the run.
 */
export async function endRun(
  tx: Transaction<Tables>,
  lease: Lease,
  run: Pick<ScheduledRunsTable, 'id' | 'cause' | 'scheduled_at'>,
  outcome: RunOutcome,
  now: Date,
): Promise<void> {
  const held = await tx
    .updateTable('schedules')
    .set(run.cause === 'schedule' ? { position: run.scheduled_at } : { owner: lease.owner })
    .where('detection_id', '=', lease.detectionId)
    .where('owner', '=', lease.owner)
    .executeTakeFirst();
  const ended = await tx
    .updateTable('scheduled_runs')
    .set({
      state: outcome.state,
      ended_at: now.toISOString(),
      row_count: outcome.rows,
      matches: outcome.matches,
      truncated: outcome.truncated ? 1 : 0,
      error: outcome.error.replaceAll('\0', '\ufffd').slice(0, 10_000),
    })
    .where('id', '=', run.id)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (held.numUpdatedRows === 1n && ended.numUpdatedRows === 1n) return;
  throw new LeaseLost(`the run of ${lease.detectionId} at ${run.scheduled_at} was taken over by another process`);
}

/** Runs that were missed and are not caught up, as one entry; their schedule moves on. */
export async function skipRuns(
  tx: Transaction<Tables>,
  lease: Lease,
  last: Date,
  count: number,
  now: Date,
): Promise<void> {
  const at = last.toISOString();
  await tx
    .insertInto('scheduled_runs')
    .values({
      id: runIdOf(lease.detectionId, last),
      detection_id: lease.detectionId,
      cause: 'schedule',
      scheduled_at: at,
      state: 'skipped',
      started_at: null,
      ended_at: now.toISOString(),
      attempts: 0,
      row_count: 0,
      matches: 0,
      truncated: 0,
      error: `Panther was not running: ${count} runs up to this one were left out, later ones are caught up`,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await tx
    .updateTable('schedules')
    .set({ position: at })
    .where('detection_id', '=', lease.detectionId)
    .where('owner', '=', lease.owner)
    .execute();
}

/** Asks for a run out of turn; the scheduler takes it up. */
export async function queueRun(db: Kysely<Tables>, detectionId: string, now: Date): Promise<string> {
  const id = runIdOf(`${detectionId}\0manual`, now);
  await db
    .insertInto('scheduled_runs')
    .values({
      id,
      detection_id: detectionId,
      cause: 'user',
      scheduled_at: now.toISOString(),
      state: 'queued',
      started_at: null,
      ended_at: null,
      attempts: 0,
      row_count: 0,
      matches: 0,
      truncated: 0,
      error: '',
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return id;
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
