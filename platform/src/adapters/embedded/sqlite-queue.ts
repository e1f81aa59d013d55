/**
 * Queues in one SQLite file. A send is on the disk when it returns; sends and deletes that come together share one
 * commit. Every thread and process opens its own: those of one process wake each other up, others look every 50 ms.
 * This file is long because the statements and the rules they keep are read together.
 */
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { UserError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  deadLetterQueue,
  type OutgoingMessage,
  type Queue,
  type QueueCounts,
  type QueueMessage,
  type QueueOptions,
} from '../../ports/queue.ts';
import { GroupCommit } from './group-commit.ts';
import { createQueueWakeUp } from './queue-wake-up.ts';
import { immediately, openSqlite, type SqliteFile, whenUnlocked } from './sqlite.ts';

/** As in SQS, so that what works here works there. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_ATTRIBUTES = 10;
const MAX_RECEIVE = 10;
const MAX_DELAY_MS = 900_000;
const MAX_PEEK = 100;
/** A message that was in work at so many crashes may well be their cause: from then on they count as receives. */
const MAX_INTERRUPTIONS = 20;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY, visibility_ms INTEGER NOT NULL, max_receives INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
    sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0, receipt TEXT, last_error TEXT
  );
  CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_at, id);
  CREATE INDEX IF NOT EXISTS messages_by_age ON messages (queue, sent_at);
  CREATE UNIQUE INDEX IF NOT EXISTS messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;
