/** What every client of an AWS service is made with: region, credentials, endpoint, retries, timeouts. */
import { type AwsCredentials, type CredentialsSource, createCredentials } from './aws-credentials.ts';

export type AwsService = 's3' | 'sqs' | 'sns' | 'kms' | 'secretsManager' | 'logs' | 'sts';

export interface AwsSettings {
  /** Without it that of the profile or of AWS_REGION. */
  readonly region?: string | undefined;
  /** Of the shared AWS configuration files. */
  readonly profile?: string | undefined;
  /** Assumed for every call, and again before it expires. */
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
  /** Instead of those of the environment, of the profile or of the machine. */
  readonly credentials?: AwsCredentials | undefined;
  /** Server that stands for every service. */
  readonly endpoint?: string | undefined;
  /** Servers that stand for single services. */
  readonly endpoints?: Readonly<Partial<Record<AwsService, string | undefined>>> | undefined;
  /** Of each call, with back-off between them; throttling and broken connections are worth an attempt. */
  readonly maxAttempts?: number | undefined;
  /** A connection on which nothing moves for so long is given up. Longer than the 20 s of a long poll. */
  readonly idleTimeoutMs?: number | undefined;
  /** Of each client. */
  readonly maxSockets?: number | undefined;
}

const MAX_ATTEMPTS = 8;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 60_000;
const MAX_SOCKETS = 64;

export interface AwsClientConfig {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials: CredentialsSource;
  readonly maxAttempts: number;
  readonly retryMode: 'standard';
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly socketTimeout: number;
    readonly httpAgent: AgentOptions;
    readonly httpsAgent: AgentOptions;
  };
}

interface AgentOptions {
  readonly keepAlive: true;
  readonly maxSockets: number;
}

/** Options for the constructor of a client of the SDK; `refreshing` is put around the client. */
export function awsClientConfig(settings: AwsSettings, service: AwsService): AwsClientConfig {
  const { region, profile, maxAttempts = MAX_ATTEMPTS, idleTimeoutMs = IDLE_TIMEOUT_MS } = settings;
  const endpoint = settings.endpoints?.[service] ?? settings.endpoint;
  const agent: AgentOptions = { keepAlive: true, maxSockets: settings.maxSockets ?? MAX_SOCKETS };
  const base = {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts,
    retryMode: 'standard' as const,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  const stsEndpoint = settings.endpoints?.sts ?? settings.endpoint;
  const { endpoint: _, ...other } = base;
  const sts = stsEndpoint === undefined ? other : { ...other, endpoint: stsEndpoint };
  return { ...base, credentials: createCredentials(settings, sts) };
}

interface Client {
  readonly middlewareStack: { add(middleware: never, options: never): void };
}

/** Makes a client take new credentials, once for each call, when the service says that they have expired. */
export function refreshing<C extends Client>(client: C, { credentials }: AwsClientConfig): C {
  const middleware = (next: (args: unknown) => Promise<unknown>) => async (args: unknown) => {
    try {
      return await next(args);
    } catch (error) {
      if (!isExpired(error)) throw error;
      credentials.forget();
      return next(args);
    }
  };
  const options = { step: 'initialize', name: 'refreshExpiredCredentials', priority: 'high' };
  client.middlewareStack.add(middleware as never, options as never);
  return client;
}

function isExpired(error: unknown): boolean {
  return error instanceof Error && /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/.test(error.name);
}

export async function createS3Client(settings: AwsSettings) {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const config = awsClientConfig(settings, 's3');
  const forcePathStyle = config.endpoint !== undefined;
  return refreshing(new S3Client({ ...config, forcePathStyle, followRegionRedirects: true }), config);
}

export async function createSqsClient(settings: AwsSettings) {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const config = awsClientConfig(settings, 'sqs');
  // Queues are called where the endpoint is, whatever host their URLs name.
  const useQueueUrlAsEndpoint = config.endpoint === undefined;
  return refreshing(new SQSClient({ ...config, useQueueUrlAsEndpoint }), config);
}

export async function createSnsClient(settings: AwsSettings) {
  const { SNSClient } = await import('@aws-sdk/client-sns');
  const config = awsClientConfig(settings, 'sns');
  return refreshing(new SNSClient(config), config);
}
