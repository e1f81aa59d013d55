/**
 * The file of `sqlite-queue.ts` for tools: messages move from one queue to another in one transaction, without being
 * received. Panther may run meanwhile; its own consumers see each message in one queue or the other.
 */
import { existsSync } from 'node:fs';
import { UserError } from '../../core/errors.ts';
import { immediately, openSqlite, type SqliteFile, whenUnlocked } from './sqlite.ts';

export interface StoredMessage {
  readonly id: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Date;
  /** Why it is in a dead-letter queue. */
  readonly reason?: string;
  /** Where it stands in its queue; changes when somebody receives it. */
  readonly visibleAt: number;
}

/** Behind the message with this place. */
export interface Place {
  readonly visibleAt: number;
  readonly id: number;
}

export interface SqliteRawQueue {
  names(): readonly string[];
  /** Messages that nobody has in work, visible at `until` at the latest, in their queue's order. */
  page(queue: string, behind: Place | undefined, until: Date, limit: number): Promise<readonly StoredMessage[]>;
  /** How many messages `page` gives out until then, and how many it does not. */
  counts(queue: string, until: Date): { readonly visible: number; readonly hidden: number };
  /** As if they were sent now: received never, without the reason. False: somebody has taken the message meanwhile. */
  move(from: string, to: string, messages: readonly StoredMessage[], now: Date): Promise<readonly boolean[]>;
  close(): void;
}

/** @throws UserError when there is no such file: tools do not make one. */
export function openSqliteRawQueue(path: string): SqliteRawQueue {
  if (!existsSync(path)) throw new UserError(`there are no queues of a Panther: ${path} does not exist`);
  return new RawFile(openSqlite(path, 'FULL'));
}

interface Row {
  readonly id: number;
  readonly body: string;
  readonly attributes: string;
  readonly sent_at: number;
  readonly visible_at: number;
  readonly last_error: string | null;
}

class RawFile implements SqliteRawQueue {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  names(): readonly string[] {
    const rows = this.#file.prepare('SELECT name FROM queues ORDER BY name').all();
    return rows.map(({ name }) => String(name));
  }

  async page(queue: string, behind: Place | undefined, until: Date, limit: number): Promise<readonly StoredMessage[]> {
    const { visibleAt, id } = behind ?? { visibleAt: -1, id: 0 };
    const select = this.#file.prepare(
      `SELECT id, body, attributes, sent_at, visible_at, last_error FROM messages
       WHERE queue = ? AND visible_at <= ? AND (visible_at, id) > (?, ?) ORDER BY visible_at, id LIMIT ?`,
    );
    const rows = await whenUnlocked(this.#file.path, () => select.all(queue, until.getTime(), visibleAt, id, limit));
    return (rows as unknown as Row[]).map(storedMessage);
  }

  counts(queue: string, until: Date): { readonly visible: number; readonly hidden: number } {
    const row = this.#file
      .prepare(
        'SELECT count(*) AS total, count(*) FILTER (WHERE visible_at <= ?) AS visible FROM messages WHERE queue = ?',
      )
      .get(until.getTime(), queue);
    const visible = Number(row?.visible);
    return { visible, hidden: Number(row?.total) - visible };
  }

  move(from: string, to: string, messages: readonly StoredMessage[], now: Date): Promise<readonly boolean[]> {
    const update = this.#file.prepare(
      `UPDATE messages SET queue = ?, receives = 0, interruptions = 0, receipt = NULL, last_error = NULL,
       sent_at = ?, visible_at = ? WHERE id = ? AND queue = ? AND visible_at = ?`,
    );
    const at = now.getTime();
    return immediately(this.#file, () =>
      messages.map(({ id, visibleAt }) => update.run(to, at, at, id, from, visibleAt).changes === 1),
    );
  }

  close(): void {
    this.#file.close();
  }
}

function storedMessage(row: Row): StoredMessage {
  return {
    id: row.id,
    body: row.body,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    sentAt: new Date(row.sent_at),
    visibleAt: row.visible_at,
    ...(row.last_error === null ? {} : { reason: row.last_error }),
  };
}
