/**
 * Decompression by content, not by name: gzip (any number of members), zstd (any number of frames), or bytes as they are.
 * What can be read of a damaged stream is given out, then the problem is told; nothing throws for the sake of the bytes.
 */
import type { Readable } from 'node:stream';
import { GzipDecoder } from './decoders/gzip.ts';
import type { Decoder } from './decoders/inflater.ts';
import { ZstdDecoder } from './decoders/zstd.ts';

export interface DecompressLimits {
  /** Of the whole stream, uncompressed. */
  readonly maxBytes: number;
  /** Beyond `ratioFreeBytes` uncompressed, a higher ratio than this ends the stream. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: number;
}

export const DEFAULT_DECOMPRESS_LIMITS: DecompressLimits = {
  maxBytes: 100 * 1024 ** 3,
  maxRatio: 1_000,
  ratioFreeBytes: 1024 ** 3,
};

/** What stopped decompression before the end of the input. */
export interface DecompressProblem {
  readonly reason: string;
  /** Where in the uncompressed bytes. */
  readonly byteOffset: number;
}

const SLICE = 64 * 1024;
const SMALL_SLICE = 4 * 1024;
const HIGH_RATIO = 100;

/** Uncompressed chunks. `onProblem` is called at most once, after the last chunk. Errors of the input itself are thrown. */
export async function* decompress(
  input: Readable,
  limits: DecompressLimits,
  onProblem: (problem: DecompressProblem) => void,
): AsyncGenerator<Buffer> {
  const source = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await source.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const decoder = decoderFor(head);
  const chunks = prepend(head, source);
  if (decoder === undefined) yield* withinLimit(chunks, limits, onProblem);
  else yield* inflate(chunks, decoder, limits, onProblem);
}

function decoderFor(bytes: Buffer): Decoder | undefined {
  if (bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return new GzipDecoder();
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return new ZstdDecoder();
  return undefined;
}

async function* prepend(head: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

async function* withinLimit(
  chunks: AsyncIterable<Buffer>,
  { maxBytes }: DecompressLimits,
  onProblem: (problem: DecompressProblem) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) return onProblem({ reason: tooLarge(maxBytes), byteOffset: bytes - chunk.length });
    yield chunk;
  }
}

function tooLarge(maxBytes: number): string {
  return `the object is larger than ${maxBytes} bytes uncompressed; what follows is not read`;
}

async function* inflate(
  chunks: AsyncIterable<Buffer>,
  decoder: Decoder,
  limits: DecompressLimits,
  onProblem: (problem: DecompressProblem) => void,
): AsyncGenerator<Buffer> {
  const count = { in: 0, out: 0 };
  let problem: string | undefined;
  /** The slice before is inflated on another thread while what came before it is used here. */
  let working: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && problem === undefined; ) {
        await working;
        const ready = decoder.take();
        count.out += sizeOf(ready);
        problem = decoder.problem ?? overLimit(count, limits);
        if (problem === undefined) {
          const slice = chunk.subarray(at, at + sliceSize(count));
          at += slice.length;
          count.in += slice.length;
          working = decoder.write(slice);
        }
        yield* ready;
      }
      if (problem !== undefined) break;
    }
    await working;
    if (problem === undefined) await decoder.finish();
    const last = decoder.take();
    count.out += sizeOf(last);
    yield* last;
    problem ??= decoder.problem ?? overLimit(count, limits);
    if (problem !== undefined) onProblem({ reason: problem, byteOffset: count.out });
  } finally {
    await working;
    decoder.close();
  }
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((size, chunk) => size + chunk.length, 0);
}

/** What a slice grows to has to fit in memory: slices are small at first, and where the data grows a lot. */
function sliceSize({ in: read, out }: { readonly in: number; readonly out: number }): number {
  return read === 0 || out / read > HIGH_RATIO ? SMALL_SLICE : SLICE;
}

function overLimit(
  { in: read, out }: { readonly in: number; readonly out: number },
  limits: DecompressLimits,
): string | undefined {
  if (out > limits.maxBytes) return tooLarge(limits.maxBytes);
  if (out <= limits.ratioFreeBytes || out <= read * limits.maxRatio) return undefined;
  return `the object grows to more than ${limits.maxRatio} times its size (a decompression bomb); what follows is not read`;
}
