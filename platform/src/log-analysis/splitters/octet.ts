/** Frames that say their length, as in syslog over TCP (RFC 6587): `<decimal length> <bytes>`, repeated. */
import { isUtf8 } from 'node:buffer';
import { INVALID_UTF8, PendingRecord, type RecordSink, type Splitter } from './splitter.ts';

const SPACE = 32;
const MAX_LENGTH_DIGITS = 12;

export class OctetSplitter implements Splitter {
  readonly #sink: RecordSink;
  readonly #pending: PendingRecord;
  #digits = '';
  /** Bytes of the frame still to come; -1 while its length is read, -2 when the framing is lost. */
  #left = -1;
  #offset: number;
  #recordOffset = 0;

  constructor(sink: RecordSink, maxBytes: number, startOffset: number) {
    this.#sink = sink;
    this.#pending = new PendingRecord(sink, maxBytes);
    this.#offset = startOffset;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === -1) at = this.#readLength(chunk, at);
      else at = this.#readFrame(chunk, at);
    }
    this.#offset += chunk.length;
  }

  end(): void {
    if (this.#left === -1 && this.#digits === '') return;
    const bytes = this.#left === -1 ? Buffer.from(this.#digits) : this.#pending.take();
    const reason = this.#left === -2 ? 'no frame length where one should be' : 'the frame is cut off';
    if (bytes !== undefined) this.#sink.damaged(bytes, this.#recordOffset, 0, reason);
  }

  #readLength(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (this.#digits === '') this.#recordOffset = this.#offset + at;
      if (byte >= 48 && byte <= 57 && this.#digits.length < MAX_LENGTH_DIGITS) {
        this.#digits += String.fromCharCode(byte);
      } else if (byte === SPACE && this.#digits !== '') {
        this.#left = Number(this.#digits);
        this.#recordOffset = this.#offset + at + 1;
        this.#digits = '';
        if (this.#left === 0) this.#left = -1;
        else return at + 1;
      } else if (this.#digits !== '' || (byte !== 10 && byte !== 13)) {
        this.#pending.add(Buffer.from(this.#digits), this.#recordOffset, 0);
        this.#left = -2;
        return at;
      }
    }
    return chunk.length;
  }

  #readFrame(chunk: Buffer, from: number): number {
    const end = this.#left === -2 ? chunk.length : Math.min(chunk.length, from + this.#left);
    this.#pending.add(chunk.subarray(from, end), this.#recordOffset, 0);
    if (this.#left === -2) return end;
    this.#left -= end - from;
    if (this.#left === 0) this.#emit();
    return end;
  }

  #emit(): void {
    this.#left = -1;
    const bytes = this.#pending.take();
    if (bytes === undefined) return;
    if (isUtf8(bytes)) this.#sink.record(bytes.toString('utf8'), this.#recordOffset, 0);
    else this.#sink.damaged(bytes, this.#recordOffset, 0, INVALID_UTF8);
  }
}
