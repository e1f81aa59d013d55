/** Reads from a bucket of somebody else: lists it, whatever its region and its keys are, and opens its objects. */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { S3Client } from '@aws-sdk/client-s3';
import { ExternalError } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { awsError } from './aws-error.ts';

export interface SourceBucket {
  /** In ascending order of the keys' UTF-8 bytes, those behind `after`. */
  list(prefix: string, after: string | undefined): AsyncIterable<ObjectInfo>;
  open(key: string): Promise<Readable>;
  close(): void;
}

export async function openSourceBucket(s3: S3Client, bucket: string): Promise<SourceBucket> {
  const { GetObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3');

  async function page(prefix: string, after: string | undefined, token: string | undefined) {
    const from = token === undefined ? { StartAfter: after } : { ContinuationToken: token };
    // XML cannot hold every character of a key.
    const input = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' as const, ...from };
    try {
      return await s3.send(new ListObjectsV2Command(input));
    } catch (error) {
      throw awsError(error, `cannot list s3://${bucket}/${prefix}`);
    }
  }

  return {
    async *list(prefix, after) {
      let token: string | undefined;
      do {
        const { Contents = [], EncodingType, NextContinuationToken } = await page(prefix, after, token);
        for (const { Key = '', Size = 0, LastModified, ETag = '' } of Contents) {
          const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
          yield { key, sizeBytes: Size, modifiedAt: LastModified ?? new Date(0), version: ETag.replaceAll('"', '') };
        }
        token = NextContinuationToken;
      } while (token !== undefined);
    },

    async open(key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (Body instanceof Readable) return Body;
        if (Body !== undefined) return Readable.fromWeb(Body.transformToWebStream() as ReadableStream);
      } catch (error) {
        throw awsError(error, `cannot read s3://${bucket}/${key}`);
      }
      throw new ExternalError(`s3://${bucket}/${key} came without a body`, { retryable: true });
    },

    close: () => s3.destroy(),
  };
}
