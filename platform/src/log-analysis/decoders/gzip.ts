/**
 * gzip (RFC 1952), member after member. Headers and checksums are read here, so that bytes after the last member, or a
 * wrong checksum, do not cost what was decompressed before them.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { type Decoder, Inflater, OUTPUT_CHUNK, TRAILING, TRUNCATED } from './inflater.ts';

const TRAILER_BYTES = 8;
/** A longer header (a name, a comment) is not believed. */
const MAX_HEADER_BYTES = 256 * 1024;

export class GzipDecoder implements Decoder {
  problem: string | undefined;
  #place: 'header' | 'body' | 'trailer' | 'between' = 'header';
  /** Of a header or trailer that is not complete. */
  #held: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #inflater: Inflater | undefined;
  #checksum = 0;
  #size = 0;

  async write(slice: Buffer): Promise<void> {
    let rest = slice;
    while (rest.length > 0 && this.problem === undefined) {
      if (this.#place === 'header') rest = this.#header(rest);
      else if (this.#place === 'body') rest = await this.#body(rest);
      else if (this.#place === 'trailer') rest = this.#trailer(rest);
      else rest = this.#between(rest);
    }
  }

  async finish(): Promise<void> {
    if (this.#place !== 'between') this.problem ??= `the gzip ${TRUNCATED}`;
  }

  take(): readonly Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  close(): void {
    this.#inflater?.close();
  }

  #header(bytes: Buffer): Buffer {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const end = headerEnd(all);
    if (end === 'incomplete') {
      this.#held = all;
      if (all.length > MAX_HEADER_BYTES) this.problem = 'the gzip header does not end';
      return bytes.subarray(bytes.length);
    }
    if (end === 'wrong') {
      this.problem = `the gzip ${TRAILING}`;
      return bytes;
    }
    this.#held = Buffer.alloc(0);
    this.#place = 'body';
    this.#checksum = 0;
    this.#size = 0;
    this.#inflater?.close();
    this.#inflater = new Inflater(createInflateRaw({ chunkSize: OUTPUT_CHUNK }), (chunk) => {
      this.#checksum = crc32(chunk, this.#checksum);
      this.#size += chunk.length;
      this.#chunks.push(chunk);
    });
    return all.subarray(end);
  }

  async #body(bytes: Buffer): Promise<Buffer> {
    const inflater = this.#inflater as Inflater;
    const rest = await inflater.write(bytes);
    if (inflater.error !== undefined) {
      this.problem = `the gzip stream is corrupt (${inflater.error.message}); what follows is lost`;
    }
    if (inflater.hasEnded) this.#place = 'trailer';
    return rest;
  }

  #trailer(bytes: Buffer): Buffer {
    const all = Buffer.concat([this.#held, bytes.subarray(0, TRAILER_BYTES - this.#held.length)]);
    const rest = bytes.subarray(all.length - this.#held.length);
    this.#held = all;
    if (all.length < TRAILER_BYTES) return rest;
    this.#held = Buffer.alloc(0);
    this.#place = 'between';
    if (all.readUInt32LE(0) !== this.#checksum || all.readUInt32LE(4) !== this.#size % 2 ** 32) {
      this.problem = 'the gzip stream is corrupt: its checksum is wrong; what follows is not read';
    }
    return rest;
  }

  /** Zeros after a member are padding. */
  #between(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes[at] === 0) at += 1;
    if (at < bytes.length) this.#place = 'header';
    return bytes.subarray(at);
  }
}

const HAS_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;

function headerEnd(bytes: Buffer): number | 'incomplete' | 'wrong' {
  const magic = [0x1f, 0x8b, 8];
  for (const [index, byte] of magic.entries()) {
    if (bytes.length <= index) return 'incomplete';
    if (bytes[index] !== byte) return 'wrong';
  }
  if (bytes.length < 10) return 'incomplete';
  const flags = bytes[3] as number;
  let at = 10;
  if (flags & HAS_EXTRA) {
    if (bytes.length < 12) return 'incomplete';
    at = 12 + bytes.readUInt16LE(10);
  }
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return 'incomplete';
    at = zero + 1;
  }
  if (flags & HAS_CRC) at += 2;
  return bytes.length < at ? 'incomplete' : at;
}
