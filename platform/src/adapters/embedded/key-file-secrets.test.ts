import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { testSecrets } from '../../ports/secrets.suite.ts';
import { openKeyFileSecrets } from './key-file-secrets.ts';

const makeFolder = () => mkdtemp(join(tmpdir(), 'panther-secrets-'));

async function keyFile(t: TestContext): Promise<string> {
  const folder = await makeFolder();
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'secrets.key');
}

testSecrets('key file', async () => {
  const folder = await makeFolder();
  return {
    secrets: await openKeyFileSecrets(join(folder, 'secrets.key')),
    close: () => rm(folder, { recursive: true }),
  };
});

it('makes a key file that only its owner may read', async (t) => {
  const path = await keyFile(t);
  const secrets = await openKeyFileSecrets(path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await secrets.rotate();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(path, '..')), ['secrets.key']);
});

it('refuses a key file that others may read, and says what to do', async (t) => {
  const path = await keyFile(t);
  await openKeyFileSecrets(path);
  await chmod(path, 0o640);
  await assert.rejects(openKeyFileSecrets(path), new RegExp(`chmod 600 ${path}`));
});

it('makes one key when several start at once', async (t) => {
  const path = await keyFile(t);
  const all = await Promise.all(Array.from({ length: 5 }, () => openKeyFileSecrets(path)));
  const sealed = await Promise.all(all.map((secrets, index) => secrets.seal(String(index), 'c')));
  const last = await openKeyFileSecrets(path);
  assert.deepEqual(await Promise.all(sealed.map((one) => last.open(one, 'c'))), ['0', '1', '2', '3', '4']);
});

it('opens what another process sealed after it had rotated', async (t) => {
  const path = await keyFile(t);
  const [mine, other] = [await openKeyFileSecrets(path), await openKeyFileSecrets(path)];
  await other.rotate();
  assert.equal(await mine.open(await other.seal('x', 'c'), 'c'), 'x');
});

it('says that the key is missing, or the file damaged', async (t) => {
  const [path, otherPath] = [await keyFile(t), await keyFile(t)];
  const sealed = await (await openKeyFileSecrets(otherPath)).seal('x', 'c');
  await assert.rejects((await openKeyFileSecrets(path)).open(sealed, 'c'), /is not in .*restore/);
  await writeFile(path, '{"current":');
  await assert.rejects(openKeyFileSecrets(path), /damaged/);
});
