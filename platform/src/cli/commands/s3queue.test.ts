/** `panther s3queue` and `s3sns` over S3, SQS and SNS, as the in-process emulator has them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { type AwsEmulator, startAwsEmulator } from '../../../test/support/aws-emulator.ts';
import { openTestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { unitId } from '../../core/ids.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import { INPUT_QUEUE } from '../../ports/queue.ts';
import { s3queue } from './s3queue.ts';
import { s3sns } from './s3sns.ts';

const ODD_KEYS = [
  'odd/a b.json.gz',
  'odd/plus+and%2Bpercent%.json.gz',
  'odd/"quotes\' & <tags>.json.gz',
  'odd/ünïcödé/日本語.json.gz',
  'odd/emoji😀.json.gz',
  'odd/new\nline\ttab.json.gz',
  'odd/back\\slash?query#hash.json.gz',
  'odd//double//slash.json.gz',
];

let aws: AwsEmulator;
before(async () => {
  aws = await startAwsEmulator();
  Object.assign(process.env, aws.env);
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'logs' }));
  for (const [index, key] of ODD_KEYS.entries()) await put(key, gzipSync(trailEvent(index, 'IAMUser')));
  await put('odd/empty.json.gz', Buffer.alloc(0));
  await put('odd/folder/', Buffer.alloc(0));
  for (let index = 0; index < 30; index += 1)
    await put(`many/2026/01/02/${String(index).padStart(2, '0')}/x.log`, Buffer.alloc(index + 1));
});
after(() => aws.close());

async function put(Key: string, Body: Buffer, Bucket = 'logs'): Promise<void> {
  await aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function makeQueue(QueueName: string): Promise<string> {
  return (await aws.sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
}

/** Every message, with its attributes. */
async function drain(QueueUrl: string) {
  const found: { body: string; attributes: Record<string, string | undefined> }[] = [];
  for (;;) {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
    const { Messages = [] } = await aws.sqs.send(command);
    if (Messages.length === 0) return found;
    for (const { Body = '', MessageAttributes = {} } of Messages) {
      const attributes = Object.entries(MessageAttributes).map(
        ([name, { StringValue }]) => [name, StringValue] as const,
      );
      found.push({ body: Body, attributes: Object.fromEntries(attributes) });
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await aws.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

/** The key that a log processor reads in a notification: it decodes it as a part of a URL. */
function notifiedKey(body: string): string {
  return decodeURIComponent(JSON.parse(JSON.parse(body).Message).Records[0].s3.object.key);
}

function run(...argv: string[]) {
  return runCommand(s3queue, [...argv, ...aws.argv]);
}

test('sends a notification of each object, whatever its key, as an older log processor reads it', async () => {
  const url = await makeQueue('odd');
  const { status, stderr } = await run('--s3path', 's3://logs/odd/', '--queue', 'odd', '--account', '123456789012');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^sent 8 files \(0\.00MB\) to odd \(us-east-1\) in /m);
  const bodies = (await drain(url)).map(({ body }) => body);
  assert.deepEqual(bodies.map(notifiedKey).sort(), ODD_KEYS.toSorted());
  for (const body of bodies) {
    const { Type, TopicArn, Message } = JSON.parse(body);
    assert.deepEqual(
      [Type, TopicArn],
      ['Notification', 'arn:aws:sns:us-east-1:123456789012:panther-fake-s3queue-topic'],
    );
    const [record] = JSON.parse(Message).Records;
    assert.equal(record.s3.bucket.name, 'logs');
    assert.ok(record.s3.object.size > 0);
  }
});

test('takes the account of the caller when none is named', async () => {
  const url = await makeQueue('account');
  await run('--s3path', 's3://logs/odd/a b', '--queue', 'account');
  assert.match((await drain(url))[0]?.body ?? '', /arn:aws:sns:us-east-1:000000000000:/);
});

test("every odd key reaches Panther's log processor, as a message of its own and out of the spool", async () => {
  const url = await makeQueue('own');
  const own = await openTestPipeline();
  await aws.s3.send(new CreateBucketCommand({ Bucket: BUCKETS.inputData }));
  for (const key of ODD_KEYS) await put(key, Buffer.from(key), BUCKETS.inputData);
  await run('--s3path', `s3://${BUCKETS.inputData}/odd/`, '--queue', 'own', '--source', 's1');
  for (const { body } of await drain(url)) {
    const { bucket, key } = JSON.parse(body);
    await own.adapters.objects.put(bucket, key, gzipSync(trailEvent(ODD_KEYS.indexOf(key), 'IAMUser')));
    await own.adapters.queue.send(INPUT_QUEUE, [{ body }]);
  }
  await own.processAll();
  assert.deepEqual(await own.counts(), { received: 8, stored: 8, quarantined: 0, rejected: 0 });
  const units = await own.adapters.state.db.selectFrom('units').select(['bucket', 'key']).execute();
  assert.deepEqual(
    units.map(({ bucket, key }) => `${bucket}:${key}`).sort(),
    ODD_KEYS.map((key) => `${BUCKETS.inputData}:${key}`).sort(),
  );

  const root = mkdtempSync(join(tmpdir(), 'panther-s3queue-'));
  const local = await openTestPipeline({ root });
  const again = () => run('--s3path', 's3://logs/odd/', '--data-dir', root, '--source', 'Trail', '--json');
  assert.equal(JSON.parse((await again()).stdout).sent, 8);
  await local.processAll();
  assert.deepEqual(await local.counts(), { received: 8, stored: 8, quarantined: 0, rejected: 0 });
  assert.deepEqual(await local.rows('SELECT count(DISTINCT eventID) FROM panther_logs.aws_cloudtrail'), [[8]]);
  const second = JSON.parse((await again()).stdout);
  assert.deepEqual([second.sent, second.processed], [0, 8]);
  await own.close();
  await local.close();
});

test('leaves out what the state says is processed, in this version', async () => {
  const url = await makeQueue('skip');
  const root = mkdtempSync(join(tmpdir(), 'panther-s3queue-'));
  const panther = await openTestPipeline({ root });
  await run('--s3path', 's3://logs/many/', '--queue', 'skip', '--source', 's1');
  const objects = (await drain(url)).map(({ body }) => JSON.parse(body));
  const zero = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 };
  const done = objects.slice(0, 12).map(({ sourceId, bucket, key, sizeBytes, version }) => ({
    id: unitId({ sourceId, bucket, key, version }),
    ...{ source_id: sourceId, bucket, key, version, size_bytes: sizeBytes, commit_id: 'c', ...zero },
    committed_at: new Date().toISOString(),
  }));
  await panther.adapters.state.db.insertInto('units').values(done).execute();
  const state = ['--skip-processed', '--state', join(root, 'state.db')];
  const { stdout, stderr } = await run('--s3path', 's3://logs/many/', '--queue', 'skip', '--json', ...state);
  const { sent, processed } = JSON.parse(stdout || stderr);
  assert.deepEqual([sent, processed], [18, 12]);
  assert.equal((await drain(url)).length, 18);
  await panther.close();
});

test('a dry run counts, and sends nothing', async () => {
  const url = await makeQueue('dry');
  const argv = ['--s3path', 's3://logs/many/', '--queue', 'dry', '--dry-run'];
  const text = await run(...argv, '--files-per-second', '2', '--key-since', '2026-01-02T10');
  assert.match(text.stdout, /^would send 14 files \(0\.00MB\) to dry \(us-east-1\): about 7\.00 s at 2 files a second/);
  const json = JSON.parse((await run(...argv, '--json', '--min-size', '10', '--max-size', '12')).stdout);
  assert.deepEqual([json.files, json.bytes, json.unwanted], [3, 33, 27]);
  assert.deepEqual(await drain(url), []);
});

test('goes on from a checkpoint, and never from that of another run', async () => {
  const url = await makeQueue('checkpoint');
  const file = join(mkdtempSync(join(tmpdir(), 'panther-s3queue-')), 'checkpoint.json');
  const argv = ['--s3path', 's3://logs/many/', '--queue', 'checkpoint', '--checkpoint', file];
  await run(...argv, '--limit', '12');
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).sent, 12);
  const second = await run(...argv);
  assert.match(second.stderr, /going on behind "many\/2026\/01\/02\/11\/x\.log"; 12 files were sent before/);
  assert.equal(new Set((await drain(url)).map(({ body }) => notifiedKey(body))).size, 30);
  assert.match((await run(...argv)).stderr, /this run was complete, with 30 files; there is nothing to do/);
  const other = await run(...argv, '--filter', '*.gz');
  assert.equal(other.status, 2);
  assert.match(other.stderr, /is the checkpoint of another run \(filter was \[\], now \["\*\.gz"\]\)/);
  assert.deepEqual(await drain(url), []);
});

