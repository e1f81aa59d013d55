import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import { recoverSpool } from './spool.ts';

async function spooled({ adapters }: Awaited<ReturnType<typeof openTestPipeline>>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of adapters.objects.list(BUCKETS.inputData, '')) keys.push(key);
  return keys;
}

test('an object that was put, but not announced, is processed after the next start, once', async () => {
  const panther = await openTestPipeline();
  const { objects, queue } = panther.adapters;
  await objects.put(BUCKETS.inputData, 'spool/s1/2026/01/02/orphan.log', Buffer.from(trailEvent(1, 'IAMUser')));
  await panther.send('spool/s1/2026/01/02/waiting.log', Buffer.from(trailEvent(2, 'IAMUser')));
  await objects.put(BUCKETS.inputData, 'ingest/s1/hash/of-another-process.log', Buffer.from('{}'));
  assert.equal(await recoverSpool(panther.adapters, panther.adapters.queue), 1);
  assert.equal(await recoverSpool(panther.adapters, panther.adapters.queue), 0);
  assert.equal((await queue.counts(INPUT_QUEUE)).visible, 2);
  await panther.processAll();
  assert.deepEqual(await panther.counts(), { received: 2, stored: 2, quarantined: 0, rejected: 0 });
  assert.deepEqual(await spooled(panther), ['ingest/s1/hash/of-another-process.log']);
  await panther.close();
});

test('an object whose unit is committed is removed, unless it is the evidence of kept records', async () => {
  const panther = await openTestPipeline();
  const { objects } = panther.adapters;
  // Deleting what a crash would have left is put off.
  const deps = panther.pipeline.deps as { afterCommit: unknown };
  deps.afterCommit = async () => {};
  await panther.send('spool/s1/2026/01/02/stored.log', Buffer.from(trailEvent(1, 'IAMUser')));
  await panther.send('spool/s1/2026/01/02/kept.log', Buffer.from('not JSON'));
  await panther.processAll();
  assert.equal((await spooled(panther)).length, 2);
  assert.equal(await recoverSpool(panther.adapters, panther.adapters.queue), 0);
  assert.deepEqual(await spooled(panther), ['spool/s1/2026/01/02/kept.log']);
  assert.ok(await objects.head(BUCKETS.inputData, 'spool/s1/2026/01/02/kept.log'));
  await panther.close();
});
