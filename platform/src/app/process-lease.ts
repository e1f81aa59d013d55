/**
 * Which processes live, where several share the state. Each writes a sign of life; whose sign has not changed for a
 * while is dead, by the reader's own measure of time, so that wrong clocks do no harm. A process that was only paused
 * finds its pending lake files gone: its commit fails as a whole and is tried again.
 */
import type { Catalog } from '../lake/catalog.ts';
import type { State } from '../ports/state/state.ts';

/** Hexadecimal digits that name a process; commits carry them in their ids. */
export const PROCESS_ID_LENGTH = 8;
const KEY = 'process:';

export interface ProcessLease {
  /** Writes the sign of life. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** @param id of this process, or thread: 8 hexadecimal digits */
export async function openLease(state: State, id: string): Promise<ProcessLease> {
  let beats = 0;
  const key = KEY + id;
  async function renew(): Promise<void> {
    beats += 1;
    const value = String(beats);
    await state.db
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  }
  await renew();
  return { renew, release: async () => void (await state.db.deleteFrom('settings').where('key', '=', key).execute()) };
}

/** Renews until it is stopped; then gives the lease back. A renewal that fails is not the last one. */
export function keepLease(lease: ProcessLease, everyMs: number): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = lease.renew().catch(() => {});
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
      await lease.release().catch(() => {});
    },
  };
}

export interface DeadProcesses {
  /** Removes what processes left that died; resolves to the number of lake files. */
  clean(): Promise<number>;
}

/** The id of the process that made a commit: the end of its id, before the number of an attempt. */
export function processOfCommit(commitId: string): string {
  const nonce = /-([0-9a-f]{16})(?:-r\d+)?$/.exec(commitId)?.[1];
  return nonce?.slice(0, PROCESS_ID_LENGTH) ?? '';
}

export function createDeadProcesses(
  { state, catalog }: { readonly state: State; readonly catalog: Pick<Catalog, 'discardPending'> },
  leaseMs: number,
): DeadProcesses {
  const seen = new Map<string, { readonly sign: string; readonly at: number }>();

  /** Whether it has shown the same sign since longer than a lease. */
  function isDead(id: string, sign: string): boolean {
    const last = seen.get(id);
    const now = performance.now();
    if (last?.sign === sign) return now - last.at >= leaseMs;
    seen.set(id, { sign, at: now });
    return false;
  }

  return {
    async clean() {
      const leases = await state.db.selectFrom('settings').selectAll().where('key', 'like', `${KEY}%`).execute();
      const signs = new Map(leases.map(({ key, value }) => [key.slice(KEY.length), value]));
      const pending = await state.db
        .selectFrom('lake_files')
        .select('commit_id')
        .distinct()
        .where('status', '=', 'pending')
        .execute();
      for (const { commit_id } of pending) {
        const id = processOfCommit(commit_id);
        if (!signs.has(id)) signs.set(id, '');
      }
      for (const id of seen.keys()) if (!signs.has(id)) seen.delete(id);
      const dead = new Set([...signs].filter(([id, sign]) => isDead(id, sign)).map(([id]) => id));
      let count = 0;
      for (const { commit_id } of pending) {
        if (dead.has(processOfCommit(commit_id))) count += await catalog.discardPending({ commitId: commit_id });
      }
      for (const id of dead)
        await state.db
          .deleteFrom('settings')
          .where('key', '=', KEY + id)
          .execute();
      return count;
    },
  };
}
