/** The whole pipeline on S3 and SQS (an emulator in this process) and PostgreSQL (`PANTHER_TEST_POSTGRES_URL`). */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
    use: ['objects', 'queue'],
    inputVisibilitySeconds: 5,
  };
  writeFileSync(file, JSON.stringify({ aws, state: { postgres: url.href }, heartbeatMinutes: 0, leaseSeconds: 2 }));
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
  assert.equal(await panther.stop(), 0);
});

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
