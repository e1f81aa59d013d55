/**
 * JSON documents, however they are laid out: one after another with or without newlines, pretty-printed, the elements of
 * an array, the elements of `{"Records": […]}`. A scanner over the bytes follows strings and nesting, so a document of
 * any size streams with the memory of one element.
 */
import { isUtf8 } from 'node:buffer';
import { INVALID_UTF8, PendingRecord, type RecordSink, type Splitter } from './splitter.ts';

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const NEWLINE = 10;

const RECORDS_START = /^\{\s*"Records"\s*:\s*$/;

/** Where the scanner stands: between values; in an object or array; in another value; after the elements of `Records`. */
type Place = 'between' | 'nested' | 'scalar' | 'tail';

export class JsonSplitter implements Splitter {
  readonly #sink: RecordSink;
  readonly #pending: PendingRecord;
  #place: Place = 'between';
  #isInArray = false;
  #isInEnvelope = false;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** Of the first byte of the chunk, and of the record. */
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
      if (this.#place === 'between') at = this.#seek(chunk, at);
      else if (this.#place === 'nested') at = this.#nested(chunk, at);
      else if (this.#place === 'scalar') at = this.#scalar(chunk, at);
      else at = this.#tail(chunk, at);
    }
    this.#offset += chunk.length;
  }

  end(): void {
    if (this.#pending.sizeBytes > 0) this.#emit();
  }

  /** Finds where the next value starts. */
  #seek(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte <= 32 || byte === COMMA) continue;
      if (byte === CLOSE_ARRAY && this.#isInArray) {
        this.#isInArray = false;
        this.#place = this.#isInEnvelope ? 'tail' : 'between';
        this.#depth = 1;
        return at + 1;
      }
      if (byte === OPEN_ARRAY && !this.#isInArray) {
        this.#isInArray = true;
        continue;
      }
      this.#recordOffset = this.#offset + at;
      this.#depth = 0;
      this.#place = byte === OPEN_OBJECT || byte === OPEN_ARRAY ? 'nested' : 'scalar';
      return at;
    }
    return chunk.length;
  }

  /** Reads an object or array to its end, or to the end of the chunk. */
  #nested(chunk: Buffer, from: number): number {
    const { length } = chunk;
    let depth = this.#depth;
    let at = from;
    while (at < length) {
      if (this.#isInString) {
        at = this.#string(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      at += 1;
      if (byte === QUOTE) {
        this.#isInString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === 1 && byte === OPEN_ARRAY && this.#opensRecords(chunk, from, at - 1)) return at;
        depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        if (depth === 0) {
          this.#take(chunk, from, at);
          return at;
        }
      }
    }
    this.#depth = depth;
    this.#pending.add(chunk.subarray(from), this.#recordOffset, 0);
    return length;
  }

  /** Reads on inside a string; gives where it ends. */
  #string(chunk: Buffer, from: number): number {
    const { length } = chunk;
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    while (at < length) {
      const byte = chunk[at] as number;
      if (byte === QUOTE) {
        this.#isInString = false;
        return at + 1;
      }
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.#isEscaped = at > length;
    return length;
  }

  /** Whether what was read of the record is `{"Records":`: then its elements are the records. */
  #opensRecords(chunk: Buffer, from: number, at: number): boolean {
    if (this.#isInArray || this.#pending.sizeBytes + at - from > 64) return false;
    const text = this.#pending.head() + chunk.toString('latin1', from, at);
    if (!RECORDS_START.test(text)) return false;
    this.#pending.take();
    this.#isInArray = true;
    this.#isInEnvelope = true;
    this.#place = 'between';
    return true;
  }

  /** Passes over what follows the elements of `Records` in their document. */
  #tail(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#isInString) {
        at = this.#string(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      at += 1;
      if (byte === QUOTE) this.#isInString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth += 1;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#depth -= 1;
      if (this.#depth === 0) {
        this.#place = 'between';
        this.#isInEnvelope = false;
        return at;
      }
    }
    return at;
  }

  /** In an array, a value that is neither object nor array; elsewhere, text that is no JSON, up to the end of its line. */
  #scalar(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#isInString) {
        at = this.#string(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      const isEnd = this.#isInArray ? byte === COMMA || byte === CLOSE_ARRAY : byte === NEWLINE;
      if (isEnd) {
        this.#take(chunk, from, at);
        return at;
      }
      if (byte === QUOTE && this.#isInArray) this.#isInString = true;
      at += 1;
    }
    this.#pending.add(chunk.subarray(from), this.#recordOffset, 0);
    return at;
  }

  #take(chunk: Buffer, from: number, to: number): void {
    this.#place = 'between';
    this.#pending.add(chunk.subarray(from, to), this.#recordOffset, 0);
    this.#emit();
  }

  #emit(): void {
    const bytes = this.#pending.take();
    if (bytes === undefined) return;
    if (isUtf8(bytes)) this.#sink.record(bytes.toString('utf8'), this.#recordOffset, 0);
    else this.#sink.damaged(bytes, this.#recordOffset, 0, INVALID_UTF8);
  }
}
