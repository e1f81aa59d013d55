import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { testState } from '../../ports/state/state.suite.ts';
import { openSqliteState } from './sqlite-state.ts';

testState('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'panther-state-'));
  return {
    open: () => openSqliteState(join(folder, 'state.db')),
    close: () => rm(folder, { recursive: true }),
  };
});

it('takes writes of several threads at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'panther-state-'));
  const path = join(folder, 'state.db');
  const state = openSqliteState(path);
  await state.migrate();
  const code = `
    import { workerData } from 'node:worker_threads';
    import { openSqliteState } from ${JSON.stringify(new URL('./sqlite-state.ts', import.meta.url).href)};
    const state = openSqliteState(workerData.path);
    for (let i = 0; i < 100; i++) {
      await state.transaction(async (tx) => {
        const row = await tx.selectFrom('settings').select('value').where('key', '=', 'n').executeTakeFirstOrThrow();
        await tx.updateTable('settings').set({ value: String(Number(row.value) + 1) }).where('key', '=', 'n').execute();
      });
      await state.db.insertInto('settings').values({ key: workerData.name + i, value: 'x' }).execute();
    }
    await state.close();`;
  await state.db.insertInto('settings').values({ key: 'n', value: '0' }).execute();
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => runWorker(code, { path, name })));
  const rows = await state.db.selectFrom('settings').selectAll().execute();
  assert.equal(rows.length, 401);
  assert.equal(rows.find((row) => row.key === 'n')?.value, '400');
  await state.close();
  await rm(folder, { recursive: true });
});

it('says at once that a transaction must use its own handle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'panther-state-'));
  const state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  const wrong = state.transaction(async () => state.db.selectFrom('settings').selectAll().execute());
  await assert.rejects(wrong, /use its own handle/);
  await state.close();
  await rm(folder, { recursive: true });
});

function runWorker(code: string, workerData: object): Promise<void> {
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  return new Promise((resolve, reject) => {
    new Worker(url, { workerData }).on('error', reject).on('exit', () => resolve());
  });
}
