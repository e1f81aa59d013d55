/** For each tool a piece of its real work, done by an executable in an empty root. */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { Tool } from '../../build-tools/tools.ts';
import { openSqliteQueue } from '../../src/adapters/embedded/sqlite-queue.ts';
import { dataDir } from '../../src/app/data-dir.ts';
import { deadLetterQueue } from '../../src/ports/queue.ts';
import type { EmptyRoot } from './empty-root.ts';

export const WORK: Readonly<Record<Tool, (root: EmptyRoot) => Promise<void>>> = {
  compact,
  requeue,
  s3queue,
  s3sns,
  filegen,
  customlogs,
};

/** The layout of an older Panther becomes one Parquet file; the library of DuckDB is unpacked for it. */
async function compact(root: EmptyRoot): Promise<void> {
  const [outside, inside] = newFolder(root, 'old');
  const hour = 'logs/custom_web/year=2026/month=01/day=02/hour=03';
  mkdirSync(join(outside, hour), { recursive: true });
  for (const n of [1, 2]) {
    const time = `2026-01-02 03:00:0${n}.000000000`;
    const row = { p_log_type: 'Custom.Web', p_event_time: time, p_row_id: `r${n}`, path: `/${n}` };
    writeFileSync(join(outside, hour, `20260102T030000Z-${n}.json.gz`), gzipSync(`${JSON.stringify(row)}\n`));
  }
  const { tables } = await json(root, '/compact', ['-verify', '-json', '-min-age=0s', inside]);
  assert.deepEqual(
    (tables as readonly { rows: number }[]).map(({ rows }) => rows),
    [2],
  );
  const files = globSync('**/*.{gz,parquet}', { cwd: outside });
  assert.deepEqual(files.map(extname), ['.parquet']);
}

const QUEUE = 'panther-input-data-notifications-queue';
/** A page of messages more than SQS gives at once. */
const MESSAGES = 25;

/** In a data folder and over SQS: looks at what would move, then moves it. */
async function requeue(root: EmptyRoot): Promise<void> {
  const [outside, inside] = newFolder(root, 'data');
  const queue = await openSqliteQueue({ path: dataDir(outside).queueFile, clock: { now: () => new Date() } });
  await queue.ensure(QUEUE, { visibilityTimeoutMs: 60_000, maxReceiveCount: 3 });
  const messages = Array.from({ length: MESSAGES }, (_, index) => ({
    body: `{"n":${index}}`,
    attributes: { type: 'x' },
  }));
  assert.deepEqual(await queue.send(deadLetterQueue(QUEUE), messages), []);
  const local = ['-to.q', QUEUE, '-data-dir', inside, '--json'];
  assert.equal((await json(root, '/requeue', [...local, '--dry-run'])).moved, MESSAGES);
  assert.equal((await queue.counts(QUEUE)).visible, 0);
  assert.equal((await json(root, '/requeue', local)).moved, MESSAGES);
  assert.equal((await queue.counts(QUEUE)).visible, MESSAGES);
  await queue.close();
  await withAws(async (aws, options, env) => {
    for (const name of [QUEUE, deadLetterQueue(QUEUE)]) aws.createQueue(name);
    for (const { body } of messages) aws.sendMessage(deadLetterQueue(QUEUE), body);
    const args = [...options, `-to.q=${QUEUE}`, '--wait', '1s', '--json'];
    assert.equal((await json(root, '/requeue', args, env)).moved, MESSAGES);
    assert.equal(aws.inspectQueue(QUEUE)?.messages.ready.length, MESSAGES);
  });
}

/** Lists a bucket for the queue of the log processor, looking first. */
async function s3queue(root: EmptyRoot): Promise<void> {
  await withAws(async (aws, options, env) => {
    aws.createQueue(QUEUE);
    await putObjects(aws, ['a/1.json.gz', 'a/odd key+&%.json.gz', 'b/other.json.gz']);
    const args = [...options, '-s3path', 's3://example-logs/a/', '-account', '123456789012', '--json'];
    await json(root, '/s3queue', [...args, '--dry-run'], env);
    assert.equal(aws.inspectQueue(QUEUE)?.messages.ready.length, 0);
    await json(root, '/s3queue', args, env);
    const bodies = aws.inspectQueue(QUEUE)?.messages.ready.map(({ body }) => body) ?? [];
    assert.equal(bodies.length, 2);
    assert.ok(
      bodies.some((body) => body.includes('odd key%2B&%25.json.gz')),
      bodies.join('\n'),
    );
  });
}

