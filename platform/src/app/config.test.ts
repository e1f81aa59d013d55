import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../core/errors.ts';
import { readConfig } from './config.ts';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'panther-config-')), 'panther.yml');
  writeFileSync(file, text);
  return file;
}

test('defaults, then the file, then the command line', async () => {
  const config = await readConfig(fileWith('port: 9000\nhostNames: [panther.example.com]\n'), { port: 9001 });
  assert.equal(config.port, 9001);
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual(config.hostNames, ['panther.example.com']);
});

test('a mistake is named with file, line and field', async () => {
  const file = fileWith('host: 127.0.0.1\nport: high\n');
  await assert.rejects(readConfig(file), (error: UserError) => {
    assert.ok(error instanceof UserError);
    assert.deepEqual(error.location, { file, line: 2, field: 'port' });
    return true;
  });
  await assert.rejects(readConfig(fileWith('prot: 9000\n')), /prot/);
  await assert.rejects(readConfig(fileWith('a: [1\n')), UserError);
});

test('services are configured with their defaults', async () => {
  const text = 'aws:\n  region: eu-central-1\n  use: [objects]\n  endpoints: { s3: "http://127.0.0.1:9000" }\n';
  const { aws, state } = await readConfig(fileWith(`${text}state: { postgres: { env: DATABASE_URL } }\n`));
  assert.deepEqual(aws?.use, ['objects']);
  assert.equal(aws?.endpoints.s3, 'http://127.0.0.1:9000');
  assert.equal(aws?.createMissing, true);
  assert.deepEqual(state, { postgres: { env: 'DATABASE_URL' }, maxConnections: 10 });
});

for (const [what, text, line, field, message] of [
  ['an unknown field', 'aws:\n  use: [queue]\n  regon: eu-central-1\n', 3, 'aws', /regon/],
  ['a wrong value', 'aws:\n  use: [queue]\n  region: "EU central"\n', 3, 'aws.region', /eu-central-1/],
  ['a wrong value in a list', 'aws:\n  use:\n    - queue\n    - stacks\n', 4, 'aws.use.1', /objects/],
  ['secrets without a key', 'port: 1\naws:\n  region: eu-central-1\n', 3, 'aws.kmsKey', /KMS/],
  ['a wrong endpoint', 'aws:\n  use: [queue]\n  endpoint: "file:///x"\n', 3, 'aws.endpoint', /http/],
  ['a database that is no URL', 'state:\n  postgres: mysql://x\n', 2, 'state.postgres', /postgres:\/\//],
] as const) {
  test(`${what} is named with its line and field`, async () => {
    const file = fileWith(text);
    await assert.rejects(readConfig(file), (error: UserError) => {
      assert.deepEqual(error.location, { file, line, field });
      assert.match(error.message, message);
      return true;
    });
  });
}
