/** Lines of any length. A chunk is decoded once and cut as text; only what is not ASCII is decoded line by line. */
import { isAscii, isUtf8 } from 'node:buffer';
import { INVALID_UTF8, PendingRecord, type RecordSink, type Splitter } from './splitter.ts';

const NEWLINE = 10;

export class LineSplitter implements Splitter {
  readonly #sink: RecordSink;
  readonly #maxBytes: number;
  readonly #pending: PendingRecord;
  /** Of the first byte not yet given out. */
  #offset: number;
  #line = 1;

  constructor(sink: RecordSink, maxBytes: number, startOffset: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
    this.#pending = new PendingRecord(sink, maxBytes);
    this.#offset = startOffset;
  }

  push(chunk: Buffer): void {
    let start = 0;
    if (this.#pending.sizeBytes > 0) {
      const end = chunk.indexOf(NEWLINE);
      this.#pending.add(end < 0 ? chunk : chunk.subarray(0, end), this.#offset, this.#line);
      if (end < 0) return;
      this.#finishPending(1);
      start = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= start) this.#cut(chunk.subarray(start, last));
    const rest = chunk.subarray(Math.max(last + 1, start));
    this.#pending.add(rest, this.#offset, this.#line);
  }

  end(): void {
    if (this.#pending.sizeBytes > 0) this.#finishPending(0);
  }

  #finishPending(newlineBytes: number): void {
    const { sizeBytes } = this.#pending;
    const bytes = this.#pending.take();
    if (bytes !== undefined) this.#decode(bytes, this.#offset);
    this.#offset += sizeBytes + newlineBytes;
    this.#line += 1;
  }

  /** Whole lines, without the newline after the last. */
  #cut(region: Buffer): void {
    const base = this.#offset;
    this.#offset += region.length + 1;
    if (region.length > this.#maxBytes || !isAscii(region)) {
      this.#cutBytes(region, base);
      return;
    }
    const text = region.toString('latin1');
    const sink = this.#sink;
    let start = 0;
    let line = this.#line;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end < 0) break;
      if (end > start) sink.record(text.slice(start, end), base + start, line);
      start = end + 1;
      line += 1;
    }
    if (start < text.length) sink.record(start === 0 ? text : text.slice(start), base + start, line);
    this.#line = line + 1;
  }

  #cutBytes(region: Buffer, base: number): void {
    for (let start = 0; start <= region.length; ) {
      const newline = region.indexOf(NEWLINE, start);
      const end = newline < 0 ? region.length : newline;
      this.#limit(region.subarray(start, end), base + start);
      this.#line += 1;
      start = end + 1;
    }
  }

  #limit(bytes: Buffer, offset: number): void {
    if (bytes.length <= this.#maxBytes) {
      this.#decode(bytes, offset);
      return;
    }
    const record = this.#sink.oversize(offset, this.#line);
    record.write(bytes);
    record.end();
  }

  #decode(bytes: Buffer, offset: number): void {
    if (bytes.length === 0) return;
    if (isUtf8(bytes)) this.#sink.record(bytes.toString('utf8'), offset, this.#line);
    else this.#sink.damaged(bytes, offset, this.#line, INVALID_UTF8);
  }
}
