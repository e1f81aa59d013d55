/** What splitters of streams into records have in common. */

/** Takes what a splitter finds. Offsets count the stream's uncompressed bytes. */
export interface RecordSink {
  /** A record; `line` from 1, 0 when the stream is not made of lines. */
  record(text: string, byteOffset: number, line: number): void;
  /** Bytes that cannot be a record. */
  damaged(bytes: Buffer, byteOffset: number, line: number, reason: string): void;
  /** A record over the limit starts: its bytes go to what is returned, piece by piece. */
  oversize(byteOffset: number, line: number): OversizeRecord;
}

export interface OversizeRecord {
  write(bytes: Buffer): void;
  end(): void;
}

/** Is given a stream's chunks in order. Keeps at most one record of at most the limit in memory. */
export interface Splitter {
  push(chunk: Buffer): void;
  end(): void;
}

export const INVALID_UTF8 = 'not valid UTF-8';

/** The bytes of a record that spans chunks; over the limit they go to the sink instead. */
export class PendingRecord {
  readonly #sink: RecordSink;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #oversize: OversizeRecord | undefined;
  /** So far. */
  sizeBytes = 0;

  constructor(sink: RecordSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  add(bytes: Buffer, recordOffset: number, line: number): void {
    if (bytes.length === 0) return;
    this.sizeBytes += bytes.length;
    if (this.#oversize === undefined && this.sizeBytes > this.#maxBytes) {
      this.#oversize = this.#sink.oversize(recordOffset, line);
      for (const part of this.#parts) this.#oversize.write(part);
      this.#parts = [];
    }
    if (this.#oversize === undefined) this.#parts.push(bytes);
    else this.#oversize.write(bytes);
  }

  /** The whole record, or `undefined` when it went to the sink. Starts over. */
  take(): Buffer | undefined {
    const parts = this.#parts;
    const oversize = this.#oversize;
    this.#parts = [];
    this.#oversize = undefined;
    this.sizeBytes = 0;
    oversize?.end();
    if (oversize !== undefined) return undefined;
    const [only] = parts;
    return parts.length === 1 ? only : Buffer.concat(parts);
  }

  /** The bytes so far, at most 64 of them. */
  head(): string {
    return Buffer.concat(this.#parts).toString('latin1', 0, 64);
  }
}
