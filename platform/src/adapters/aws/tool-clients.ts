/** Clients for the operational tools, each loaded when it is asked for: a tool that needs none starts without the SDK. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';

export interface AwsAccess {
  readonly region?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly endpoint?: string;
}

/** With back-off between them: throttling and broken connections take some minutes to become an error. */
const ATTEMPTS = 8;

async function settings({ region, profile, roleArn, endpoint }: AwsAccess) {
  const base = {
    maxAttempts: ATTEMPTS,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  if (roleArn === undefined) return base;
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const credentials = fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: 'panther-tools' },
    clientConfig: base,
  });
  return { ...base, credentials };
}

export async function createSqs(access: AwsAccess): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  // Queues are called where the endpoint is, whatever host their URLs name.
  return new SQSClient({ ...(await settings(access)), useQueueUrlAsEndpoint: access.endpoint === undefined });
}

export async function createS3(access: AwsAccess): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    ...(await settings(access)),
    followRegionRedirects: true,
    forcePathStyle: access.endpoint !== undefined,
  });
}

export async function createSns(access: AwsAccess): Promise<SNSClient> {
  const { SNSClient } = await import('@aws-sdk/client-sns');
  return new SNSClient(await settings(access));
}

export interface Caller {
  /** 12 digits. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
}

export async function findCaller(access: AwsAccess): Promise<Caller> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const sts = new STSClient(await settings(access));
  try {
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account: Account, partition: Arn.split(':')[1] || 'aws' };
  } catch (error) {
    throw awsError(error, 'cannot ask AWS for the account: name it with --account');
  } finally {
    sts.destroy();
  }
}

const CREDENTIALS =
  /^(ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure)/;

/** Sorts what the SDK throws by who must act. */
export function awsError(error: unknown, what: string): Error {
  if (error instanceof UserError || error instanceof ExternalError) return error;
  const name = error instanceof Error ? error.name : '';
  const text = `${what}: ${errorMessage(error) || name}`;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new UserError(
      `${what}: there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or name a profile with --profile`,
      {},
      { cause: error },
    );
  }
  if (/Region is missing/.test(text)) {
    return new UserError(
      `${what}: the region is not known: set AWS_REGION, or name it with --region`,
      {},
      { cause: error },
    );
  }
  if (CREDENTIALS.test(name)) {
    return new ExternalError(`${text}; the credentials are expired or wrong`, { retryable: false, cause: error });
  }
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const retryable = status === undefined || status >= 500 || status === 429 || /Throttl/.test(name);
  return new ExternalError(text, { retryable, cause: error });
}
