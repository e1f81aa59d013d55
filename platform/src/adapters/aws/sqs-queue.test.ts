import { setTimeout as delay } from 'node:timers/promises';
import { EMULATORS, type EmulatorName, startEmulator } from '../../../test/support/emulators.ts';
import { type QueueLimits, testQueue } from '../../ports/queue.suite.ts';
import { createSqsClient } from './aws-client.ts';
import { openSqsQueue } from './sqs-queue.ts';

const clock = { now: () => new Date() };

/** What SQS does not promise: to look without a receive, to purge twice in a minute; and its time passes really. */
const SQS: QueueLimits = { peekCounts: true, walks: 3, purgesSeldom: true };

const LIMITS: Readonly<Record<EmulatorName, QueueLimits>> = {
  fauxqs: {
    ...SQS,
    skip: { 'keeps body and attributes as they are': 'fauxqs refuses characters beyond U+FFFF, which SQS takes' },
  },
  moto: {
    ...SQS,
    skip: { 'gives each message to one of several consumers': 'moto serves requests in threads without a lock' },
  },
};

for (const name of EMULATORS) {
  const make = async () => {
    const emulator = await startEmulator(name);
    const sqs = await createSqsClient(emulator.settings);
    const queue = await openSqsQueue({ sqs, clock, queuePrefix: emulator.prefix });
    return {
      queue,
      pass: (ms: number) => delay(ms + 50),
      close: async () => {
        await queue.close();
        await emulator.stop();
      },
    };
  };
  testQueue(`SQS (${name})`, make, LIMITS[name]);
}
