import { EMULATORS, type EmulatorName, startEmulator } from '../../../test/support/emulators.ts';
import { type ObjectsDefects, testObjects } from '../../ports/objects.suite.ts';
import { createS3Client } from './aws-client.ts';
import { openS3Objects } from './s3-objects.ts';

const clock = { now: () => new Date() };

const DEFECTS: Readonly<Record<EmulatorName, ObjectsDefects>> = {
  fauxqs: {
    skip: {
      'puts only what is absent, once, whoever races': 'fauxqs ignores If-None-Match; moto does not',
      'keeps any key apart from any other, and lists keys by their bytes':
        'fauxqs lists keys in the order of a language',
      'lists any set of keys completely and in order, from any key on': 'fauxqs lists keys in the order of a language',
    },
  },
  // The routes of its web framework take no line break.
  moto: { cannotHold: /\n/ },
};

for (const name of EMULATORS) {
  const make = async () => {
    const emulator = await startEmulator(name);
    const s3 = await createS3Client(emulator.settings);
    const objects = await openS3Objects({ s3, clock, bucketPrefix: emulator.prefix, createMissing: true });
    const close = async () => {
      await objects.close();
      await emulator.stop();
    };
    return { objects, close };
  };
  testObjects(`S3 (${name})`, make, DEFECTS[name]);
}
