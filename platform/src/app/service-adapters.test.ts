import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
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

async function open(aws: object): Promise<Adapters> {
  const root = temporaryFolder('services');
  const file = join(root, 'panther.yml');
  writeFileSync(file, JSON.stringify({ aws: { region: 'us-east-1', endpoint: emulator.endpoint, ...aws } }));
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
