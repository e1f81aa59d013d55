/**
 * Object store: S3, or a folder.
 *
 * A put is atomic and durable: readers see the whole old object or the whole new one, and once the promise resolves a
 * crash of the machine keeps it. Keys are any non-empty UTF-8 text of at most 1,024 bytes (as in S3); an adapter maps
 * them to what it can store. A missing object is `undefined` on read and success on delete.
 */
import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Changes whenever the bytes do (an ETag). */
  readonly version: string;
}

export interface PutOptions {
  /** Do nothing when the key exists. */
  readonly ifAbsent?: boolean;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive; to the end when absent. */
  readonly end?: number;
}

export interface Objects {
  /** Resolves to `undefined` when `ifAbsent` is set and the key exists. */
  put(bucket: string, key: string, body: Uint8Array | Readable, options?: PutOptions): Promise<ObjectInfo | undefined>;
  /** Moves a local file into the store; the file is gone afterwards. */
  putFile(bucket: string, key: string, path: string): Promise<ObjectInfo>;
  get(bucket: string, key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined>;
  head(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  /** Every object whose key starts with the prefix, keys in ascending order of their UTF-8 bytes. */
  list(bucket: string, prefix: string, options?: { readonly after?: string }): AsyncIterable<ObjectInfo>;
  delete(bucket: string, key: string): Promise<void>;
  /** Address by which the lake engine reads the object: a path, or `s3://bucket/key`. */
  locate(bucket: string, key: string): string;
}
