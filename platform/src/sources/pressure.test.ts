import assert from 'node:assert/strict';
import { it } from 'node:test';
import { makeTestSources } from '../../test/support/test-sources.ts';
import { createPressure } from './pressure.ts';

it('says that processing is behind, or that the disk is full', async () => {
  const { deps, close } = await makeTestSources();
  const options = { queue: deps.queue, maxBacklogObjects: 2, minFreeDiskBytes: 1_000_000 };
  const full = createPressure({ ...options, freeDiskBytes: async () => 999_999 });
  const free = () => createPressure({ ...options, freeDiskBytes: async () => 1_000_000 })();
  assert.equal((await full())?.kind, 'full');
  assert.equal(await free(), undefined);
  await deps.queue.send('panther-input-data-notifications-queue', [{ body: '{}' }, { body: '{}' }]);
  assert.match((await free())?.message ?? '', /2 objects are waiting/);
  await close();
});
