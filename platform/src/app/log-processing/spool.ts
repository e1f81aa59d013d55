/**
 * The spool after a crash. An object is put before its message is sent, and deleted after its unit's commit: a process
 * that dies in between leaves one that nobody would look at again.
 */

import type { SqliteQueue } from '../../adapters/embedded/sqlite-queue.ts';
import { unitId } from '../../core/ids.ts';
import type { InputObject } from '../../core/unit.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import { deadLetterQueue, INPUT_QUEUE } from '../../ports/queue.ts';
import type { Adapters } from '../adapters.ts';

const PREFIX = 'spool/';

/** Only for the folder's owner, before anything is received. Resolves to how many objects were taken up again. */
export async function recoverSpool(adapters: Adapters, queue: SqliteQueue): Promise<number> {
  const { objects } = adapters;
  let waiting: ReadonlySet<string> | undefined;
  let count = 0;
  for await (const { key, sizeBytes, version } of objects.list(BUCKETS.inputData, PREFIX)) {
    const sourceId = key.slice(PREFIX.length).split('/')[0] ?? '';
    const object = { sourceId, bucket: BUCKETS.inputData, key, sizeBytes, version };
    const state = await stateOf(adapters, object);
    if (state === 'stored') await objects.delete(BUCKETS.inputData, key);
    if (state !== 'unknown') continue;
    waiting ??= await waitingKeys(queue);
    if (waiting.has(key)) continue;
    await queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
    count += 1;
  }
  return count;
}

/** Dead letters that are looked at: the most that a queue shows. */
const DEAD_LETTERS = 100;

/**
 * For a queue that other processes share, and that does not show what waits in it: an object that has lain in the spool
 * for long is sent once more by each process, at most once. What was in the queue all the same is done once.
 */
export function createSpoolSweep(adapters: Adapters, olderThanMs: number) {
  const { objects, queue } = adapters;
  const resent = new Set<string>();
  return async function sweep(now: Date): Promise<number> {
    const dead = new Set((await queue.peek(deadLetterQueue(INPUT_QUEUE), DEAD_LETTERS)).map(({ body }) => keyOf(body)));
    let count = 0;
    for await (const { key, sizeBytes, version, modifiedAt } of objects.list(BUCKETS.inputData, PREFIX)) {
      if (now.getTime() - modifiedAt.getTime() < olderThanMs || resent.has(key) || dead.has(key)) continue;
      const sourceId = key.slice(PREFIX.length).split('/')[0] ?? '';
      const object = { sourceId, bucket: BUCKETS.inputData, key, sizeBytes, version };
      const state = await stateOf(adapters, object);
      if (state === 'stored') await objects.delete(BUCKETS.inputData, key);
      if (state !== 'unknown') continue;
      await queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
      resent.add(key);
      count += 1;
    }
    return count;
  };
}

/** `evidence`: stored, but for records that were kept. */
async function stateOf({ state }: Adapters, object: InputObject): Promise<'stored' | 'evidence' | 'unknown'> {
  const id = unitId(object);
  const unit = await state.db.selectFrom('units').select('id').where('id', '=', id).executeTakeFirst();
  if (unit === undefined) return 'unknown';
  const kept = state.db.selectFrom('kept_records').select('object_key').where('unit_id', '=', id);
  return (await kept.executeTakeFirst()) === undefined ? 'stored' : 'evidence';
}

async function waitingKeys(queue: SqliteQueue): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const name of [INPUT_QUEUE, deadLetterQueue(INPUT_QUEUE)]) {
    for (const body of queue.bodies(name)) keys.add(keyOf(body));
  }
  return keys;
}

function keyOf(body: string): string {
  try {
    return String((JSON.parse(body) as { key?: unknown }).key);
  } catch {
    return '';
  }
}
