/**
 * Log files in an S3 bucket, also of another account. Whatever puts S3's notifications on the input queue (S3 itself,
 * SNS, EventBridge, `panther s3queue`) makes Panther read them. Needs s3:GetObject on the objects, for the role if one
 * is named.
 */
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { defineSource, type S3Access } from './source.ts';

const configSchema = z.object({
  bucket: z.string().min(3).max(63).describe('Name of the bucket.'),
  prefix: z
    .string()
    .max(1_024)
    .default('')
    .describe('Only objects whose key starts with this. Where several sources fit, the longest prefix decides.'),
  region: z.string().min(1).optional().describe("Region of the bucket; Panther's own without it."),
  roleArn: z
    .string()
    .regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/, 'expected the ARN of a role')
    .optional()
    .describe('Role that may read the bucket; Panther assumes it.'),
  externalId: z.string().min(2).max(1_224).optional().describe('External id that the role asks for.'),
  endpoint: z.url().optional().describe('Address of a server like S3.'),
});

type Config = z.output<typeof configSchema>;

function accessOf({ region, roleArn, externalId, endpoint }: Config): S3Access {
  return { region, roleArn, externalId, endpoint };
}

export const s3Bucket = defineSource({
  id: 's3-bucket',
  title: 'S3 bucket',
  description: 'Log files in an S3 bucket, announced by notifications on the input queue.',
  documentationUrl: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html',
  config: configSchema,
  claims: ({ bucket, key }, config) =>
    bucket === config.bucket && key.startsWith(config.prefix) ? config.prefix.length : undefined,
  describe: async ({ bucket, key }, config, context) => (await context.openS3(accessOf(config))).head(bucket, key),
  async open({ bucket, key, version }, config, context) {
    const found = await (await context.openS3(accessOf(config))).get(bucket, key);
    if (found === undefined || found.info.version === version) return found?.stream;
    found.stream.destroy();
    throw new UserError(`s3://${bucket}/${key} was overwritten; its newer content has a message of its own`);
  },
});
