/**
 * `panther s3queue` over many objects, killed (SIGKILL, at random moments) and resumed from its checkpoint: each object
 * is sent at least once, few are sent twice. `PANTHER_S3QUEUE_OBJECTS` (20000) are in a bucket of the in-process
 * emulator; `PANTHER_S3QUEUE_SEED` repeats a sequence.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { temporaryFolder } from '../support/panther.ts';
import { seededRandom } from '../support/traffic.ts';

const OBJECTS = Number(process.env.PANTHER_S3QUEUE_OBJECTS ?? 20_000);
const SEED = Number(process.env.PANTHER_S3QUEUE_SEED ?? Date.now() % 1_000_000);
const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
/** What a kill can have sent and not saved: see `send-objects.ts`. */
const MAX_TWICE_PER_KILL = 2_010;

const keyOf = (index: number) => `AWSLogs/2026/01/${String(index % 28).padStart(2, '0')}/é ${index}+%.json.gz`;

function start(argv: readonly string[], env: object) {
  const child = spawn(process.execPath, [MAIN, 's3queue', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return { child, stderr: () => stderr, exited: once(child, 'exit') as Promise<[number | null, string | null]> };
}

test(`${OBJECTS} objects, killed and resumed: each is sent, few twice (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  const aws = await startAwsEmulator();
  const QueueUrl = await makeBucketAndQueue(aws);
  const checkpoint = join(temporaryFolder('s3queue'), 'checkpoint.json');
  const argv = ['--s3path', 's3://logs/AWSLogs/', '--queue', 'q', '--checkpoint', checkpoint, '--concurrency', '20'];
  let kills = 0;
  for (let isComplete = false; !isComplete; ) {
    const { child, exited, stderr } = start([...argv, ...aws.argv], aws.env);
    const timer = setTimeout(() => child.kill('SIGKILL'), 400 + random() * 2_000);
    const [code, signal] = await exited;
    clearTimeout(timer);
    if (signal === 'SIGKILL') kills += 1;
    else assert.equal(code, 0, stderr());
    // A checkpoint is there as a whole, or not at all.
    isComplete = existsSync(checkpoint) && JSON.parse(readFileSync(checkpoint, 'utf8')).isComplete;
  }
  const keys = await drain(aws, QueueUrl);
  const twice = keys.length - new Set(keys).size;
  t.diagnostic(`${kills} kills, ${twice} objects twice`);
  assert.deepEqual([...new Set(keys)].sort(), Array.from({ length: OBJECTS }, (_, index) => keyOf(index)).sort());
  assert.ok(twice <= kills * MAX_TWICE_PER_KILL);
  assert.equal(JSON.parse(readFileSync(checkpoint, 'utf8')).sent, OBJECTS);
  await aws.close();
});

test('SIGINT ends it in order: what was sent is in the checkpoint, and nothing is sent twice', async () => {
  const aws = await startAwsEmulator();
  const QueueUrl = await makeBucketAndQueue(aws, 300);
  const checkpoint = join(temporaryFolder('s3queue'), 'checkpoint.json');
  const argv = ['--s3path', 's3://logs/AWSLogs/', '--queue', 'q', '--checkpoint', checkpoint, ...aws.argv];
  const { child, exited, stderr } = start([...argv, '--files-per-second', '100'], aws.env);
  setTimeout(() => child.kill('SIGINT'), 1_500);
  const [code] = await exited;
  assert.equal(code, 130, stderr());
  assert.match(stderr(), /^interrupted: sent \d+ files /m);
  const { sent } = JSON.parse(readFileSync(checkpoint, 'utf8'));
  assert.ok(sent > 0 && sent < 300, `${sent}`);
  const [second] = await start(argv, aws.env).exited;
  assert.equal(second, 0);
  assert.equal((await drain(aws, QueueUrl)).length, 300);
  await aws.close();
});

async function makeBucketAndQueue(aws: AwsEmulator, count = OBJECTS): Promise<string> {
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'logs' }));
  for (let from = 0; from < count; from += 50) {
    const some = Array.from({ length: Math.min(50, count - from) }, (_, index) => keyOf(from + index));
    await Promise.all(some.map((Key) => aws.s3.send(new PutObjectCommand({ Bucket: 'logs', Key, Body: 'x' }))));
  }
  const { QueueUrl = '' } = await aws.sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
  return QueueUrl;
}

async function drain(aws: AwsEmulator, QueueUrl: string): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const { Messages = [] } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return keys;
    for (const { Body = '' } of Messages) {
      keys.push(decodeURIComponent(JSON.parse(JSON.parse(Body).Message).Records[0].s3.object.key));
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await aws.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
