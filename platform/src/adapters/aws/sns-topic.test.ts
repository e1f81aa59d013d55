import { EMULATORS, startEmulator } from '../../../test/support/emulators.ts';
import { testTopic } from '../../ports/topic.suite.ts';
import { createSnsClient, createSqsClient } from './aws-client.ts';
import { openSnsTopic } from './sns-topic.ts';
import { openSqsQueue } from './sqs-queue.ts';

const clock = { now: () => new Date() };

for (const name of EMULATORS) {
  testTopic(`SNS (${name})`, async () => {
    const emulator = await startEmulator(name);
    const { prefix, settings } = emulator;
    const sqs = await createSqsClient(settings);
    const queue = await openSqsQueue({ sqs, clock, queuePrefix: prefix });
    const topic = await openSnsTopic({ sns: await createSnsClient(settings), sqs, queue, topicPrefix: prefix });
    // SQS purges a queue once a minute: what is left is received instead.
    const purge = async (from: string) => {
      const left = await queue.receive(from, { maxMessages: 10, waitMs: 0 });
      await queue.delete(
        from,
        left.map(({ receipt }) => receipt),
      );
    };
    return {
      topic,
      queue: { ...queue, purge },
      close: async () => {
        await topic.close();
        await queue.close();
        await emulator.stop();
      },
    };
  });
}