test('ends in order when it is interrupted, with status 130', async () => {
  await makeQueue('interrupted');
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 500);
  const argv = ['--s3path', 's3://logs/many/', '--queue', 'interrupted', '--files-per-second', '5', ...aws.argv];
  const { status, stderr } = await runCommand(s3queue, argv, { signal: stop.signal });
  assert.equal(status, 130);
  assert.match(stderr, /^interrupted: sent \d+ files /m);
});

test('a loop lists again until the limit', async () => {
  const url = await makeQueue('loop');
  await run('--s3path', 's3://logs/many/', '--queue', 'loop', '--loop', '--limit', '75');
  const QueueUrl = url;
  const { Attributes } = await aws.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  assert.equal(Attributes?.ApproximateNumberOfMessages, '75');
});

const mistakes: readonly (readonly [argv: string[], message: RegExp])[] = [
  [[], /--s3path: say where/],
  [['--s3path', 'logs/x'], /not s3 protocol \(expecting s3:\/\/\)/],
  [['--s3path', 's3:///x'], /missing bucket/],
  [['--s3path', 's3://logs', '--path', 'x'], /takes the place of --s3path/],
  [['--path', 'x'], /--path: needs --data-dir/],
  [['--path', 'x', '--data-dir', 'y'], /needs --source/],
  [['--s3path', 's3://logs', '--queue', 'nowhere'], /cannot find queue nowhere in region us-east-1/],
  [['--s3path', 's3://logs', '--account', '12'], /not an AWS account id/],
  [['--s3path', 's3://logs', '--skip-processed'], /needs --state or --data-dir/],
  [['--s3path', 's3://logs', '--loop', '--checkpoint', 'f'], /a loop has no end/],
  [['--s3path', 's3://logs', '--files-per-second', 'x'], /is not a number/],
];
for (const [argv, message] of mistakes) {
  test(`refuses ${argv.join(' ') || 'nothing'}`, async () => {
    await makeQueue(INPUT_QUEUE);
    const { status, stderr } = await run(...argv);
    assert.match(stderr, message);
    assert.equal(status, 2);
  });
}

