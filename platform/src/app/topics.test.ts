import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/panther.ts';
import { relayOutbox } from '../alerts/outbox.ts';
import { openAdapters } from './adapters.ts';
import { readConfig } from './config.ts';
import { dataDir } from './data-dir.ts';
import { systemClock } from './embedded.ts';
import { createLog } from './log.ts';
import { createAnnounce } from './topics.ts';

const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
const FILE = {
  objectKey: 'logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/a.parquet',
  database: 'panther_logs',
  table: 'aws_cloudtrail',
  hour: '2026-01-02T03',
  rowCount: 1,
  sizeBytes: 42,
} as const;

async function open(lakeNotifications?: string[]) {
  const config = await readConfig(undefined, lakeNotifications === undefined ? {} : { lakeNotifications });
  const dir = dataDir(temporaryFolder('topics'));
  return openAdapters({ config, dir, clock: systemClock, log, env: {} });
}

test('queues are told of new files of the lake with the commit, by log type', async () => {
  const { state, queue, lakeTopic, close } = await open(['lake-readers', 'others']);
  const announce = createAnnounce(lakeTopic?.bucket ?? '', ['AWS.CloudTrail'], systemClock);
  await assert.rejects(
    state.transaction(async (tx) => {
      await announce(tx, [FILE]);
      throw new Error('the commit fails');
    }),
  );
  assert.equal(await relayOutbox({ state, queue, log }), 0);
  await state.transaction((tx) => announce(tx, [FILE]));
  assert.equal(await relayOutbox({ state, queue, log }), 1);
  for (const reader of ['lake-readers', 'others']) {
    const [message, ...more] = await queue.receive(reader, { maxMessages: 10, waitMs: 0 });
    assert.equal(more.length, 0);
    assert.deepEqual({ ...message?.attributes }, { type: 'LogData', id: 'AWS.CloudTrail' });
    const { Records } = JSON.parse(message?.body ?? '') as { Records: { s3: unknown }[] };
    const object = { key: FILE.objectKey, size: 42 };
    assert.deepEqual(Records[0]?.s3, { bucket: { name: 'panther-processed-data' }, object });
  }
  await close();
});

test('nothing is announced where nobody listens', async () => {
  const { lakeTopic, close } = await open();
  assert.equal(lakeTopic, undefined);
  await close();
});
