/**
 * Records that were kept instead of stored, as objects in the quarantine bucket: gzip NDJSON, one kept record a line,
 * `{kind, position, line?, byteOffset, sizeBytes, reason, text? | base64? | objectKey?}`.
 */
import { isUtf8 } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { readLines } from '../core/lines.ts';
import type { KeptRecord } from '../core/unit.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Objects } from '../ports/objects.ts';

/** What a unit kept: the object that holds it and the numbers for lists. */
export interface KeptObject {
  readonly objectKey: string;
  readonly quarantined: number;
  readonly rejected: number;
  readonly bytes: number;
  /** The most frequent reason. */
  readonly reason: string;
}

export interface KeptRecordWriter {
  /** Resolves when the record is on its way to disk; wait for it, so that memory stays bounded. */
  add(record: KeptRecord): Promise<void>;
  /** Takes the bytes of a record too long to hold; its key goes into the record's `objectKey`. */
  openRaw(byteOffset: number): { readonly objectKey: string; readonly sink: Writable; readonly done: Promise<void> };
  /** Makes everything durable. Undefined when nothing was kept. */
  finish(): Promise<KeptObject | undefined>;
  abort(): Promise<void>;
}

export interface KeptRecordWriterOptions {
  readonly objects: Objects;
  readonly tmpDir: string;
  /** Of the object, without suffix: `<source id>/<unit id>`. A retry replaces what an earlier attempt kept. */
  readonly keyPrefix: string;
}

/** More distinct reasons than this are counted together: they only serve a list. */
const MAX_REASONS = 1_000;

export function createKeptRecordWriter(options: KeptRecordWriterOptions): KeptRecordWriter {
  const path = join(options.tmpDir, `${options.keyPrefix.replaceAll('/', '-')}.ndjson.gz`);
  const reasons = new Map<string, number>();
  const counts = { quarantined: 0, rejected: 0, bytes: 0 };
  const raws: Promise<void>[] = [];
  let gzip: ReturnType<typeof createGzip> | undefined;
  let written: Promise<void> | undefined;

  function open(): NonNullable<typeof gzip> {
    if (gzip !== undefined) return gzip;
    gzip = createGzip({ level: 1 });
    written = pipeline(gzip, createWriteStream(path));
    // `finish` awaits it; an abort before that must not surface as an unhandled rejection.
    written.catch(() => {});
    return gzip;
  }

  return {
    async add(record) {
      counts[record.kind] += 1;
      counts.bytes += record.sizeBytes;
      const reason = reasons.size < MAX_REASONS || reasons.has(record.reason) ? record.reason : 'other reasons';
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (open().write(`${encode(record)}\n`)) return;
      await new Promise<void>((resolve) => open().once('drain', resolve));
    },
    openRaw(byteOffset) {
      const objectKey = `${options.keyPrefix}/${byteOffset}.raw`;
      const sink = new PassThrough();
      const done = options.objects.put(BUCKETS.quarantine, objectKey, sink).then(() => {});
      done.catch((error: Error) => sink.destroy(error));
      raws.push(done);
      return { objectKey, sink, done };
    },
    async finish() {
      await Promise.all(raws);
      if (gzip === undefined) return undefined;
      gzip.end();
      await written;
      const objectKey = `${options.keyPrefix}.ndjson.gz`;
      await options.objects.putFile(BUCKETS.quarantine, objectKey, path);
      return { objectKey, ...counts, reason: mostFrequent(reasons) };
    },
    async abort() {
      gzip?.destroy();
      await Promise.allSettled([...raws, written]);
      await rm(path, { force: true });
    },
  };
}

/** Reads the kept records of an object, oldest position first. Undefined when the object is gone. */
export async function openKeptRecords(
  objects: Objects,
  objectKey: string,
): Promise<AsyncIterable<KeptRecord> | undefined> {
  const found = await objects.get(BUCKETS.quarantine, objectKey);
  return found === undefined ? undefined : readKeptRecords(found.stream);
}

/** The records in the bytes of such an object. */
export async function* readKeptRecords(stream: Readable): AsyncIterable<KeptRecord> {
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const line of readLines(stream.pipe(gunzip))) yield decode(line);
  } finally {
    stream.destroy();
  }
}

interface Encoded extends Omit<KeptRecord, 'raw'> {
  readonly text?: string;
  readonly base64?: string;
}

function encode({ raw, ...rest }: KeptRecord): string {
  if (raw === undefined) return JSON.stringify(rest);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return JSON.stringify(
    isUtf8(bytes) ? { ...rest, text: bytes.toString('utf8') } : { ...rest, base64: bytes.toString('base64') },
  );
}

function decode(line: string): KeptRecord {
  const { text, base64, ...rest } = JSON.parse(line) as Encoded;
  if (text !== undefined) return { ...rest, raw: Buffer.from(text, 'utf8') };
  if (base64 !== undefined) return { ...rest, raw: Buffer.from(base64, 'base64') };
  return rest;
}

function mostFrequent(reasons: ReadonlyMap<string, number>): string {
  let best = '';
  let most = 0;
  for (const [reason, count] of reasons) {
    if (count > most) [best, most] = [reason, count];
  }
  return best;
}