test('says which bucket cannot be listed', async () => {
  const { status, stderr } = await run('--s3path', 's3://nowhere/x', '--account', '123456789012');
  assert.equal(status, 1);
  assert.match(stderr, /cannot list s3:\/\/nowhere\/x/);
});

test('takes a single file, and files of folders in the order of their names', async () => {
  const root = mkdtempSync(join(tmpdir(), 'panther-s3queue-'));
  const panther = await openTestPipeline({ root });
  const logs = mkdtempSync(join(tmpdir(), 'panther-files-'));
  mkdirSync(join(logs, 'a', 'b'), { recursive: true });
  const names = ['a-b.log', 'a/b/c.log', 'a/z.log', 'a.log', 'ü.log'];
  for (const [index, name] of names.entries()) writeFileSync(join(logs, name), `${trailEvent(index, 'IAMUser')}\n`);
  const argv = ['--data-dir', root, '--source', 'trail'];
  const { stderr } = await runCommand(s3queue, ['--path', logs, ...argv, '--debug', '--concurrency', '1']);
  const sent = [...stderr.matchAll(/^sent "(.*)"$/gm)].map(([, name]) => name);
  assert.deepEqual(sent, ['a-b.log', 'a.log', 'a/b/c.log', 'a/z.log', 'ü.log']);
  const single = await runCommand(s3queue, ['--path', join(logs, 'a.log'), ...argv, '--json']);
  assert.equal(JSON.parse(single.stdout).sent, 1);
  await panther.processAll();
  assert.equal((await panther.counts()).stored, 5);
  await panther.close();
});

test('s3sns publishes each object, with the attributes by which subscriptions are filtered', async () => {
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'processed' }));
  const keys = ['logs/aws_cloudtrail/year=2026/a.json.gz', 'rule_matches/aws_cloudtrail/year=2026/b.json.gz'];
  for (const key of keys) await put(key, Buffer.from('x'), 'processed');
  const { TopicArn } = await aws.sns.send(new CreateTopicCommand({ Name: 'panther-processed-data-notifications' }));
  const url = await makeQueue('subscriber');
  const Attributes = { RawMessageDelivery: 'true' };
  const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:subscriber';
  await aws.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
  const publish = (...argv: string[]) => runCommand(s3sns, ['--s3path', 's3://processed', ...argv, ...aws.argv]);

  const { status, stderr } = await publish('--attributes');
  assert.equal(status, 0, stderr);
  const messages = await drain(url);
  const found = messages.map(({ body, attributes }) => [JSON.parse(body).Records[0].s3.object.key, attributes]);
  assert.deepEqual(found.sort(), [
    [keys[0], { type: 'LogData', id: 'AWS.CloudTrail' }],
    [keys[1], { type: 'RuleMatches', id: 'AWS.CloudTrail' }],
  ]);
  assert.equal((await publish()).status, 0);
  assert.deepEqual(
    (await drain(url)).map(({ attributes }) => attributes),
    [{}, {}],
  );

  await put('logs/unheard_of/c.json.gz', Buffer.from('x'), 'processed');
  const stopped = await publish('--attributes', '--filter', '*c.json.gz');
  assert.equal(stopped.status, 2);
  assert.match(stopped.stderr, /no log type has the table "unheard_of"/);
  assert.equal((await publish('--attributes', '--log-type', 'Unheard.Of')).status, 0);
});
