/** SQS, SNS and S3 in this process, for the tests of tools. What a tool needs to reach it is in `argv` and `env`. */
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface AwsEmulator {
  readonly endpoint: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly s3: S3Client;
  close(): Promise<void>;
}

export async function startAwsEmulator(): Promise<AwsEmulator> {
  const server = await startFauxqs({ port: 0, logger: false });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const settings = { endpoint, region: 'us-east-1', credentials: CREDENTIALS };
  const sqs = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false });
  const sns = new SNSClient(settings);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  return {
    endpoint,
    argv: ['--endpoint', endpoint, '--region', 'us-east-1'],
    env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    sqs,
    sns,
    s3,
    async close() {
      for (const client of [sqs, sns, s3]) client.destroy();
      await server.stop();
    },
  };
}
