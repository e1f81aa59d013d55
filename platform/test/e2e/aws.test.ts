/** The whole pipeline on S3 and SQS (an emulator in this process) and PostgreSQL (`PANTHER_TEST_POSTGRES_URL`). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { type AwsSettings, createS3Client, createSqsClient } from '../../src/adapters/aws/aws-client.ts';
import { openSqsQueue } from '../../src/adapters/aws/sqs-queue.ts';
import { INPUT_QUEUE } from '../../src/ports/queue.ts';
import { startEmulator } from '../support/emulators.ts';
import { eventually, setUp, startPanther, temporaryFolder } from '../support/panther.ts';

const server = process.env.PANTHER_TEST_POSTGRES_URL;
const skip = server === undefined ? 'PANTHER_TEST_POSTGRES_URL is not set' : false;
const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const BUCKET = 'company-logs';
const TOKEN = 'token-of-the-http-source';

test('a log that is pushed is stored on S3 and found, also after a kill', { skip }, async (t) => {
  const emulator = await startEmulator('fauxqs');
  const client = new pg.Client({ connectionString: String(server) });
  await client.connect();
  const database = `panther_e2e_${randomUUID().replaceAll('-', '')}`;
  await client.query(`CREATE DATABASE ${database}`);
  t.after(async () => {
    await client.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await client.end();
    await emulator.stop();
  });
  const url = new URL(String(server));
  url.pathname = database;
  const root = temporaryFolder('aws');
  const file = join(root, 'panther.yml');
  const aws = {
    region: 'us-east-1',
    endpoint: emulator.endpoint,
    use: ['objects', 'queue', 'topic'],
    bucketPrefix: 'example-',
    inputVisibilitySeconds: 5,
  };
  const state = { postgres: url.href };
  const lakeNotifications = ['lake-readers'];
  writeFileSync(file, JSON.stringify({ aws, state, lakeNotifications, heartbeatMinutes: 0, leaseSeconds: 2 }));
  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const options = { dataDir: join(root, 'data'), args: ['--config', file], env };

  let panther = await startPanther(options);
  const api = await setUp(panther);
  const source = { name: 'Push', type: 'http', logTypes: ['GitLab.API'], config: { token: TOKEN } };
  await api.call('POST /sources', { body: source });
  const config = { bucket: BUCKET, prefix: 'gitlab/' };
  await api.call('POST /sources', { body: { name: 'Bucket', type: 's3-bucket', logTypes: ['GitLab.API'], config } });
  const push = async (id: string) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ ...REQUEST, correlation_id: id });
    return fetch(`${panther.url}/api/v1/ingest/Push`, { method: 'POST', headers, body });
  };
  for (let index = 0; index < 5; index += 1) assert.equal((await push(`first-${index}`)).status, 200);
  await panther.kill();
  panther = await startPanther(options);
  for (let index = 0; index < 5; index += 1) assert.equal((await push(`second-${index}`)).status, 200);
  const stored = async () => {
    const { rows } = await queryOnce(url.href, "SELECT stored FROM sources WHERE name = 'Push'");
    return Number(rows[0]?.stored) === 10;
  };
  await eventually('every log is stored once', stored, 60_000);
  await announceObject(emulator.settings);
  const alsoRead = async () => {
    const { rows } = await queryOnce(url.href, "SELECT stored FROM sources WHERE name = 'Bucket'");
    return Number(rows[0]?.stored) === 2;
  };
  await eventually('the object in the bucket is read', alsoRead, 60_000);
  const { rows } = await queryOnce(url.href, "SELECT sum(row_count) AS n FROM lake_files WHERE status = 'live'");
  assert.equal(Number(rows[0]?.n), 12);

  const lines = join(root, 'more.json');
  writeFileSync(lines, ['x', 'y'].map((id) => JSON.stringify({ ...REQUEST, correlation_id: id })).join('\n'));
  const dataDir = join(root, 'elsewhere');
  const again = ['first', 'second'].map(() =>
    ingest(['--config', file, '--data-dir', dataDir, '--source', 'Push', '--json', lines], env),
  );
  for (const done of again) {
    const { received, stored: count } = JSON.parse((await done).stdout) as { received: number; stored: number };
    assert.deepEqual([received, count], [2, 2], 'ingested from another machine, once');
  }
  const { rows: after } = await queryOnce(url.href, "SELECT stored FROM sources WHERE name = 'Push'");
  assert.equal(Number(after[0]?.stored), 12);
  await readAnnouncements(emulator.settings, url.href);
  assert.equal(await panther.stop(), 0);
});

const ingest = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [MAIN, 'ingest', ...args], { env: { ...process.env, ...env } });

/** SNS has told the queue that listens of every file of the lake, but for those that merges have made. */
async function readAnnouncements(settings: AwsSettings, url: string): Promise<void> {
  const { rows } = await queryOnce(url, 'SELECT object_key FROM lake_files JOIN units USING (commit_id)');
  const queue = await openSqsQueue({ sqs: await createSqsClient(settings), clock: { now: () => new Date() } });
  const announced = new Set<string>();
  const look = async () => {
    for (const { body, attributes } of await queue.receive('lake-readers', { maxMessages: 10, waitMs: 0 })) {
      assert.deepEqual({ ...attributes }, { type: 'LogData', id: 'GitLab.API' });
      const { Records } = JSON.parse(body) as { Records: { s3: { bucket: object; object: { key: string } } }[] };
      assert.deepEqual(Records[0]?.s3.bucket, { name: 'example-panther-processed-data' });
      announced.add(decodeURIComponent(Records[0]?.s3.object.key ?? ''));
    }
    return rows.filter(({ object_key }) => !announced.has(object_key)).length === 0;
  };
  await eventually('every file of the lake is announced', look, 30_000);
  await queue.close();
}

/** A company's bucket, and what S3 sends by SNS when something is put there; twice, as happens. */
async function announceObject(settings: AwsSettings): Promise<void> {
  const s3 = await createS3Client(settings);
  const key = 'gitlab/2026 01+02.json.gz';
  const lines = ['a', 'b'].map((id) => JSON.stringify({ ...REQUEST, correlation_id: id }));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: gzipSync(lines.join('\n')) }));
  const object = { key: encodeURIComponent(key).replaceAll('%20', '+'), size: 100 };
  const event = { Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: BUCKET }, object } }] };
  const body = JSON.stringify({ Type: 'Notification', Message: JSON.stringify(event) });
  const queue = await openSqsQueue({ sqs: await createSqsClient(settings), clock: { now: () => new Date() } });
  assert.deepEqual(await queue.send(INPUT_QUEUE, [{ body }, { body }]), []);
  await queue.close();
}

async function queryOnce(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(sql).finally(() => client.end());
}

const REQUEST = {
  time: '2026-01-02T03:04:05.678Z',
  severity: 'INFO',
  duration_s: 0.25,
  status: 200,
  method: 'GET',
  path: '/api/v4/projects',
  host: 'gitlab.example.com',
  remote_ip: '203.0.113.9',
  ua: 'Ruby',
  route: '/api/:version/projects',
  user_id: 42,
  username: 'alice',
};
