/** Sends what commits owe to queues: at least once, in order, in bounded batches. */
import type { OutgoingMessage, Queue } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { OutboxTable } from '../ports/state/tables.ts';

export interface OutboxDeps {
  readonly state: State;
  readonly queue: Queue;
  readonly log: { warn(fields: object, message: string): void };
}

type Row = Omit<OutboxTable, 'id'> & { readonly id: number };

const BATCH = 100;
/** The most that a queue takes in one call on every adapter. */
const SEND = 10;

interface Relay {
  readonly running: Promise<number>;
  next?: Promise<number>;
}

/** One relay at a time for each state: two would read, and send, the same rows. */
const relays = new WeakMap<State, Relay>();

/**
 * Sends everything that is in the outbox and deletes it once its queue has accepted it; returns how many were sent.
 * What a queue refuses stays, and what follows it for that queue stays behind it until the next call.
 */
export function relayOutbox(deps: OutboxDeps): Promise<number> {
  const relay = relays.get(deps.state);
  if (relay === undefined) return startRelay(deps);
  // What was committed after the running relay has read is sent by the one after it, which all later callers share.
  relay.next ??= relay.running.catch(() => {}).then(() => startRelay(deps));
  return relay.next;
}

function startRelay(deps: OutboxDeps): Promise<number> {
  const relay: Relay = { running: sendAll(deps) };
  relays.set(deps.state, relay);
  const end = () => {
    if (relays.get(deps.state) === relay && relay.next === undefined) relays.delete(deps.state);
  };
  relay.running.then(end, end);
  return relay.running;
}

async function sendAll(deps: OutboxDeps): Promise<number> {
  const stuck = new Set<string>();
  for (let sent = 0; ; ) {
    const rows = await readBatch(deps.state, stuck);
    for (const [queue, queued] of Map.groupBy(rows, (row) => row.queue)) {
      const accepted = await sendInOrder(deps, queue, queued);
      if (accepted < queued.length) stuck.add(queue);
      sent += accepted;
    }
    if (rows.length < BATCH) return sent;
  }
}

function readBatch(state: State, stuck: ReadonlySet<string>): Promise<Row[]> {
  const query = state.db.selectFrom('outbox').selectAll().orderBy('id').limit(BATCH);
  return (stuck.size === 0 ? query : query.where('queue', 'not in', [...stuck])).execute();
}

async function sendInOrder(deps: OutboxDeps, queue: string, rows: readonly Row[]): Promise<number> {
  for (let start = 0; start < rows.length; start += SEND) {
    const chunk = rows.slice(start, start + SEND);
    const refused = await deps.queue.send(queue, chunk.map(toMessage));
    const indexes = new Set(refused.map(({ index }) => index));
    const accepted = chunk.filter((_, index) => !indexes.has(index));
    await remove(deps.state, accepted);
    if (refused.length > 0) {
      deps.log.warn({ queue, refused: refused.length, reason: refused[0]?.reason }, 'queue refused messages');
      return start + accepted.length;
    }
  }
  return rows.length;
}

function toMessage(row: Row): OutgoingMessage {
  return { body: row.body, attributes: JSON.parse(row.attributes) as Record<string, string> };
}

async function remove(state: State, rows: readonly Row[]): Promise<void> {
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await state.db.deleteFrom('outbox').where('id', 'in', ids).execute();
}

/** Relays until the signal aborts: what a crash left behind, and what other processes commit. */
export async function runOutboxRelay(deps: OutboxDeps, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await relayOutbox(deps);
    } catch (error) {
      deps.log.warn({ error }, 'outbox could not be relayed; it is tried again');
    }
    await pause(intervalMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
