/** Messages of a data folder's queues, for `requeue`: they move in one transaction, and nobody has to receive them. */
import { resolve } from 'node:path';
import {
  openSqliteRawQueue,
  type Place,
  type SqliteRawQueue,
  type StoredMessage,
} from '../../adapters/embedded/sqlite-raw-queue.ts';
import type { MessagesOptions, OpenMessages } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import type { MessageSource } from '../../operations/requeue/requeue.ts';
import { dataDir } from '../data-dir.ts';

/** Moved in one transaction, which Panther waits for. */
const BATCH = 500;

export async function openStoredMessages({ from, to }: MessagesOptions, root: string): Promise<OpenMessages> {
  const file = openSqliteRawQueue(dataDir(resolve(root)).queueFile);
  try {
    checkQueue(file, 'source', from, root);
    checkQueue(file, 'destination', to, root);
  } catch (error) {
    file.close();
    throw error;
  }
  const startedAt = new Date();
  return {
    source: storedSource(file, from, to, startedAt),
    visible: file.counts(from, startedAt).visible,
    maxConcurrency: 1,
    close: async () => file.close(),
  };
}

function checkQueue(file: SqliteRawQueue, kind: string, queue: string, root: string): void {
  const names = file.names();
  if (names.includes(queue)) return;
  throw new UserError(`cannot find ${kind} queue ${queue} in ${root}; queues: ${names.join(', ')}`);
}

function storedSource(file: SqliteRawQueue, from: string, to: string, startedAt: Date): MessageSource<StoredMessage> {
  let behind: Place | undefined;
  return {
    batchSize: BATCH,
    async take(maxMessages) {
      const messages = await file.page(from, behind, startedAt, maxMessages);
      behind = messages.at(-1) ?? behind;
      return messages;
    },
    async move(messages) {
      const areMoved = await file.move(from, to, messages, new Date());
      return areMoved.flatMap((isMoved, index) => (isMoved ? [] : [{ index, reason: 'somebody has received it' }]));
    },
    async leave() {},
    async end() {},
    notes() {
      const { hidden } = file.counts(from, startedAt);
      return hidden === 0
        ? []
        : [`${hidden} messages in ${from} were not looked at: in work, delayed, or new since the start`];
    },
  };
}
