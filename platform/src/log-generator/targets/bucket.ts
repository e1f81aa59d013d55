/** Objects in a bucket. */
import type { Readable } from 'node:stream';
import { compressed } from './compressed.ts';
import { type LogTarget, objectKey } from './target.ts';

/** What of an object store is needed. */
export interface Bucket {
  /** Resolves to the size, once the object is durable. */
  put(key: string, body: Readable): Promise<number>;
  close(): void;
}

export function bucketTarget(
  bucket: Bucket,
  options: { readonly prefix: string; readonly gzipLevel: number },
): LogTarget {
  const { prefix, gzipLevel } = options;
  return {
    write: (file) => bucket.put(objectKey(prefix, file, gzipLevel > 0), compressed(file.chunks, gzipLevel)),
    close: async () => bucket.close(),
  };
}
