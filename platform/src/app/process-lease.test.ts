import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCatalog } from '../lake/catalog.ts';
import { dataDir } from './data-dir.ts';
import { openEmbedded, systemClock } from './embedded.ts';
import { createDeadProcesses, openLease, processOfCommit } from './process-lease.ts';

const LEASE_MS = 50;

async function setUp(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'panther-lease-'));
  const adapters = await openEmbedded(dataDir(root), systemClock);
  t.after(() => adapters.close().then(() => rm(root, { recursive: true, force: true })));
  const { state, objects } = adapters;
  const catalog = createCatalog({ state, objects, clock: systemClock });
  const register = async (commitId: string) => {
    const file = { database: 'panther_logs', table: 't', hour: '2026-01-02T03', rowCount: 1, sizeBytes: 1 } as const;
    await catalog.registerPending(commitId, [{ ...file, objectKey: `logs/t/${commitId}.parquet` }]);
  };
  const pending = async () =>
    (await state.db.selectFrom('lake_files').select('commit_id').where('status', '=', 'pending').execute()).map(
      (row) => row.commit_id,
    );
  return { state, register, pending, dead: createDeadProcesses({ state, catalog }, LEASE_MS) };
}

test('the process is in the id of a commit', () => {
  assert.equal(processOfCommit('0123456789abcdef01234567-aaaaaaaa00000000'), 'aaaaaaaa');
  assert.equal(processOfCommit('0123456789abcdef01234567-aaaaaaaa00000000-r2'), 'aaaaaaaa');
  assert.equal(processOfCommit('merge-bbbbbbbb00000000'), 'bbbbbbbb');
  assert.equal(processOfCommit('of-another-kind'), '');
});

test('files of dead processes are removed, those of living ones stay however long they take', async (t) => {
  const { state, register, pending, dead } = await setUp(t);
  const alive = await openLease(state, 'aaaaaaaa');
  await openLease(state, 'bbbbbbbb');
  for (const id of ['aaaaaaaa', 'bbbbbbbb', 'cccccccc']) await register(`unit-${id}00000000`);
  assert.equal(await dead.clean(), 0);
  await sleep(LEASE_MS * 2);
  await alive.renew();
  assert.equal(await dead.clean(), 2);
  assert.deepEqual(await pending(), ['unit-aaaaaaaa00000000']);
  await sleep(LEASE_MS * 2);
  await alive.renew();
  assert.equal(await dead.clean(), 0);
  await alive.release();
  await dead.clean();
  await sleep(LEASE_MS * 2);
  assert.equal(await dead.clean(), 1);
});
