import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { testTopic } from '../../ports/topic.suite.ts';
import { openInProcessTopic } from './in-process-topic.ts';
import { openSqliteQueue } from './sqlite-queue.ts';

async function makeTopic() {
  const folder = await mkdtemp(join(tmpdir(), 'panther-topic-'));
  const path = join(folder, 'queue.db');
  const queue = await openSqliteQueue({ path, clock: { now: () => new Date() } });
  const topic = await openInProcessTopic({ path, queue });
  const close = async () => {
    await topic.close();
    await queue.close();
    await rm(folder, { recursive: true });
  };
  return { path, queue, topic, close };
}

testTopic('in process', makeTopic);

it('keeps subscriptions when it is opened again', async () => {
  const { path, queue, topic, close } = await makeTopic();
  await queue.ensure('q', { visibilityTimeoutMs: 1_000, maxReceiveCount: 1 });
  await topic.subscribe('t', 'q');
  const again = await openInProcessTopic({ path, queue });
  await again.publish('t', { body: 'x' });
  assert.equal((await queue.counts('q')).visible, 1);
  await again.close();
  await close();
});
