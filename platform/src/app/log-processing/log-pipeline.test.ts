import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import { readAlertEvents } from '../alert-events.ts';
import { reprocessKept } from './kept.ts';

let panther: TestPipeline;

before(async () => {
  panther = await openTestPipeline();
});

after(() => panther.close());

async function balance() {
  const { rejected: _, ...counts } = await panther.counts();
  return counts;
}

test('events reach the lake, matches their alert, and what is no event is kept', async () => {
  const lines = [trailEvent(0, 'Root'), 'not json', trailEvent(1, 'IAMUser'), trailEvent(2, 'Root')];
  await panther.send('a.json.gz', gzipSync(lines.join('\n')));
  await panther.send('b.json', Buffer.from(trailEvent(3, 'Root')));
  await panther.processAll();
  assert.deepEqual(await balance(), { received: 5, stored: 4, quarantined: 1 });
  assert.deepEqual(await panther.rows('SELECT count(*), count(DISTINCT p_row_id) FROM panther_logs.aws_cloudtrail'), [
    [4, 4],
  ]);
  const alert = await panther.adapters.state.db.selectFrom('alerts').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([alert.rule_id, alert.event_count, alert.status], ['Test.Root', 3, 'OPEN']);
  const page = await readAlertEvents(panther.lake, alert, { limit: 2 });
  assert.equal(page.items.length, 2);
  const rest = await readAlertEvents(panther.lake, alert, { limit: 2, cursor: page.nextCursor ?? '' });
  assert.deepEqual([rest.items.length, rest.nextCursor], [1, null]);
  const [event] = page.items;
  assert.deepEqual(event?.p_rule_tags, ['a', 'b']);
  assert.equal(event?.p_alert_id, alert.id);
  assert.match(JSON.stringify(event?.requestParameters), /\u2028/);
});

test('a unit that is given again changes nothing', async () => {
  const object = await panther.send('again.json', Buffer.from(trailEvent(4, 'Root')));
  await panther.processAll();
  const before = await balance();
  await panther.adapters.objects.put(BUCKETS.inputData, object.key, Buffer.from(trailEvent(4, 'Root')));
  await panther.adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
  await panther.processAll();
  assert.deepEqual(await balance(), before);
  const alert = await panther.adapters.state.db.selectFrom('alerts').select('event_count').executeTakeFirstOrThrow();
  assert.equal(alert.event_count, 4);
});

test('quarantined records are stored once the log type is right', async () => {
  await panther.adapters.state.db.updateTable('sources').set({ log_types: '["Okta.SystemLog"]' }).execute();
  await panther.send('wrong-type.json', Buffer.from([trailEvent(6, 'IAMUser'), trailEvent(7, 'IAMUser')].join('\n')));
  await panther.processAll();
  const before = await balance();
  assert.equal(before.quarantined, 3);
  await panther.adapters.state.db.updateTable('sources').set({ log_types: '["AWS.CloudTrail"]' }).execute();
  const nonce = () => 'attempt-1';
  assert.deepEqual(await reprocessKept({ ...panther.adapters, nonce }, 's1'), { objects: 2, records: 3 });
  await panther.processAll();
  assert.deepEqual(await balance(), { received: before.received, stored: before.stored + 2, quarantined: 1 });
  assert.deepEqual((await reprocessKept({ ...panther.adapters, nonce: () => 'attempt-2' }, 's1')).records, 1);
  await panther.processAll();
  assert.deepEqual(await balance(), { received: before.received, stored: before.stored + 2, quarantined: 1 });
});

test('an event that the lake does not take is kept alone with the reason; given again it is kept again', async () => {
  const before = await balance();
  const odd = trailEvent(8, 'Root', { requestParameters: { '\ud800': 1 } });
  await panther.send('odd.json', Buffer.from([trailEvent(9, 'Root'), odd, trailEvent(10, 'IAMUser')].join('\n')));
  await panther.send('plain.json', Buffer.from(trailEvent(11, 'IAMUser')));
  await panther.processAll();
  const quarantined = before.quarantined + 1;
  assert.deepEqual(await balance(), { received: before.received + 4, stored: before.stored + 3, quarantined });
  const { state } = panther.adapters;
  const kept = await state.db.selectFrom('kept_records').selectAll().orderBy('created_at', 'desc').execute();
  assert.match(kept[0]?.reason ?? '', /the lake does not take the event: no low surrogate/);
  const alert = await state.db.selectFrom('alerts').select('event_count').executeTakeFirstOrThrow();
  assert.equal(alert.event_count, 5, 'an event that is not stored is not counted');
  await reprocessKept({ ...panther.adapters, nonce: () => 'attempt-3' }, 's1');
  await panther.processAll();
  assert.deepEqual(await balance(), { received: before.received + 4, stored: before.stored + 3, quarantined });
});

test('what cannot be work goes to the dead-letter queue with its reason', async () => {
  await panther.adapters.queue.send(INPUT_QUEUE, [{ body: '{"sourceId": 1}' }]);
  const gone = { sourceId: 's1', bucket: BUCKETS.inputData, key: 'gone.json', sizeBytes: 1, version: 'v' };
  await panther.adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(gone) }]);
  await panther.processAll();
  const dead = await panther.adapters.queue.receive(`${INPUT_QUEUE}-dlq`, { maxMessages: 10, waitMs: 0 });
  assert.deepEqual(
    dead.map(({ lastError }) => /not an input object|does not exist/.test(lastError ?? '')),
    [true, true],
  );
});