/** A subscriber gets the notification, with the attributes that it may filter by. */
async function s3sns(root: EmptyRoot): Promise<void> {
  await withAws(async (aws, options, env) => {
    aws.createTopic('processed');
    aws.createQueue('subscriber');
    aws.subscribe({ topic: 'processed', queue: 'subscriber' });
    await putObjects(aws, ['logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/1.json.gz']);
    const path = ['-s3path', 's3://example-logs/logs/', '-topic', 'processed', '-account', '000000000000'];
    await json(root, '/s3sns', [...options, ...path, '-attributes', '--json'], env);
    const [body = ''] = aws.inspectQueue('subscriber')?.messages.ready.map((message) => message.body) ?? [];
    assert.match(body, /"AWS\.CloudTrail"/);
  });
}

async function filegen(root: EmptyRoot): Promise<void> {
  const [outside, inside] = newFolder(root, 'logs');
  const types = ['AWS.CloudTrail', 'Syslog.RFC5424'];
  const args = types.flatMap((name) => ['-log-type', name]);
  const span = ['-start', '2026-01-02T03', '-end', '2026-01-02T03', '-rows', '100'];
  const { rows } = await json(root, '/filegen', [...args, ...span, '-to', inside, '-json']);
  assert.equal(rows, 200);
  for (const name of types) {
    const [file = ''] = globSync(`${name}/2026-01-02T03/*.gz`, { cwd: outside });
    assert.equal(
      gunzipSync(readFileSync(join(outside, file)))
        .toString()
        .trim()
        .split('\n').length,
      100,
    );
  }
}

/** Infers a schema and tries it. */
async function customlogs(root: EmptyRoot): Promise<void> {
  const [outside, inside] = newFolder(root, 'custom');
  const rows = Array.from({ length: 20 }, (_, n) => ({ time: `2026-01-02T03:04:${n + 10}Z`, source: '192.0.2.7', n }));
  writeFileSync(join(outside, 'orders.json'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const file = `${inside}/orders.json`;
  const schema = `${inside}/orders.yml`;
  await done(root, '/customlogs', ['infer', '-output', schema, file]);
  assert.match(readFileSync(join(outside, 'orders.yml'), 'utf8'), /ip/);
  const events = await done(root, '/customlogs', ['test', '-s', schema, file]);
  assert.equal(events.trim().split('\n').length, rows.length);
}

/** Its path outside and inside of the root. */
function newFolder({ folder }: EmptyRoot, name: string): [outside: string, inside: string] {
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const outside = mkdtempSync(join(folder, 'tmp', `${name}-`));
  return [outside, `/tmp/${basename(outside)}`];
}

type Env = Readonly<Record<string, string>>;

/** What a program says, once it has ended well. */
async function done(root: EmptyRoot, program: string, args: readonly string[], env: Env = {}): Promise<string> {
  const { status, stdout, stderr } = await root.run(program, args, env);
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

async function json(root: EmptyRoot, program: string, args: readonly string[], env: Env = {}) {
  return JSON.parse(await done(root, program, args, env)) as Record<string, unknown>;
}

/** With something that stands for AWS on this machine; the root shares its network. */
async function withAws(
  run: (aws: FauxqsServer, options: string[], env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const aws = await startFauxqs({ port: 0, logger: false });
  try {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' };
    await run(aws, ['-region', 'us-east-1', '-endpoint', `http://127.0.0.1:${aws.port}`], env);
  } finally {
    await aws.stop();
  }
}

async function putObjects(aws: FauxqsServer, keys: readonly string[]): Promise<void> {
  aws.createBucket('example-logs');
  const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${aws.port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' },
  });
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: 'example-logs', Key, Body: 'content' }));
  client.destroy();
}
