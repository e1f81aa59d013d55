/** Needs moto: `PANTHER_TEST_MOTO_URL=http://127.0.0.1:5000`. There is no second emulator of KMS that runs in-process. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { ListSecretsCommand, SecretsManagerClient, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { testSecrets } from '../../ports/secrets.suite.ts';
import { type KmsSecretsOptions, openKmsSecrets } from './kms-secrets.ts';

const endpoint = process.env.PANTHER_TEST_MOTO_URL;

async function makeOptions(): Promise<KmsSecretsOptions & { readonly sent: string[]; close(): void }> {
  const settings = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  const [kms, secretsManager] = [new KMSClient(settings), new SecretsManagerClient(settings)];
  const sent: string[] = [];
  for (const { middlewareStack } of [kms, secretsManager]) {
    const record = (next: (args: never) => Promise<never>) => (args: { input: object }) => {
      sent.push(JSON.stringify(args.input));
      return next(args as never);
    };
    (middlewareStack as KMSClient['middlewareStack']).add(record as never, { step: 'initialize' });
  }
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const close = () => {
    kms.destroy();
    secretsManager.destroy();
  };
  return { kms, secretsManager, keyId: String(KeyMetadata?.KeyId), prefix: `test-${randomUUID()}/`, sent, close };
}

if (endpoint === undefined) {
  it('secrets: KMS and Secrets Manager', { skip: 'PANTHER_TEST_MOTO_URL is not set' }, () => undefined);
} else {
  testSecrets('KMS and Secrets Manager (moto)', async () => {
    const options = await makeOptions();
    return { secrets: await openKmsSecrets(options), close: async () => options.close() };
  });

  it('agrees on one key when several processes start at once', async (t) => {
    const options = await makeOptions();
    t.after(options.close);
    const all = await Promise.all(Array.from({ length: 4 }, () => openKmsSecrets(options)));
    const sealed = await Promise.all(all.map((secrets, index) => secrets.seal(String(index), 'c')));
    const last = await openKmsSecrets(options);
    assert.deepEqual(await Promise.all(sealed.map((one) => last.open(one, 'c'))), ['0', '1', '2', '3']);
    assert.ok(sealed.every((one) => last.isCurrent(one)));
  });

  it('opens what another process sealed after it had rotated, and follows it', async (t) => {
    const options = { ...(await makeOptions()), currentForMs: 0 };
    t.after(options.close);
    const [mine, other] = [await openKmsSecrets(options), await openKmsSecrets(options)];
    await other.rotate();
    const sealed = await other.seal('x', 'c');
    assert.equal(await mine.open(sealed, 'c'), 'x');
    await mine.seal('y', 'c');
    assert.equal(mine.isCurrent(sealed), true);
  });

  it('sends no secret and no plain key to AWS, and keeps none there', async (t) => {
    const options = await makeOptions();
    t.after(options.close);
    const secrets = await openKmsSecrets(options);
    await secrets.open(await secrets.seal('canary-secret', 'c'), 'c');
    assert.ok(options.sent.length >= 4);
    for (const input of options.sent) assert.doesNotMatch(input, /canary|Plaintext/);
    const Filters = [{ Key: 'name' as const, Values: [options.prefix] }];
    const { SecretList } = await options.secretsManager.send(new ListSecretsCommand({ Filters }));
    assert.equal(SecretList?.length, 2);
  });

  it('says what is wrong with the KMS key, and with what was changed by hand', async (t) => {
    const options = await makeOptions();
    t.after(options.close);
    await assert.rejects(openKmsSecrets({ ...options, keyId: 'alias/none' }), /alias\/none cannot be used/);
    const secrets = await openKmsSecrets(options);
    const sealed = await secrets.seal('x', 'c');
    const SecretId = `${options.prefix}current-key`;
    await options.secretsManager.send(new UpdateSecretCommand({ SecretId, SecretString: 'by hand' }));
    await assert.rejects(openKmsSecrets(options), /was changed/);
    assert.equal(await secrets.open(sealed, 'c'), 'x');
  });
}
