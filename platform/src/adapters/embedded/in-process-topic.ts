/** Fan-out straight into the embedded queues. Subscriptions are kept in a table beside them. */
import type { Queue } from '../../ports/queue.ts';
import type { Topic, TopicFilter } from '../../ports/topic.ts';
import { immediately, openSqlite, type SqliteFile, whenUnlocked } from './sqlite.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS subscriptions (
  topic TEXT NOT NULL, queue TEXT NOT NULL, filter TEXT NOT NULL, PRIMARY KEY (topic, queue)
) WITHOUT ROWID`;

export interface InProcessTopic extends Topic {
  close(): Promise<void>;
}

/** @param options.path the file of the queues */
export async function openInProcessTopic(options: {
  readonly path: string;
  readonly queue: Queue;
}): Promise<InProcessTopic> {
  const file = openSqlite(options.path, 'FULL');
  await whenUnlocked(options.path, () => file.db.exec(SCHEMA));
  return {
    subscribe: (topic, queue, filter) => subscribe(file, topic, queue, filter ?? {}),
    unsubscribe: (topic, queue) =>
      immediately(
        file,
        () => void file.prepare('DELETE FROM subscriptions WHERE topic = ? AND queue = ?').run(topic, queue),
      ),
    publish: (topic, message) => publish(file, options.queue, topic, message),
    close: async () => file.close(),
  };
}

function subscribe(file: SqliteFile, topic: string, queue: string, filter: TopicFilter): Promise<void> {
  const upsert = `INSERT INTO subscriptions (topic, queue, filter) VALUES (?, ?, ?)
    ON CONFLICT (topic, queue) DO UPDATE SET filter = excluded.filter`;
  return immediately(file, () => void file.prepare(upsert).run(topic, queue, JSON.stringify(filter)));
}

async function publish(file: SqliteFile, queue: Queue, topic: string, message: Parameters<Topic['publish']>[1]) {
  const rows = file.prepare('SELECT queue, filter FROM subscriptions WHERE topic = ? ORDER BY queue').all(topic);
  for (const row of rows) {
    if (!matches(JSON.parse(String(row.filter)) as TopicFilter, message.attributes ?? {})) continue;
    const [refused] = await queue.send(String(row.queue), [message]);
    if (refused !== undefined)
      throw new Error(`queue ${String(row.queue)} refused a message of topic ${topic}: ${refused.reason}`);
  }
}

function matches(filter: TopicFilter, attributes: Readonly<Record<string, string>>): boolean {
  return Object.entries(filter).every(([name, values]) => {
    const value = attributes[name];
    return value !== undefined && values.includes(value);
  });
}
