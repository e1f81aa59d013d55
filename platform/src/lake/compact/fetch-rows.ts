/**
 * Brings JSON files to the scratch space, decompressed: `zlib` checks their sums, which the engine's own reader does
 * not, and is faster. A file that is damaged is left out.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import type { Place } from './place.ts';

export interface FetchedRows {
  readonly inputs: readonly ObjectInfo[];
  /** Where the rows of each input are. */
  readonly segments: readonly RowsSegment[];
  readonly paths: readonly string[];
  /** Decompressed. */
  readonly bytes: number;
  readonly damaged: readonly DamagedFile[];
}

export interface RowsSegment {
  readonly input: ObjectInfo;
  readonly path: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface DamagedFile {
  readonly key: string;
  readonly reason: string;
}

export interface FetchOptions {
  readonly place: Place;
  readonly folder: string;
  /** Taken from until there are `maxBytes`, decompressed. */
  readonly inputs: Iterator<ObjectInfo>;
  readonly maxBytes: number;
  /** Files at a time. */
  readonly lanes: number;
}

const CHUNK_BYTES = 512 << 10;
const NEWLINE = 10;

/** @throws ExternalError when the store fails */
export async function fetchRows(options: FetchOptions): Promise<FetchedRows> {
  const segments: RowsSegment[] = [];
  const damaged: DamagedFile[] = [];
  const paths: string[] = [];
  let bytes = 0;

  async function fill(lane: number): Promise<void> {
    const path = join(options.folder, `rows-${lane}.json`);
    let file: FileHandle | undefined;
    let position = 0;
    try {
      while (bytes < options.maxBytes) {
        const { done, value: input } = options.inputs.next();
        if (done) return;
        if (file === undefined) paths.push(path);
        file ??= await open(path, 'w');
        const fetched = await fetchFile(options.place, input, file, position, (more) => {
          bytes += more;
        });
        if (typeof fetched === 'string') damaged.push({ key: input.key, reason: fetched });
        else {
          segments.push({ input, path, start: position, end: fetched });
          position = fetched;
        }
      }
    } finally {
      await file?.truncate(position);
      await file?.close();
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: options.lanes }, (_, lane) => fill(lane)));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return { inputs: segments.map(({ input }) => input), segments, paths, bytes, damaged };
}

/** The position behind the rows, or what is wrong with the file. */
async function fetchFile(
  { objects, bucket }: Place,
  { key, version }: ObjectInfo,
  file: FileHandle,
  start: number,
  count: (bytes: number) => void,
): Promise<number | string> {
  const found = await objects.get(bucket, key);
  if (found === undefined || found.info.version !== version) {
    throw new ExternalError(`${key} was changed or removed while it was read`, { retryable: true });
  }
  let position = start;
  let last = NEWLINE;
  try {
    for await (const chunk of await decompressed(found.stream)) {
      await writeAll(file, chunk, position);
      position += chunk.length;
      last = chunk.at(-1) ?? last;
      count(chunk.length);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    return `it cannot be decompressed: ${errorMessage(error)}`;
  } finally {
    found.stream.destroy();
  }
  if (last === NEWLINE) return position;
  await writeAll(file, Buffer.from('\n'), position);
  return position + 1;
}

/** A disk that is nearly full takes less than it is given. */
async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

/** By the first bytes, whatever the name says. */
async function decompressed(stream: Readable): Promise<AsyncIterable<Buffer>> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  const first = await chunks.next();
  if (first.done) return Readable.from([]);
  async function* all() {
    yield first.value as Buffer;
    yield* chunks;
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return all();
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either end comes to whoever reads.
  pipeline(all(), gunzip).catch(() => {});
  return gunzip;
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
