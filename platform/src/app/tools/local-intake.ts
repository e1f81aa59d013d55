/** `panther ingest`: files go into the spool; a running Panther, or the next one, processes them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { IngestedFile, LocalIntake } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import { unitId } from '../../core/ids.ts';
import type { InputObject } from '../../core/unit.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import { deadLetterQueue, INPUT_QUEUE } from '../../ports/queue.ts';
import { type AdapterConfig, type Adapters, openAdapters } from '../adapters.ts';
import { dataDir } from '../data-dir.ts';
import { systemClock } from '../embedded.ts';
import { createLog } from '../log.ts';

interface Sent {
  readonly file: string;
  readonly object: InputObject;
  readonly wasStored: boolean;
}

const POLL_MS = 100;
const DEAD_LETTER_CHECK_MS = 1_000;

export interface LocalIntakeOptions {
  readonly root: string;
  readonly config: AdapterConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws UserError when there is no such source. */
export async function openLocalIntake(options: LocalIntakeOptions, sourceName: string): Promise<LocalIntake> {
  const { root, config, env } = options;
  const log = createLog({ level: 'error', format: 'text', now: () => systemClock.now() });
  const adapters = await openAdapters({ config, dir: dataDir(root), clock: systemClock, log, env });
  const sourceId = await findSource(adapters, sourceName).catch(async (error: unknown) => {
    await adapters.close();
    throw error;
  });
  const sent: Sent[] = [];
  return {
    async put(file, cwd) {
      sent.push(await putFile(adapters, sourceId, file, resolve(cwd, file)));
    },
    async *results({ wait, signal }) {
      for (const one of sent) yield wait ? await whenDone(adapters, one, signal) : queued(one);
    },
    close: () => adapters.close(),
  };
}

/** @throws UserError that lists the sources there are. */
export async function findSource({ state }: Adapters, name: string): Promise<string> {
  const rows = await state.db.selectFrom('sources').select(['id', 'name']).execute();
  const found = rows.find((row) => row.id === name || row.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found.id;
  const known =
    rows.length === 0 ? 'there are none yet: add one in the console' : rows.map((row) => row.name).join(', ');
  throw new UserError(`there is no source "${name}"; sources: ${known}`, { field: '--source' });
}

/** The content names the object, so that the same file given twice is one unit of work. */
async function putFile(adapters: Adapters, sourceId: string, file: string, path: string): Promise<Sent> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new UserError('cannot read the file', { file }, { cause });
  });
  if (!info.isFile()) throw new UserError('is not a file', { file });
  const version = await hashOf(path);
  const key = `ingest/${sourceId}/${version}/${basename(path)}`;
  const object = { sourceId, bucket: BUCKETS.inputData, key, sizeBytes: info.size, version };
  const wasStored = (await unitOf(adapters, object)) !== undefined;
  if (!wasStored) {
    await adapters.objects.put(BUCKETS.inputData, key, createReadStream(path));
    await adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
  }
  return { file, object, wasStored };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function unitOf({ state }: Adapters, object: InputObject) {
  return state.db.selectFrom('units').selectAll().where('id', '=', unitId(object)).executeTakeFirst();
}

function queued({ file, wasStored }: Sent): IngestedFile {
  const status = wasStored ? 'already-stored' : 'queued';
  return { file, status, received: 0, stored: 0, quarantined: 0, rejected: 0 };
}

/** @throws UserError when the file ends up in the dead-letter queue, with the reason. */
async function whenDone(adapters: Adapters, sent: Sent, signal: AbortSignal): Promise<IngestedFile> {
  let checkedAt = performance.now();
  for (;;) {
    const unit = await unitOf(adapters, sent.object);
    if (unit !== undefined) {
      const { received, stored, quarantined, rejected } = unit;
      const status = sent.wasStored ? 'already-stored' : 'stored';
      return { file: sent.file, status, received, stored, quarantined, rejected };
    }
    signal.throwIfAborted();
    if (performance.now() - checkedAt > DEAD_LETTER_CHECK_MS) {
      checkedAt = performance.now();
      await checkDeadLetters(adapters, sent);
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

async function checkDeadLetters({ queue }: Adapters, { file, object }: Sent): Promise<void> {
  const dead = await queue.peek(deadLetterQueue(INPUT_QUEUE), 100);
  const found = dead.find(({ body }) => body.includes(object.version) && body.includes(object.sourceId));
  if (found) throw new UserError(`was not processed: ${found.lastError ?? 'no reason is known'}`, { file });
}
