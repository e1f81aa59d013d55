/**
 * For `s3queue` with a data folder: objects are copied into the spool of the Panther there, as `panther ingest` does.
 * The content names a file, bucket, key and version name an object of S3: what is given twice is one unit of work.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { ObjectsOptions, OpenObjects } from '../../cli/operations.ts';
import { ExternalError } from '../../core/errors.ts';
import { unitId } from '../../core/ids.ts';
import type { InputObject } from '../../core/unit.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import { dataDir } from '../data-dir.ts';
import { openEmbedded, systemClock } from '../embedded.ts';
import { openLocalFiles } from './local-files.ts';
import { findSource } from './local-intake.ts';
import { findUnits } from './processed-units.ts';

type Target = Extract<ObjectsOptions['to'], { dataDir: string }>;

/** What is copied. */
export interface Origin {
  list(after: string | undefined): AsyncIterable<ObjectInfo>;
  /** 64 hex digits: equal only for equal bytes. */
  identify(object: ObjectInfo): Promise<string>;
  open(object: ObjectInfo): Promise<Readable>;
  close(): Promise<void>;
}

/** Each copy waits for the disk. */
const MAX_CONCURRENCY = 8;
const MAX_NAME = 200;

export async function openSpoolObjects({ from, aws }: ObjectsOptions, to: Target): Promise<OpenObjects> {
  const adapters = await openEmbedded(dataDir(resolve(to.dataDir)), systemClock);
  const sourceId = await findSource(adapters, to.source);
  const origin =
    'path' in from ? await filesOrigin(from.path) : await (await import('./s3-origin.ts')).openS3Origin(from, aws);
  const units = new Map<string, Promise<InputObject>>();

  /** Kept from the question whether it was processed until it is sent. */
  function unitOf(object: ObjectInfo): Promise<InputObject> {
    const known = units.get(object.key);
    if (known !== undefined) return known;
    const unit = origin.identify(object).then((version) => inputObject(sourceId, version, object));
    units.set(object.key, unit);
    return unit;
  }

  async function copy(object: ObjectInfo): Promise<string> {
    const unit = await unitOf(object);
    units.delete(object.key);
    await adapters.objects.put(unit.bucket, unit.key, await origin.open(object));
    return JSON.stringify(unit);
  }

  return {
    list: (after) => origin.list(after),
    // Always: of what is committed, nobody would take the copy away.
    async processed(objects) {
      const all = await Promise.all(objects.map(unitOf));
      const found = await findUnits(adapters.state, all.map(unitId));
      const done = objects.filter((_, index) => found.has(unitId(all[index] as InputObject)));
      for (const { key } of done) units.delete(key);
      return new Set(done.map(({ key }) => key));
    },
    async send(objects) {
      const bodies: string[] = [];
      for (const object of objects) bodies.push(await copy(object));
      const [refused] = await adapters.queue.send(
        INPUT_QUEUE,
        bodies.map((body) => ({ body })),
      );
      if (refused) throw new ExternalError(`${INPUT_QUEUE} refused a message: ${refused.reason}`, { retryable: false });
    },
    destination: `${INPUT_QUEUE} (${to.dataDir})`,
    maxConcurrency: MAX_CONCURRENCY,
    async close() {
      await origin.close();
      await adapters.close();
    },
  };
}

/** As `panther ingest` names it. The end of a long name is what tells its kind. */
function inputObject(sourceId: string, version: string, { key, sizeBytes }: ObjectInfo): InputObject {
  const name = key
    .slice(key.lastIndexOf('/') + 1)
    .slice(-MAX_NAME)
    .toWellFormed();
  return { sourceId, bucket: BUCKETS.inputData, key: `ingest/${sourceId}/${version}/${name}`, sizeBytes, version };
}

async function filesOrigin(path: string): Promise<Origin> {
  const files = await openLocalFiles(path);
  return {
    list: (after) => files.list(after),
    async identify({ key }) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(files.pathOf(key))) hash.update(chunk as Buffer);
      return hash.digest('hex');
    },
    open: async ({ key }) => createReadStream(files.pathOf(key)),
    async close() {},
  };
}
