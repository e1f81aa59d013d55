/** A zlib stream driven slice by slice: what a slice gave is there when its write resolves, also when it failed. */
import type { InflateRaw, ZstdDecompress } from 'node:zlib';

/** So much is lost at most before damage inside a compressed block: what zlib held when it found out. */
export const OUTPUT_CHUNK = 128 * 1024;

export class Inflater {
  readonly #stream: InflateRaw | ZstdDecompress;
  readonly #take: (chunk: Buffer) => void;
  #settle: () => void = () => {};
  hasEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(stream: InflateRaw | ZstdDecompress, take: (chunk: Buffer) => void) {
    this.#stream = stream;
    this.#take = take;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => {
      this.hasEnded = true;
      this.#settle();
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.error ??= error;
      this.#settle();
    });
  }

  /** Resolves to what is left of the slice when the compressed data ended inside it. Never rejects. */
  async write(slice: Buffer): Promise<Buffer> {
    const before = this.#stream.bytesWritten;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      // The end of the data may show only after the call back for the slice.
      this.#stream.write(slice, () => setImmediate(resolve));
    });
    return this.hasEnded ? slice.subarray(this.#stream.bytesWritten - before) : slice.subarray(slice.length);
  }

  /** Says that no more comes; `error` is set when more was needed. */
  async finish(): Promise<void> {
    if (this.hasEnded || this.error !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#stream.end();
    });
  }

  close(): void {
    this.#stream.on('error', () => {});
    this.#stream.destroy();
  }
}

/** Decompresses one format. `problem` is set once something is wrong; then nothing more is read. */
export interface Decoder {
  readonly problem: string | undefined;
  write(slice: Buffer): Promise<void>;
  /** Tells the end of the input. */
  finish(): Promise<void>;
  /** What was decompressed since the last call. */
  take(): readonly Buffer[];
  close(): void;
}

export const TRUNCATED = 'stream is cut off (truncated); what follows is lost';
export const TRAILING = 'stream has ended but other bytes follow, which are not read';