`;

interface MessageRow {
  readonly id: number;
  readonly body: string;
  readonly attributes: string;
  readonly sent_at: number;
  readonly receives: number;
  readonly receipt: string | null;
  readonly last_error: string | null;
}

interface QueueRow {
  readonly visibility_ms: number;
  readonly max_receives: number | null;
}

export interface SqliteQueue extends Queue {
  /**
   * Makes what was in flight visible again. Only for the owner of the file, at its start, before anybody receives: who
   * had received these messages does not exist any more. Being interrupted does not count as a receive.
   */
  recover(): Promise<number>;
  /** What every message of a queue says, also of those in flight. Only for the owner of the file, at its start. */
  bodies(queue: string): Iterable<string>;
  close(): Promise<void>;
}

export async function openSqliteQueue(options: { readonly path: string; readonly clock: Clock }): Promise<SqliteQueue> {
  const durable = openSqlite(options.path, 'FULL');
  await whenUnlocked(options.path, () => durable.db.exec(SCHEMA));
  // Who has received a message need not survive a crash of the machine: it comes back, as it would after a time-out.
  const volatile = openSqlite(options.path, 'NORMAL');
  const wakeUp = createQueueWakeUp(realpathSync(options.path));
  return new FileQueue(durable, volatile, wakeUp, () => options.clock.now().getTime());
}

class FileQueue implements SqliteQueue {
  readonly #durable: SqliteFile;
  readonly #volatile: SqliteFile;
  readonly #commits: GroupCommit;
  readonly #wakeUp: ReturnType<typeof createQueueWakeUp>;
  readonly #now: () => number;
  #isClosed = false;

  constructor(
    durable: SqliteFile,
    volatile: SqliteFile,
    wakeUp: ReturnType<typeof createQueueWakeUp>,
    now: () => number,
  ) {
    this.#durable = durable;
    this.#volatile = volatile;
    this.#commits = new GroupCommit(durable);
    this.#wakeUp = wakeUp;
    this.#now = now;
  }

  async ensure(queue: string, options: QueueOptions): Promise<void> {
    const upsert = this.#durable.prepare(
      `INSERT INTO queues (name, visibility_ms, max_receives) VALUES (?, ?, ?) ON CONFLICT (name)
       DO UPDATE SET visibility_ms = excluded.visibility_ms, max_receives = excluded.max_receives`,
    );
    await this.#commits.run(() => {
      upsert.run(queue, options.visibilityTimeoutMs, options.maxReceiveCount);
      upsert.run(deadLetterQueue(queue), options.visibilityTimeoutMs, null);
    });
  }

  async list(): Promise<readonly string[]> {
    const rows = this.#volatile.prepare('SELECT name FROM queues ORDER BY name').all();
    return rows.map((row) => String(row.name));
  }

  async send(queue: string, messages: readonly OutgoingMessage[]) {
    const refused = messages.flatMap((message, index) => {
      const reason = refusal(message);
      return reason === undefined ? [] : [{ index, reason }];
    });
    const indexes = new Set(refused.map(({ index }) => index));
    const accepted = messages.filter((_, index) => !indexes.has(index));
    await this.#commits.run(() => {
      this.#queueRow(queue);
      for (const message of accepted) this.#insert(queue, message);
    });
    if (accepted.length > 0) this.#wakeUp.announce(queue);
    return refused;
  }

  #insert(queue: string, message: OutgoingMessage): void {
    const now = this.#now();
    this.#durable
      .prepare('INSERT INTO messages (queue, body, attributes, sent_at, visible_at) VALUES (?, ?, ?, ?, ?)')
      .run(queue, message.body, JSON.stringify(message.attributes ?? {}), now, now + (message.delayMs ?? 0));
  }

  async receive(
    queue: string,
    options: { readonly maxMessages: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly QueueMessage[]> {
    const deadline = performance.now() + options.waitMs;
    while (options.signal?.aborted !== true && !this.#isClosed) {
      const waiter = this.#wakeUp.listen(queue, options.signal);
      const messages = await this.#take(queue, Math.min(options.maxMessages, MAX_RECEIVE));
      const leftMs = deadline - performance.now();
      if (messages.length > 0 || leftMs <= 0) {
        waiter.cancel();
        return messages;
      }
      await waiter.wait(leftMs);
    }
    return [];
  }

  /** Looks without a lock first: an idle consumer writes nothing. */
  async #take(queue: string, limit: number): Promise<QueueMessage[]> {
    const { visibility_ms, max_receives } = this.#queueRow(queue);
    const file = this.#volatile;
    const due = file.prepare(
      'SELECT id, receives FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?',
    );
    for (;;) {
      if (due.get(queue, this.#now(), 1) === undefined) return [];
      const taken = await immediately(file, () => {
        const now = this.#now();
        const rows = due.all(queue, now, limit) as unknown as { id: number; receives: number }[];
        const spent = rows.filter((row) => max_receives !== null && row.receives >= max_receives);
        for (const { id, receives } of spent) this.#bury(file, id, `was received ${receives} times and never finished`);
        const fresh = rows.filter((row) => !spent.includes(row));
        return { found: rows.length, messages: fresh.map(({ id }) => this.#mark(id, now + visibility_ms)) };
      });
      if (taken.messages.length > 0 || taken.found === 0) return taken.messages;
    }
  }

  #mark(id: number, visibleAt: number): QueueMessage {
    const row = this.#volatile
      .prepare('UPDATE messages SET receives = receives + 1, receipt = ?, visible_at = ? WHERE id = ? RETURNING *')
      .get(`${id}.${randomUUID()}`, visibleAt, id);
    return message(row as unknown as MessageRow);
  }

  /** Moves a message to the dead-letter queue; what its last attempt said stays beside it. */
  #bury(file: SqliteFile, id: number, reason: string): void {
    file
      .prepare(
        `UPDATE messages SET queue = queue || '-dlq', receives = 0, receipt = NULL, visible_at = ?,
         last_error = coalesce(last_error, ?) WHERE id = ?`,
      )
      .run(this.#now(), reason, id);
  }

  async delete(_queue: string, receipts: readonly string[]): Promise<void> {
    await this.#commits.run(() => {
      const statement = this.#durable.prepare('DELETE FROM messages WHERE receipt = ?');
      for (const receipt of receipts) statement.run(receipt);
    });
  }

  extend(_queue: string, receipt: string, timeoutMs: number): Promise<boolean> {
    return whenUnlocked(this.#volatile.path, () => {
      const now = this.#now();
      const { changes } = this.#volatile
        .prepare('UPDATE messages SET visible_at = ? WHERE receipt = ? AND visible_at > ?')
        .run(now + timeoutMs, receipt, now);
      return changes > 0;
    });
  }

  async release(queue: string, receipt: string, failure: { readonly error: string; readonly delayMs: number }) {
    const { max_receives } = this.#queueRow(queue);
    const release = this.#durable.prepare(
      'UPDATE messages SET last_error = ?, receipt = NULL, visible_at = ? WHERE receipt = ? RETURNING id, receives',
    );
    await this.#commits.run(() => {
      const row = release.get(failure.error, this.#now() + failure.delayMs, receipt);
      const isSpent = row !== undefined && max_receives !== null && Number(row.receives) >= max_receives;
      if (isSpent) this.#bury(this.#durable, Number(row.id), failure.error);
    });
    this.#announceWithDeadLetters(queue);
  }

  async reject(queue: string, receipt: string, error: string): Promise<void> {
    await this.#commits.run(() => {
      const row = this.#durable
        .prepare('UPDATE messages SET last_error = ? WHERE receipt = ? RETURNING id')
        .get(error, receipt);
      if (row !== undefined) this.#bury(this.#durable, Number(row.id), error);
    });
    this.#announceWithDeadLetters(queue);
  }

  #announceWithDeadLetters(queue: string): void {
    this.#wakeUp.announce(queue);
    this.#wakeUp.announce(deadLetterQueue(queue));
  }

  async peek(queue: string, limit: number): Promise<readonly Omit<QueueMessage, 'receipt'>[]> {
    this.#queueRow(queue);
    const rows = this.#volatile
      .prepare('SELECT * FROM messages WHERE queue = ? ORDER BY sent_at, id LIMIT ?')
      .all(queue, Math.min(limit, MAX_PEEK)) as unknown as MessageRow[];
    return rows.map((row) => {
      const { receipt: _, ...rest } = message(row);
      return rest;
    });
  }

  async purge(queue: string): Promise<void> {
    this.#queueRow(queue);
    await this.#commits.run(() => this.#durable.prepare('DELETE FROM messages WHERE queue = ?').run(queue));
  }

  async counts(queue: string): Promise<QueueCounts> {
    this.#queueRow(queue);
    const now = this.#now();
    const row = this.#volatile
      .prepare(
        `SELECT (SELECT count(*) FROM messages WHERE queue = :queue AND visible_at <= :now) AS visible,
         (SELECT count(receipt) FROM messages WHERE queue = :queue AND visible_at > :now) AS in_flight,
         (SELECT count(*) - count(receipt) FROM messages WHERE queue = :queue AND visible_at > :now) AS delayed,
         (SELECT min(sent_at) FROM messages WHERE queue = :queue) AS oldest`,
      )
      .get({ queue, now });
    const oldest = row?.oldest;
    return {
      visible: Number(row?.visible),
      inFlight: Number(row?.in_flight),
      delayed: Number(row?.delayed),
      oldestMessageAgeMs: typeof oldest === 'number' ? Math.max(0, now - oldest) : 0,
    };
  }

  #queueRow(queue: string): QueueRow {
    const row = this.#volatile.prepare('SELECT visibility_ms, max_receives FROM queues WHERE name = ?').get(queue);
    if (row === undefined) throw new UserError(`there is no queue ${queue}`);
    return row as unknown as QueueRow;
  }

  recover(): Promise<number> {
    return this.#commits.run(() => {
      const { changes } = this.#durable
        .prepare(
          `UPDATE messages SET receipt = NULL, visible_at = ?, interruptions = interruptions + 1,
           receives = max(0, receives - (interruptions < ${MAX_INTERRUPTIONS})) WHERE receipt IS NOT NULL`,
        )
        .run(this.#now());
      return Number(changes);
    });
  }

  *bodies(queue: string): Generator<string> {
    const rows = this.#volatile.prepare('SELECT body FROM messages WHERE queue = ?').iterate(queue);
    for (const row of rows) yield String(row.body);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wakeUp.close();
    await this.#commits.settled();
    this.#durable.close();
    this.#volatile.close();
  }
}

function refusal(message: OutgoingMessage): string | undefined {
  const bytes = Buffer.byteLength(message.body);
  if (bytes === 0) return 'the body is empty';
  if (bytes > MAX_BODY_BYTES) return `the body has ${bytes} bytes, more than ${MAX_BODY_BYTES}`;
  const attributes = Object.keys(message.attributes ?? {}).length;
  if (attributes > MAX_ATTRIBUTES) return `there are ${attributes} attributes, more than ${MAX_ATTRIBUTES}`;
  const delayMs = message.delayMs ?? 0;
  return delayMs >= 0 && delayMs <= MAX_DELAY_MS
    ? undefined
    : `the delay of ${delayMs} ms is not between 0 and ${MAX_DELAY_MS}`;
}

function message(row: MessageRow): QueueMessage {
  return {
    id: String(row.id),
    receipt: row.receipt ?? '',
    body: row.body,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    receiveCount: row.receives,
    sentAt: new Date(row.sent_at),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
  };
}
