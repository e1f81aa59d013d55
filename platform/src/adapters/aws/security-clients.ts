/** Clients of KMS, Secrets Manager and CloudWatch Logs. */
import { type AwsSettings, awsClientConfig, refreshing } from './aws-client.ts';

export async function createKmsClient(settings: AwsSettings) {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const config = awsClientConfig(settings, 'kms');
  return refreshing(new KMSClient(config), config);
}

export async function createSecretsManagerClient(settings: AwsSettings) {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const config = awsClientConfig(settings, 'secretsManager');
  return refreshing(new SecretsManagerClient(config), config);
}

export async function createLogsClient(settings: AwsSettings) {
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  const config = awsClientConfig(settings, 'logs');
  return refreshing(new CloudWatchLogsClient(config), config);
}

/** The text of a secret. @throws UserError of the SDK's own words when it cannot be read. */
export async function readSecretText(settings: AwsSettings, name: string): Promise<string> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = await createSecretsManagerClient(settings);
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString ?? '';
  } finally {
    client.destroy();
  }
}
