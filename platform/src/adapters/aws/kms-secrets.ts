/**
 * Secrets sealed with AES-256-GCM by data keys of KMS (envelope encryption). The data keys themselves are kept in
 * Secrets Manager, encrypted by the KMS key: `<prefix>keys/<id>` each, never changed, and `<prefix>current-key`, which
 * names the one for what is sealed from now on. In memory a data key is plain; nowhere else.
 *
 * Needs kms:GenerateDataKey and kms:Decrypt on the key; secretsmanager:CreateSecret, GetSecretValue, PutSecretValue on
 * the names.
 */
import { randomBytes } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';
import { NONCE_BYTES, openText, parseSealedText, type SealingKey, sealText } from '../../core/sealed-text.ts';
import type { Secrets } from '../../ports/secrets.ts';

export interface KmsSecretsOptions {
  readonly kms: Pick<KMSClient, 'send'>;
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>;
  /** Id, ARN or alias of the KMS key. */
  readonly keyId: string;
  /** Before the names in Secrets Manager, e.g. `panther/`. */
  readonly prefix: string;
  /** How long a rotation by another process may go unnoticed; 5 minutes without it. */
  readonly currentForMs?: number;
}

const KEY_ID = /^[0-9a-f]{16}$/;
const storedKey = z.object({ encryptedKey: z.string().min(1), kmsKeyId: z.string() });

/** @throws UserError when the KMS key or the permissions are missing; ExternalError when AWS does not answer. */
export async function openKmsSecrets(options: KmsSecretsOptions): Promise<Secrets> {
  const { prefix, currentForMs = 300_000 } = options;
  const keys = new Map<string, Promise<SealingKey>>();
  let current = (await readCurrent(options)) ?? (await createFirst(options));
  let readAt = performance.now();

  function keyOf(id: string): Promise<SealingKey> {
    const known = keys.get(id);
    if (known !== undefined) return known;
    const read = readKey(options, id);
    keys.set(id, read);
    // A failure is not remembered.
    read.catch(() => keys.delete(id));
    return read;
  }

  async function currentKey(): Promise<SealingKey> {
    if (performance.now() - readAt > currentForMs) {
      current = (await readCurrent(options)) ?? current;
      readAt = performance.now();
    }
    return keyOf(current);
  }

  return {
    seal: async (plaintext, context) => sealText(await currentKey(), randomBytes(NONCE_BYTES), plaintext, context),
    open: async (sealed, context) => openText(await keyOf(parseSealedText(sealed).keyId), sealed, context),
    async rotate() {
      const id = await createKey(options);
      const command = new PutSecretValueCommand({ SecretId: `${prefix}current-key`, SecretString: id });
      await asked(options, 'secretsmanager:PutSecretValue', () => options.secretsManager.send(command));
      [current, readAt] = [id, performance.now()];
    },
    isCurrent: (sealed) => parseSealedText(sealed).keyId === current,
  };
}

async function readCurrent(options: KmsSecretsOptions): Promise<string | undefined> {
  const id = await readSecret(options, 'current-key');
  if (id !== undefined && !KEY_ID.test(id))
    throw new UserError(`the secret ${options.prefix}current-key was changed: restore its earlier version`);
  return id;
}

/** Of several processes that start at once, one names the key; those of the others are never used. */
async function createFirst(options: KmsSecretsOptions): Promise<string> {
  const id = await createKey(options);
  const isFirst = await createSecret(options, 'current-key', id);
  return isFirst ? id : ((await readCurrent(options)) ?? id);
}

async function createKey(options: KmsSecretsOptions): Promise<string> {
  const id = randomBytes(8).toString('hex');
  const command = new GenerateDataKeyCommand({
    KeyId: options.keyId,
    KeySpec: 'AES_256',
    EncryptionContext: encryptionContext(options, id),
  });
  const { CiphertextBlob, KeyId } = await asked(options, 'kms:GenerateDataKey', () => options.kms.send(command));
  if (CiphertextBlob === undefined) throw new ExternalError('KMS gave no data key', { retryable: true });
  const stored = { encryptedKey: Buffer.from(CiphertextBlob).toString('base64'), kmsKeyId: KeyId ?? options.keyId };
  await createSecret(options, `keys/${id}`, JSON.stringify(stored));
  return id;
}

async function readKey(options: KmsSecretsOptions, id: string): Promise<SealingKey> {
  const text = KEY_ID.test(id) ? await readSecret(options, `keys/${id}`) : undefined;
  if (text === undefined)
    throw new UserError(`the secret ${options.prefix}keys/${id} does not exist: restore it in Secrets Manager`);
  const { encryptedKey } = storedKey.parse(JSON.parse(text));
  const command = new DecryptCommand({
    CiphertextBlob: Buffer.from(encryptedKey, 'base64'),
    EncryptionContext: encryptionContext(options, id),
  });
  const { Plaintext } = await asked(options, 'kms:Decrypt', () => options.kms.send(command));
  if (Plaintext === undefined) throw new ExternalError('KMS gave no key', { retryable: true });
  return { id, bytes: Plaintext };
}

/** Ties a data key to its name: KMS decrypts it under no other. */
function encryptionContext({ prefix }: KmsSecretsOptions, id: string): Record<string, string> {
  return { 'panther:secret': `${prefix}keys/${id}` };
}

async function readSecret(options: KmsSecretsOptions, name: string): Promise<string | undefined> {
  const command = new GetSecretValueCommand({ SecretId: options.prefix + name });
  const found = await asked(options, 'secretsmanager:GetSecretValue', () =>
    options.secretsManager.send(command).catch((error: unknown) => {
      if (nameOf(error) === 'ResourceNotFoundException') return undefined;
      throw error;
    }),
  );
  return found?.SecretString;
}

/** False when the name is taken. */
async function createSecret(options: KmsSecretsOptions, name: string, value: string): Promise<boolean> {
  const command = new CreateSecretCommand({
    Name: options.prefix + name,
    Description: 'Panther: key of its secrets, encrypted by KMS. Needed to open them.',
    SecretString: value,
  });
  return asked(options, 'secretsmanager:CreateSecret', () =>
    options.secretsManager.send(command).then(
      () => true,
      (error: unknown) => {
        if (nameOf(error) === 'ResourceExistsException') return false;
        throw error;
      },
    ),
  );
}

const DENIED = new Set(['AccessDeniedException', 'NotAuthorizedException']);
const WRONG_KEY = new Set([
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
]);

async function asked<T>({ keyId, prefix }: KmsSecretsOptions, action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const what = action.startsWith('kms:') ? `the KMS key ${keyId}` : `${prefix}*`;
    const said = errorMessage(cause);
    if (DENIED.has(nameOf(cause))) throw new UserError(`${action} on ${what} is not allowed: ${said}`, {}, { cause });
    if (action.startsWith('kms:') && WRONG_KEY.has(nameOf(cause)))
      throw new UserError(`the KMS key ${keyId} cannot be used: ${said}`, { field: 'aws.kmsKey' }, { cause });
    throw new ExternalError(`${action} on ${what} failed: ${said}`, { retryable: true, cause });
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
