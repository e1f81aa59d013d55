/** Two independent emulators of AWS: fauxqs in this process, and moto where `PANTHER_TEST_MOTO_URL` says it runs. */
import { randomUUID } from 'node:crypto';
import { startFauxqs } from 'fauxqs';
import type { AwsSettings } from '../../src/adapters/aws/aws-client.ts';

export type EmulatorName = 'fauxqs' | 'moto';

export interface Emulator {
  readonly name: EmulatorName;
  readonly endpoint: string;
  readonly settings: AwsSettings;
  /** Stands before the names of what a test makes: an emulator may serve several. */
  readonly prefix: string;
  stop(): Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const MOTO_URL = process.env.PANTHER_TEST_MOTO_URL;

export const EMULATORS: readonly EmulatorName[] = MOTO_URL === undefined ? ['fauxqs'] : ['fauxqs', 'moto'];

export async function startEmulator(name: EmulatorName): Promise<Emulator> {
  const server = name === 'fauxqs' ? await startFauxqs({ port: 0, logger: false }) : undefined;
  const endpoint = server === undefined ? String(MOTO_URL) : `http://127.0.0.1:${server.port}`;
  return {
    name,
    endpoint,
    settings: { endpoint, region: 'us-east-1', credentials: CREDENTIALS },
    prefix: `t${randomUUID().slice(0, 8)}-`,
    stop: async () => server?.stop(),
  };
}
