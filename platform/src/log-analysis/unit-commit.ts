/**
 * The commit of the log processor: one state transaction that makes the effects of a group of units durable together.
 * The primary key of `units` lets one attempt at a unit win; whatever loses leaves no trace.
 */
import type { Transaction } from 'kysely';
import type { LogEvent } from '../core/event.ts';
import type { InputObject, UnitCounts } from '../core/unit.ts';
import type { State } from '../ports/state/state.ts';
import type { Tables } from '../ports/state/tables.ts';
import type { KeptObject } from './kept-records.ts';

/** A source as the log processor needs it. */
export interface ProcessorSource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly logTypes: readonly string[];
}

/** What processing one object gave, besides its effects. */
export interface UnitOutcome {
  readonly counts: UnitCounts;
  readonly kept: KeptObject | undefined;
  /** Earlier kept objects whose records this unit has taken over. */
  readonly supersedes?: readonly string[];
}

export interface Unit {
  readonly id: string;
  readonly object: InputObject;
  readonly source: ProcessorSource;
}

export interface CommittedUnit extends Unit {
  readonly outcome: UnitOutcome;
}

/** What the events of one commit lead to: rows of the lake, matches, alerts. Composed by the application. */
export interface Effects {
  take(event: LogEvent): void;
  /** Something to wait for before more events are given, so that memory stays bounded. */
  pressure(): Promise<void> | undefined;
  /** Makes everything durable that becomes visible with the commit. Called again after a conflict. */
  prepare(): Promise<void>;
  /** The effects' part of the commit. Throws `CommitConflict` when what was prepared no longer holds. */
  apply(tx: Transaction<Tables>): Promise<void>;
  /** After the commit. */
  committed(): void;
  /** After a failure: removes what was prepared. */
  abort(): Promise<void>;
  /** Always, at last. */
  close(): Promise<void>;
}

/** Another commit changed what this one had prepared for: prepare again. */
export class CommitConflict extends Error {
  override readonly name = 'CommitConflict';
}

const MAX_ATTEMPTS = 8;

export interface Commit {
  readonly id: string;
  readonly units: readonly CommittedUnit[];
  readonly effects: Effects;
}

/** Prepares and commits, again as long as other commits get in between. */
export async function commitUnits(state: State, { id, units, effects }: Commit, now: () => Date): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await effects.prepare();
    try {
      return await state.transaction(async (tx) => {
        const at = now().toISOString();
        await insertUnits(tx, id, units, at);
        await addToSources(tx, units, at);
        await insertKept(tx, units, at);
        await effects.apply(tx);
      });
    } catch (error) {
      if (!(error instanceof CommitConflict) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Fails on its primary key when another attempt at the unit was faster; then nothing of this one is kept. */
async function insertUnits(
  tx: Transaction<Tables>,
  commitId: string,
  units: readonly CommittedUnit[],
  now: string,
): Promise<void> {
  for (const { id, object, outcome } of units) {
    await tx
      .insertInto('units')
      .values({
        id,
        source_id: object.sourceId,
        bucket: object.bucket,
        key: object.key,
        version: object.version,
        size_bytes: object.sizeBytes,
        commit_id: commitId,
        ...outcome.counts,
        committed_at: now,
      })
      .execute();
  }
}

async function addToSources(tx: Transaction<Tables>, units: readonly CommittedUnit[], now: string): Promise<void> {
  for (const { source, outcome } of units) {
    const { counts } = outcome;
    await tx
      .updateTable('sources')
      .set((eb) => ({
        received: eb('received', '+', counts.received),
        stored: eb('stored', '+', counts.stored),
        quarantined: eb('quarantined', '+', counts.quarantined),
        rejected: eb('rejected', '+', counts.rejected),
        events: eb('events', '+', counts.events),
        bytes: eb('bytes', '+', counts.bytes),
        ...(counts.events > 0 ? { last_event_at: now } : {}),
      }))
      .where('id', '=', source.id)
      .execute();
  }
}

async function insertKept(tx: Transaction<Tables>, units: readonly CommittedUnit[], now: string): Promise<void> {
  for (const { id, source, outcome } of units) {
    for (const key of outcome.supersedes ?? []) {
      await tx.updateTable('kept_records').set({ reprocessed_at: now }).where('object_key', '=', key).execute();
    }
    if (outcome.kept === undefined) continue;
    const { objectKey, ...kept } = outcome.kept;
    await tx
      .insertInto('kept_records')
      .values({
        object_key: objectKey,
        unit_id: id,
        source_id: source.id,
        ...kept,
        created_at: now,
        reprocessed_at: null,
      })
      .execute();
  }
}
