/** Adapters of AWS's services, or servers like them, and of PostgreSQL; embedded ones for what is not configured. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createS3Client, createSqsClient } from '../adapters/aws/aws-client.ts';
import { createCloudWatchMetrics } from '../adapters/aws/cloudwatch-metrics.ts';
import { emfToLogs, emfToStream } from '../adapters/aws/emf-output.ts';
import { openKmsSecrets } from '../adapters/aws/kms-secrets.ts';
import { openPostgresState } from '../adapters/aws/postgres-state.ts';
import { openS3Objects } from '../adapters/aws/s3-objects.ts';
import {
  createKmsClient,
  createLogsClient,
  createSecretsManagerClient,
  readSecretText,
} from '../adapters/aws/security-clients.ts';
import { openSqsQueue } from '../adapters/aws/sqs-queue.ts';
import { openFolderObjects } from '../adapters/embedded/folder-objects.ts';
import { openKeyFileSecrets } from '../adapters/embedded/key-file-secrets.ts';
import { openSqliteMetrics } from '../adapters/embedded/sqlite-metrics.ts';
import { openSqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import { errorMessage, UserError } from '../core/errors.ts';
import { createLakeFileCache, filesInPlace, type LakeFiles } from '../lake/lake-files.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Metrics, MetricsReader } from '../ports/metrics.ts';
import type { Objects } from '../ports/objects.ts';
import { INPUT_QUEUE, QUEUES } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { AdapterOptions, Adapters } from './adapters.ts';
import type { AwsConfig, AwsPort } from './config-aws.ts';
import { systemClock } from './embedded.ts';

type StoreOptions = Pick<AdapterOptions, 'config' | 'dir' | 'env'>;

export async function openServiceAdapters(options: AdapterOptions): Promise<Adapters> {
  const { dir, config } = options;
  await mkdir(dir.root, { recursive: true, mode: 0o700 });
  await mkdir(dir.tmp, { recursive: true });
  const { state, objects, ensureBucket, lakeFiles } = await openServiceStores(options);
  // What is missing is said before anything is changed.
  await Promise.all(Object.values(BUCKETS).map(ensureBucket));
  const queues = await openQueue(options);
  await state.migrate();
  const metrics = await openMetrics(options);
  return {
    state,
    objects,
    lakeFiles,
    queue: queues.queue,
    secrets: await openSecrets(options),
    metrics,
    local: { queue: queues.local, hasObjects: using(config.aws, 'objects') === undefined, hasState: !config.state },
    async close() {
      await metrics.close();
      await queues.queue.close();
      await state.close();
    },
  };
}

/** What a reader of the lake needs. Nothing is made there. */
export async function openServiceStores({ config, dir, env }: StoreOptions) {
  const state: State = config.state
    ? openPostgresState({ url: await postgresUrl({ config, dir, env }), maxConnections: config.state.maxConnections })
    : openSqliteState(dir.stateFile);
  const aws = using(config.aws, 'objects');
  const s3 =
    aws === undefined ? undefined : await openS3Objects({ ...aws, s3: await createS3Client(aws), clock: systemClock });
  const objects: Objects = s3 ?? openFolderObjects(dir.objects);
  const folder = join(dir.root, 'lake-cache');
  const lakeFiles: LakeFiles =
    aws === undefined
      ? filesInPlace(objects)
      : createLakeFileCache({ objects, folder, maxBytes: config.lakeCacheMb * 1e6 });
  await mkdir(folder, { recursive: true });
  const ensureBucket = async (bucket: string): Promise<void> => s3?.ensureBucket(bucket);
  return { state, objects, ensureBucket, lakeFiles, tmpParent: folder };
}

function using(aws: AwsConfig | undefined, port: AwsPort): AwsConfig | undefined {
  return aws?.use.includes(port) ? aws : undefined;
}

async function openQueue({ config, dir, clock }: AdapterOptions) {
  const aws = using(config.aws, 'queue');
  if (aws === undefined) {
    const queue = await openSqliteQueue({ path: dir.queueFile, clock });
    for (const [name, options] of Object.entries(QUEUES)) await queue.ensure(name, options);
    return { queue, local: queue };
  }
  const queue = await openSqsQueue({ ...aws, sqs: await createSqsClient(aws), clock });
  for (const [name, options] of Object.entries(QUEUES)) {
    const input = name === INPUT_QUEUE ? { visibilityTimeoutMs: aws.inputVisibilitySeconds * 1_000 } : {};
    await queue.ensure(name, { ...options, ...input });
  }
  return { queue, local: undefined };
}

async function openSecrets({ config, dir }: AdapterOptions) {
  const aws = using(config.aws, 'secrets');
  if (aws?.kmsKey === undefined) return openKeyFileSecrets(dir.secretsFile);
  const [kms, secretsManager] = [await createKmsClient(aws), await createSecretsManagerClient(aws)];
  return openKmsSecrets({ kms, secretsManager, keyId: aws.kmsKey, prefix: aws.secretsPrefix });
}

async function openMetrics({
  config,
  dir,
  clock,
  log,
}: AdapterOptions): Promise<Metrics & MetricsReader & { close(): Promise<void> }> {
  const local = await openSqliteMetrics({ path: dir.metricsFile, clock });
  const aws = using(config.aws, 'metrics');
  if (aws === undefined) return local;
  const logStream = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const output =
    aws.metricsTo === 'stdout'
      ? emfToStream(process.stdout)
      : emfToLogs({ client: await createLogsClient(aws), logGroup: aws.metricsLogGroup, logStream });
  const onError = (error: unknown) => log.warn({ error }, 'metrics cannot be written to CloudWatch; tried again');
  return createCloudWatchMetrics({ namespace: aws.metricsNamespace, clock, output, local, onError });
}

async function postgresUrl({ config, env }: StoreOptions): Promise<string> {
  const field = 'state.postgres';
  const given = config.state?.postgres ?? '';
  if (typeof given === 'string') return given;
  if ('env' in given) {
    const url = env[given.env];
    if (url === undefined || url === '') throw new UserError(`the variable ${given.env} is not set`, { field });
    return url;
  }
  const text = await readSecretText(config.aws ?? {}, given.secret).catch((cause: unknown) => {
    throw new UserError(`the secret ${given.secret} cannot be read: ${errorMessage(cause)}`, { field }, { cause });
  });
  return text.startsWith('postgres') ? text : urlOfSecret(text, given.secret, given.sslmode);
}

/** The form in which RDS keeps its secrets. */
function urlOfSecret(text: string, name: string, sslmode: string): string {
  try {
    const { username, password, host, port = 5432, dbname = 'panther' } = JSON.parse(text) as Record<string, string>;
    if (!username || !password || !host) throw new Error('username, password or host is missing');
    const [user, secret] = [encodeURIComponent(username), encodeURIComponent(password)];
    return `postgres://${user}:${secret}@${host}:${port}/${dbname}?sslmode=${sslmode}`;
  } catch {
    const message = `the secret ${name} is neither a URL nor JSON with username, password, host, port and dbname`;
    throw new UserError(message, { field: 'state.postgres' });
  }
}
