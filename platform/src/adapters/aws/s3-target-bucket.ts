/** Writes to a bucket of somebody else: streams of any length, in parts. */
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { awsError } from './aws-error.ts';

export interface TargetBucket {
  /** The object is there when this resolves, whole; a stream that fails leaves nothing behind. Resolves to its size. */
  put(key: string, body: Readable): Promise<number>;
  close(): void;
}

/** Two parts of 5 MiB are in memory for each object that is being written. */
const PARTS_AT_A_TIME = 2;

export async function openTargetBucket(s3: S3Client, bucket: string): Promise<TargetBucket> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  return {
    async put(key, body) {
      let sizeBytes = 0;
      const upload = new Upload({
        client: s3,
        params: { Bucket: bucket, Key: key, Body: body },
        queueSize: PARTS_AT_A_TIME,
      });
      upload.on('httpUploadProgress', ({ loaded = 0 }) => {
        sizeBytes = Math.max(sizeBytes, loaded);
      });
      try {
        await upload.done();
        return sizeBytes;
      } catch (error) {
        body.destroy();
        throw awsError(error, `cannot write s3://${bucket}/${key}`);
      }
    },
    close: () => s3.destroy(),
  };
}
