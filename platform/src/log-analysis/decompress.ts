/**
 * Decompression by content, not by name: gzip (any number of members), zstd (any number of frames), or bytes as they are.
 * What can be read of a damaged stream is given out, then the problem is told; nothing throws for the sake of the bytes.
 */
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';

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

const OUTPUT_CHUNK = 256 * 1024;
const SLICE = 64 * 1024;
/** After a slice that grew to more than this, slices are small, so that a bomb costs little memory. */
const LARGE_OUTPUT = 4 * 1024 * 1024;
const SMALL_SLICE = 4 * 1024;

type Kind = 'gzip' | 'zstd';

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
  const kind = kindOf(head);
  const chunks = prepend(head, source);
  if (kind === undefined) yield* withinLimit(chunks, limits, onProblem);
  else yield* inflate(chunks, kind, limits, onProblem);
}

function kindOf(bytes: Buffer): Kind | undefined {
  if (bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
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
  kind: Kind,
  limits: DecompressLimits,
  onProblem: (problem: DecompressProblem) => void,
): AsyncGenerator<Buffer> {
  const inflater = new Inflater(kind);
  let bytesIn = 0;
  let bytesOut = 0;
  /** The slice before is inflated on another thread while what it gave before is used here. */
  let working: Promise<void> = Promise.resolve();
  let problem: string | undefined;

  function overLimit(): string | undefined {
    if (bytesOut > limits.maxBytes) return tooLarge(limits.maxBytes);
    if (bytesOut <= limits.ratioFreeBytes || bytesOut <= bytesIn * limits.maxRatio) return undefined;
    return `the object grows to more than ${limits.maxRatio} times its size (a decompression bomb); what follows is not read`;
  }

  try {
    read: for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        await working;
        const ready = inflater.take();
        const size = inflater.isLarge(ready) ? SMALL_SLICE : SLICE;
        const slice = chunk.subarray(at, at + size);
        at += slice.length;
        bytesIn += slice.length;
        for (const bytes of ready) bytesOut += bytes.length;
        problem = inflater.problem ?? overLimit();
        if (problem === undefined) working = inflater.write(slice);
        yield* ready;
        if (problem !== undefined) break read;
      }
    }
    await working;
    problem ??= inflater.problem;
    if (problem === undefined) problem = await inflater.finish();
    for (const bytes of inflater.take()) {
      bytesOut += bytes.length;
      yield bytes;
    }
    if (problem !== undefined) onProblem({ reason: problem, byteOffset: bytesOut });
  } finally {
    await working;
    inflater.close();
  }
}

/** One decompressor after another, one per member that starts after the end of the last. */
class Inflater {
  readonly #kind: Kind;
  #stream: Gunzip | ZstdDecompress;
  #chunks: Buffer[] = [];
  #hasEnded = false;
  #settle: (() => void) | undefined;
  /** What is wrong with the bytes, once something is. */
  problem: string | undefined;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#stream = this.#open();
  }

  #open(): Gunzip | ZstdDecompress {
    const options = { chunkSize: OUTPUT_CHUNK };
    const stream = this.#kind === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    this.#hasEnded = false;
    stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    stream.on('end', () => {
      this.#hasEnded = true;
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.problem ??= describe(this.#kind, error);
      this.#settle?.();
    });
    return stream;
  }

  take(): readonly Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  isLarge(chunks: readonly Buffer[]): boolean {
    return chunks.length * OUTPUT_CHUNK > LARGE_OUTPUT;
  }

  /** Resolves when the slice is inflated; never rejects. */
  async write(slice: Buffer): Promise<void> {
    let rest = slice;
    while (rest.length > 0 && this.problem === undefined) {
      if (this.#hasEnded) rest = this.#nextMember(rest);
      if (rest.length === 0 || this.problem !== undefined) return;
      const before = this.#stream.bytesWritten;
      await this.#writeOnce(rest);
      rest = this.#hasEnded ? rest.subarray(this.#stream.bytesWritten - before) : Buffer.alloc(0);
    }
  }

  #writeOnce(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      // After the last member's end the stream closes without calling back for what it has not read.
      this.#stream.once('end', resolve);
      this.#stream.write(bytes, () => {
        this.#stream.off('end', resolve);
        setImmediate(resolve);
      });
    });
  }

  /** Zeros after the end are padding; another member goes on; anything else is a problem. */
  #nextMember(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes[at] === 0) at += 1;
    const rest = bytes.subarray(at);
    if (rest.length === 0) return rest;
    const magic = this.#kind === 'gzip' ? 0x1f : 0x28;
    if (rest[0] === magic) {
      this.#stream.destroy();
      this.#stream = this.#open();
    } else {
      this.problem = `the ${this.#kind} stream has ended but other bytes follow, which are not read`;
    }
    return rest;
  }

  /** Ends the stream; gives what is wrong with its end. */
  async finish(): Promise<string | undefined> {
    if (this.#hasEnded) return this.problem;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#stream.once('end', resolve);
      this.#stream.end();
    });
    return this.problem;
  }

  close(): void {
    this.#stream.on('error', () => {});
    this.#stream.destroy();
  }
}

function describe(kind: Kind, error: NodeJS.ErrnoException): string {
  const isCutOff = error.code === 'Z_BUF_ERROR' || error.message.includes('unexpected end');
  return isCutOff
    ? `the ${kind} stream is cut off (truncated); what follows is lost`
    : `the ${kind} stream is corrupt (${error.message}); what follows is lost`;
}
