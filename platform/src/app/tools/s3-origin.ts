/** Objects of S3 for the spool of a Panther on this machine. */

import { createS3Client } from '../../adapters/aws/aws-client.ts';
import { openSourceBucket } from '../../adapters/aws/s3-source-bucket.ts';
import type { AwsAccess } from '../../cli/operations.ts';
import { sha256Hex } from '../../core/ids.ts';
import type { S3Path } from '../../operations/s3queue/s3-path.ts';
import type { Origin } from './spool-objects.ts';

export async function openS3Origin({ bucket, prefix }: S3Path, aws: AwsAccess): Promise<Origin> {
  const objects = await openSourceBucket(await createS3Client(aws), bucket);
  return {
    list: (after) => objects.list(prefix, after),
    // Stands for the bytes, which nobody has read yet.
    identify: async ({ key, version }) => sha256Hex(['s3', bucket, key, version].join('\0')),
    open: ({ key }) => objects.open(key),
    close: async () => objects.close(),
  };
}
