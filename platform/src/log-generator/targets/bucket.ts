/** Objects in a bucket. */
import type { Objects } from '../../ports/objects.ts';
import { compressed } from './compressed.ts';
import { type LogTarget, objectKey } from './target.ts';

export interface BucketOptions {
  readonly bucket: string;
  readonly prefix: string;
  readonly gzipLevel: number;
}

export function bucketTarget(objects: Objects, { bucket, prefix, gzipLevel }: BucketOptions): LogTarget {
  return {
    async write(file) {
      const key = objectKey(prefix, file, gzipLevel > 0);
      const info = await objects.put(bucket, key, compressed(file.chunks, gzipLevel));
      return info?.sizeBytes ?? 0;
    },
    async close() {},
  };
}
