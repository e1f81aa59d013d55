import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sql } from 'kysely';
import { type Emulator, startEmulator } from '../../test/support/emulators.ts';
import { temporaryFolder } from '../../test/support/panther.ts';
import { UserError } from '../core/errors.ts';
import { BUCKETS } from '../ports/buckets.ts';
import { INPUT_QUEUE } from '../ports/queue.ts';
import { type Adapters, openAdapters } from './adapters.ts';
import { readConfig } from './config.ts';
import { dataDir } from './data-dir.ts';
import { systemClock } from './embedded.ts';
import { createLog } from './log.ts';

const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
let emulator: Emulator;

before(async () => {
  Object.assign(process.env, CREDENTIALS);
  emulator = await startEmulator('fauxqs');
});
after(() => emulator.stop());

async function open(aws: object, state?: object): Promise<Adapters> {
  const root = temporaryFolder('services');
  const file = join(root, 'panther.yml');
  const services = { region: 'us-east-1', endpoint: emulator.endpoint, ...aws };
  writeFileSync(file, JSON.stringify({ aws: services, ...(state && { state }) }));
  const config = await readConfig(file, {});
  return openAdapters({ config, dir: dataDir(root), clock: systemClock, log, env: {} });
}

test('a bucket or queue that is missing and not to be made is named, with what to do', async () => {
  await assert.rejects(open({ use: ['objects'], bucketPrefix: 'none-', createMissing: false }), (error: Error) => {
    assert.ok(error instanceof UserError);
    assert.match(
      error.message,
      /^there is no bucket none-panther-[a-z-]+: create it, or allow it with createMissing: true$/,
    );
    return true;
  });
  await assert.rejects(open({ use: ['queue'], queuePrefix: 'none-', createMissing: false }), (error: Error) => {
    assert.ok(error instanceof UserError);
    assert.match(
      error.message,
      /^there is no queue none-panther-[a-z-]+: create it, or allow it with createMissing: true$/,
    );
    return true;
  });
});

test('what exists is taken without the right to make it', async () => {
  const use = ['objects', 'queue'];
  const prefixes = { bucketPrefix: 'here-', queuePrefix: 'here-' };
  await (await open({ use, ...prefixes })).close();
  const adapters = await open({ use, ...prefixes, createMissing: false });
  await adapters.objects.put(BUCKETS.inputData, 'a', Buffer.from('x'));
  assert.deepEqual(await adapters.queue.send(INPUT_QUEUE, [{ body: '{}' }]), []);
  await adapters.close();
});

test('a profile that does not exist is named', async () => {
  await assert.rejects(open({ use: ['queue'], profile: 'no-such-profile' }), (error: Error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /no-such-profile/);
    return true;
  });
});

const moto = process.env.PANTHER_TEST_MOTO_URL;
const server = process.env.PANTHER_TEST_POSTGRES_URL;
const skip = moto === undefined || server === undefined ? 'moto and PostgreSQL are needed' : false;

test('the database is found by a secret, read with an assumed role', { skip }, async () => {
  const name = `panther-database-${randomUUID()}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SecretsManagerClient({ endpoint: String(moto), region: 'us-east-1', credentials });
  const { hostname: host, port, username, pathname } = new URL(String(server));
  const secret = { username, password: 'x', host, port, dbname: pathname.slice(1) };
  await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(secret) }));
  client.destroy();
  const aws = { use: ['queue'], endpoint: moto, roleArn: 'arn:aws:iam::123456789012:role/panther', externalId: 'abc' };
  const adapters = await open(aws, { postgres: { secret: name, sslmode: 'disable' } });
  const { rows } = await sql<{ n: number }>`SELECT 1 AS n`.execute(adapters.state.db);
  assert.equal(rows[0]?.n, 1);
  await adapters.close();
  await assert.rejects(
    open(aws, { postgres: { secret: 'no-such-secret' } }),
    /the secret no-such-secret cannot be read/,
  );
});
