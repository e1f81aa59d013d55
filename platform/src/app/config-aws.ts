/** The part of the configuration that says which of AWS's services, or servers like them, take the place of the embedded stores. */
import { z } from 'zod';

export const AWS_PORTS = ['objects', 'queue', 'topic', 'secrets', 'metrics'] as const;
export type AwsPort = (typeof AWS_PORTS)[number];

const ENDPOINTS = ['s3', 'sqs', 'sns', 'kms', 'secretsManager', 'logs', 'sts'] as const;
export type AwsService = (typeof ENDPOINTS)[number];

const endpoint = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' });

export const awsSchema = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'is not the name of a region, such as eu-central-1')
      .optional()
      .describe('Region; without it that of the profile or of AWS_REGION'),
    profile: z.string().min(1).optional().describe('Profile of the shared AWS configuration files'),
    roleArn: z
      .string()
      .regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, 'is not the ARN of a role')
      .optional()
      .describe('Role that Panther assumes for all of this'),
    externalId: z.string().min(2).optional().describe('External id that the role asks for'),
    endpoint: endpoint.optional().describe('Server that stands for every service'),
    endpoints: z
      .strictObject(Object.fromEntries(ENDPOINTS.map((name) => [name, endpoint.optional()])))
      .default({})
      .describe('Servers that stand for single services'),
    use: z
      .array(z.enum(AWS_PORTS))
      .min(1)
      .default([...AWS_PORTS])
      .describe(
        'What is kept there: objects (S3), queue (SQS), topic (SNS), secrets (KMS, Secrets Manager), metrics (CloudWatch)',
      ),
    bucketPrefix: z
      .string()
      .regex(/^([a-z0-9][a-z0-9-]{0,30})?$/, 'may have lower case letters, digits and hyphens, 31 at most')
      .default('')
      .describe('Stands before the names of the buckets, which have to be unique in the world'),
    queuePrefix: z
      .string()
      .regex(/^[A-Za-z0-9_-]{0,30}$/, 'may have letters, digits, hyphens and underscores, 30 at most')
      .default('')
      .describe('Stands before the names of the queues and of the topic'),
    createMissing: z.boolean().default(true).describe('Make buckets, queues and the topic that do not exist'),
    inputVisibilitySeconds: z
      .int()
      .min(5)
      .max(43_200)
      .default(120)
      .describe('After a crash, what the log processor had in work comes back after this; it is renewed meanwhile'),
    kmsKey: z.string().min(1).optional().describe('Id, ARN or alias (alias/panther) of the KMS key of the secrets'),
    secretsPrefix: z
      .string()
      .regex(/^[A-Za-z0-9/_+=.@-]{1,200}$/, 'may have letters, digits and /_+=.@-')
      .default('panther/')
      .describe('Stands before the names of what is kept in Secrets Manager'),
    metricsNamespace: z
      .string()
      .regex(/^(?!AWS\/)[A-Za-z0-9_./#: -]{1,255}$/, 'may have letters, digits and _./#:-, and not start with AWS/')
      .default('Panther')
      .describe('Namespace of the metrics in CloudWatch'),
    metricsTo: z
      .enum(['logs', 'stdout'])
      .default('logs')
      .describe('Where metrics are written: to CloudWatch Logs, or to the standard output for an agent to pick up'),
    metricsLogGroup: z
      .string()
      .regex(/^[A-Za-z0-9_/.#-]{1,512}$/, 'is not the name of a log group')
      .default('/panther/metrics')
      .describe('Log group of the metrics'),
  })
  .superRefine(({ use, kmsKey, roleArn, externalId }, context) => {
    const missing = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (use.includes('secrets') && kmsKey === undefined)
      missing('kmsKey', 'is needed for secrets: name a KMS key, or leave secrets out of `use`');
    if (externalId !== undefined && roleArn === undefined) missing('externalId', 'is of no use without roleArn');
  });

export type AwsConfig = z.output<typeof awsSchema>;

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'is not a URL such as postgres://user@host/panther');

export const stateSchema = z.strictObject({
  postgres: z
    .union(
      [
        postgresUrl,
        z.strictObject({ env: z.string().min(1) }),
        z.strictObject({ secret: z.string().min(1), sslmode: z.string().default('verify-full') }),
      ],
      'is not a URL such as postgres://user@host/panther, nor {env: NAME}, nor {secret: NAME of a secret}',
    )
    .describe('URL of the database; or {env: …}, {secret: …}: where it is read'),
  maxConnections: z.int().min(2).max(500).default(10).describe('Connections of each thread at most'),
});

export type StateConfig = z.output<typeof stateSchema>;
