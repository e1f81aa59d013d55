/** What every adapter of the port `Topic` promises. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Queue } from './queue.ts';
import type { Topic } from './topic.ts';

export interface TopicUnderTest {
  readonly topic: Topic;
  readonly queue: Queue;
  close(): Promise<void>;
}

const T = 'panther-suite-topic';
const QUEUES = ['panther-suite-a', 'panther-suite-b'] as const;

export function testTopic(name: string, make: () => Promise<TopicUnderTest>): void {
  describe(`topic: ${name}`, () => {
    let fixture: TopicUnderTest;
    before(async () => {
      fixture = await make();
    });
    after(() => fixture.close());
    beforeEach(async () => {
      for (const queue of QUEUES) {
        await fixture.queue.ensure(queue, { visibilityTimeoutMs: 30_000, maxReceiveCount: 3 });
        await fixture.queue.purge(queue);
        await fixture.topic.unsubscribe(T, queue);
      }
    });

    const bodies = async (queue: string) =>
      (await fixture.queue.receive(queue, { maxMessages: 10, waitMs: 0 })).map(({ body }) => body);

    it('gives a message to every subscribed queue as it is', async () => {
      for (const queue of QUEUES) await fixture.topic.subscribe(T, queue);
      await fixture.topic.publish(T, { body: '{"a":1}', attributes: { type: 'LogData' } });
      for (const queue of QUEUES) {
        const [message] = await fixture.queue.receive(queue, { maxMessages: 10, waitMs: 0 });
        assert.deepEqual([message?.body, message?.attributes], ['{"a":1}', { type: 'LogData' }]);
      }
    });

    it('filters by attributes', async () => {
      await fixture.topic.subscribe(T, QUEUES[0], { type: ['LogData', 'CloudSecurity'], id: ['AWS.CloudTrail'] });
      await fixture.topic.publish(T, { body: 'yes', attributes: { type: 'LogData', id: 'AWS.CloudTrail' } });
      await fixture.topic.publish(T, { body: 'other id', attributes: { type: 'LogData', id: 'AWS.ALB' } });
      await fixture.topic.publish(T, { body: 'no id', attributes: { type: 'LogData' } });
      assert.deepEqual(await bodies(QUEUES[0]), ['yes']);
      assert.deepEqual(await bodies(QUEUES[1]), []);
    });

    it('subscribes a queue once; the last filter wins', async () => {
      await fixture.topic.subscribe(T, QUEUES[0], { type: ['a'] });
      await fixture.topic.subscribe(T, QUEUES[0], { type: ['b'] });
      await fixture.topic.publish(T, { body: 'old', attributes: { type: 'a' } });
      await fixture.topic.publish(T, { body: 'new', attributes: { type: 'b' } });
      assert.deepEqual(await bodies(QUEUES[0]), ['new']);
    });

    it('forgets an unsubscribed queue', async () => {
      await fixture.topic.subscribe(T, QUEUES[0]);
      await fixture.topic.unsubscribe(T, QUEUES[0]);
      await fixture.topic.publish(T, { body: 'nobody' });
      assert.deepEqual(await bodies(QUEUES[0]), []);
    });

    it('says that a queue refused the message', async () => {
      await fixture.topic.subscribe(T, QUEUES[0]);
      await assert.rejects(fixture.topic.publish(T, { body: '' }));
    });
  });
}
