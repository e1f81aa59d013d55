/**
 * Kills `panther compact` at random moments, starts it again, and compares what is left with what an uninterrupted run
 * leaves: the same rows, no leftovers. After each kill no row is missing for readers. In turn on a folder, on S3 as the
 * in-process emulator has it, and on a lake with its catalog.
 *
 * `PANTHER_COMPACT_KILLS` (6) is how many kills, `PANTHER_COMPACT_SEED` repeats a sequence. The last line is
 * `N passed, N failed`. This file is long because it is one story on three places, which it makes and reads itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  createWriteStream,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openFolderObjects } from '../../src/adapters/embedded/folder-objects.ts';
import { openDuckdb } from '../../src/lake/duckdb.ts';
import { BUCKETS } from '../../src/ports/buckets.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { openTestLake, testRow, testTable } from '../support/lake.ts';
import { temporaryFolder } from '../support/panther.ts';
import { type Random, seededRandom } from '../support/traffic.ts';

const KILLS = Number(process.env.PANTHER_COMPACT_KILLS ?? 6);
const SEED = Number(process.env.PANTHER_COMPACT_SEED ?? Date.now() % 1_000_000);
const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const home = temporaryFolder('compact-crash');
const old = join(home, 'old');
const BUCKET = 'processed';

/** What is compacted, again and again. */
interface Subject {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As before the first run. */
  reset(): Promise<void>;
  /** Paths of the files that readers see, on this machine. */
  visible(): Promise<readonly string[]>;
  /** Everything that is there besides, with a name that is the same in every run. */
  others(): Promise<readonly string[]>;
}

interface State {
  /** Sums over the rows, independent of their order. */
  readonly rows: string;
  readonly names: readonly string[];
}

const FILES = 24;
const ROWS = 200;

/** Three tables, two hours, what is small and what is broken. */
function makeOldLogs(random: Random): void {
  for (const table of ['aws_vpcflow', 'aws_cloudtrail', 'custom_orders']) {
    for (const hour of ['03', '04']) {
      const folder = join(old, `logs/${table}/year=2026/month=01/day=02/hour=${hour}`);
      mkdirSync(folder, { recursive: true });
      for (let file = 0; file < FILES; file += 1) {
        const rows = Array.from({ length: ROWS }, (_, row) =>
          oldRow(random, table, hour, `${table}-${hour}-${file}-${row}`),
        );
        if (file === 7) rows.push('{"torn": ');
        writeFileSync(join(folder, `20260102T${hour}0000Z-${file}.json.gz`), gzipSync(`${rows.join('\n')}\n`));
      }
    }
  }
}

function oldRow(random: Random, table: string, hour: string, id: string): string {
  const two = () => String(Math.floor(random() * 60)).padStart(2, '0');
  const common = { p_row_id: id, p_event_time: `2026-01-02 ${hour}:${two()}:${two()}.000000000`, p_log_type: table };
  const address = `198.51.100.${Math.floor(random() * 255)}`;
  if (table === 'aws_vpcflow')
    return JSON.stringify({ ...common, srcAddr: address, bytes: Math.floor(random() * 1e9) });
  const note = 'x'.repeat(Math.floor(random() * 600));
  if (table === 'aws_cloudtrail')
    return JSON.stringify({ ...common, sourceIPAddress: address, requestParameters: { note } });
  return JSON.stringify({ ...common, address, note, any: random() < 0.5 ? 5 : 'five' });
}

function folderSubject(): Subject {
  const folder = join(home, 'folder');
  const all = () => globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile());
  return {
    name: 'a folder',
    args: [folder],
    env: {},
    async reset() {
      rmSync(folder, { recursive: true, force: true });
      cpSync(old, folder, { recursive: true });
    },
    visible: async () =>
      all()
        .filter(isVisible)
        .map((path) => join(folder, path)),
    others: async () => [
      ...all().filter((path) => !isVisible(path)),
      ...globSync('_compact/scratch-*', { cwd: folder }),
    ],
  };
}

function isVisible(key: string): boolean {
  return key.startsWith('logs/') && !/\/_[^/]*$/.test(key);
}

function bucketSubject(aws: AwsEmulator): Subject {
  const copy = join(home, 'bucket');
  async function keys(): Promise<string[]> {
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Contents.map(({ Key = '' }) => Key);
  }
  return {
    name: 'a bucket',
    args: [`s3://${BUCKET}/`, ...aws.argv],
    env: aws.env,
    async reset() {
      for (const Key of await keys()) await aws.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
      for (const path of globSync('**/*.gz', { cwd: old })) {
        await aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: path, Body: readFileSync(join(old, path)) }));
      }
    },
    async visible() {
      rmSync(copy, { recursive: true, force: true });
      const paths: string[] = [];
      for (const key of (await keys()).filter(isVisible)) {
        const path = join(copy, key);
        mkdirSync(dirname(path), { recursive: true });
        const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
        await pipeline(Body as Readable, createWriteStream(path));
        paths.push(path);
      }
      return paths;
    },
    others: async () => [...(await keys()).filter((key) => !isVisible(key)), ...readdirSync(join(home, 'tmp'))],
  };
}

async function lakeSubject(): Promise<Subject> {
  const template = join(home, 'lake-template');
  const folder = join(home, 'lake');
  const lake = await openTestLake();
  for (let hour = 0; hour < 6; hour += 1) {
    for (let part = 0; part < 8; part += 1) {
      const time = (row: number) => `2026-01-02 0${hour}:0${part}:${String(row % 60).padStart(2, '0')}`;
      const rows = Array.from({ length: 500 }, (_, row) =>
        testRow(hour * 10_000 + part * 1_000 + row, time(row), { n: row }),
      );
      await lake.store(`c-${hour}-${part}`, testTable('Orders', { n: 'bigint' }), rows);
    }
  }
  await lake.state.close();
  cpSync(lake.root, template, { recursive: true });
  await lake.close();
  function files(...statuses: string[]): string[] {
    const database = new DatabaseSync(join(folder, 'state.db'));
    const rows = database.prepare('SELECT object_key, status FROM lake_files').all();
    database.close();
    const objects = openFolderObjects(join(folder, 'objects'));
    return rows
      .filter(({ status }) => statuses.includes(String(status)))
      .map(({ object_key }) => objects.locate(BUCKETS.processedData, String(object_key)));
  }
  return {
    name: 'a lake',
    args: ['--data-dir', folder],
    env: {},
    async reset() {
      rmSync(folder, { recursive: true, force: true });
      cpSync(template, folder, { recursive: true });
    },
    visible: async () => files('live'),
    async others() {
      const known = new Set(files('live', 'replaced'));
      const stored = globSync('objects/**/*.parquet', { cwd: folder }).map((path) => join(folder, path));
      const unknown = stored.filter((path) => !known.has(path));
      const missing = [...known].filter((path) => !stored.includes(path)).map((path) => `missing: ${path}`);
      const scratch = readdirSync(folder).filter((name) => name === 'compact');
      return [...unknown, ...missing, ...scratch, ...files('pending').map((path) => `pending: ${path}`)].map((path) =>
        relative(folder, path),
      );
    },
  };
}

/** Ended by itself, or killed after so many milliseconds; gives its time. */
async function compact(
  subject: Subject,
  killAfterMs?: number,
): Promise<{ readonly ms: number; readonly isKilled: boolean }> {
  const startedAt = performance.now();
  const args = [MAIN, 'compact', ...subject.args, '--min-age', '0', '--verify'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...subject.env, TMPDIR: join(home, 'tmp') },
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  const ended = once(child, 'close');
  if (killAfterMs !== undefined) {
    await Promise.race([sleep(killAfterMs), ended]);
    child.kill('SIGKILL');
  }
  const [code, signal] = await ended;
  const ms = performance.now() - startedAt;
  if (signal === 'SIGKILL') return { ms, isKilled: true };
  // 1: this run kept rows aside.
  if (code !== 0 && !(code === 1 && stderr.includes('_compact/unfit/')))
    throw new Error(`compact of ${subject.name} ended with ${code}:\n${stderr}`);
  return { ms, isKilled: false };
}

/** Rows of the files that readers see: each once, as long as `isDistinct` lets two files have one. */
async function rowsOf(connection: DuckDBConnection, paths: readonly string[], isDistinct: boolean): Promise<string> {
  const list = (end: string) => paths.filter((path) => path.endsWith(end)).map((path) => `'${path}'`);
  const [json, parquet] = [list('.gz'), list('.parquet')];
  const columns = "columns={p_row_id: 'VARCHAR', p_event_time: 'TIMESTAMP', p_log_type: 'VARCHAR'}, ignore_errors=true";
  const sources = [
    ...(json.length > 0
      ? [`SELECT p_row_id, p_event_time, p_log_type FROM read_json([${json}], format='newline_delimited', ${columns})`]
      : []),
    ...(parquet.length > 0
      ? [
          `SELECT p_row_id, p_event_time, p_log_type FROM read_parquet([${parquet}], union_by_name=true, hive_partitioning=false)`,
        ]
      : []),
  ];
  const rows = `SELECT ${isDistinct ? 'DISTINCT' : ''} * FROM (${sources.join(' UNION ALL ')}) WHERE p_row_id IS NOT NULL`;
  const found = await connection.runAndReadAll(`SELECT count(*)::VARCHAR, sum(hash(r))::VARCHAR FROM (${rows}) r`);
  return (found.getRows()[0] ?? []).join('/');
}

/** Every column, also those that only one of the tables has. */
async function whole(connection: DuckDBConnection, paths: readonly string[]): Promise<string> {
  const sums: string[] = [];
  for (const table of [...new Set(paths.map((path) => /\/(?:logs)\/([^/]+)\//.exec(path)?.[1] ?? ''))].sort()) {
    const own = paths.filter((path) => path.includes(`/${table}/`)).map((path) => `'${path}'`);
    const rows = `SELECT * FROM read_parquet([${own}], union_by_name=true, hive_partitioning=false)`;
    const described = await connection.runAndReadAll(`DESCRIBE ${rows}`);
    const names = described.getRows().map(([name]) => String(name));
    const parts = names.map((name) => `(sum(hash(r."${name}")) FILTER (r."${name}" IS NOT NULL))::VARCHAR`);
    const found = await connection.runAndReadAll(`SELECT count(*)::VARCHAR, ${parts} FROM (${rows}) r`);
    const [count, ...values] = found.getRows()[0] ?? [];
    // Columns without a value are those that only some files have.
    const columns = names.flatMap((name, index) => (values[index] === null ? [] : [`${name} ${values[index]}`]));
    sums.push(`${table}: ${count} rows, ${columns.join(', ')}`);
  }
  return sums.join('\n');
}

async function stateOf(connection: DuckDBConnection, subject: Subject): Promise<State> {
  const visible = await subject.visible();
  const names = visible.filter((path) => !path.endsWith('.parquet')).map((path) => `not compacted: ${path}`);
  return {
    rows: await whole(connection, visible),
    names: [...names, `${visible.length} files`, ...(await subject.others())].sort(),
  };
}

function differences(wanted: State, found: State): string[] {
  const problems = wanted.rows === found.rows ? [] : [`rows differ:\n${wanted.rows}\n${found.rows}`];
  if (wanted.names.join() !== found.names.join())
    problems.push(`files differ:\n${wanted.names.join('\n')}\n${found.names.join('\n')}`);
  return problems;
}

async function main(): Promise<void> {
  const random = seededRandom(SEED);
  makeOldLogs(seededRandom(1));
  mkdirSync(join(home, 'tmp'), { recursive: true });
  const aws = await startAwsEmulator();
  await aws.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const instance = await openDuckdb({ tmpDir: join(home, 'engine'), memoryBytes: 512 << 20, threads: 1 });
  const connection = await instance.connect();
  console.log(`seed ${SEED}; folders in ${home}`);
  let [passed, failed, kills] = [0, 0, 0];
  const subjects = [folderSubject(), bucketSubject(aws), await lakeSubject()];
  const references: { subject: Subject; wanted: State; rows: string; ms: number }[] = [];
  for (const subject of subjects) {
    await subject.reset();
    const rows = await rowsOf(connection, await subject.visible(), false);
    const { ms } = await compact(subject);
    const wanted = await stateOf(connection, subject);
    const after = await rowsOf(connection, await subject.visible(), false);
    console.log(`reference of ${subject.name}: ${Math.round(ms)} ms, ${rows.split('/')[0]} rows`);
    if (rows === after) passed += 1;
    else failed += 1;
    if (rows !== after) console.log(`  rows before ${rows}, after ${after}`);
    references.push({ subject, wanted, rows, ms });
  }
  for (let index = 0; kills < KILLS; index += 1) {
    const { subject, wanted, rows, ms } = references[index % references.length] as (typeof references)[number];
    const problems: string[] = [];
    const moments: number[] = [];
    await subject.reset();
    const times = 1 + Math.floor(random() * 3);
    for (let kill = 0; kill < times && kills < KILLS; kill += 1) {
      const moment = Math.round(random() * ms * 1.05);
      const { isKilled } = await compact(subject, moment);
      if (!isKilled) break;
      kills += 1;
      moments.push(moment);
      const seen = await rowsOf(connection, await subject.visible(), true);
      if (seen !== rows) problems.push(`readers miss rows after the kill at ${moment} ms: ${seen}, not ${rows}`);
    }
    await compact(subject).catch((error: unknown) => problems.push(String(error)));
    problems.push(...differences(wanted, await stateOf(connection, subject)));
    console.log(
      `${subject.name}, killed after ${moments.join(', ') || 'its end'} ms: ${problems.length === 0 ? 'ok' : 'FAILED'}`,
    );
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length === 0) passed += 1;
    else failed += 1;
  }
  connection.closeSync();
  instance.closeSync();
  await aws.close();
  rmSync(home, { recursive: true, force: true });
  console.log(`${kills} kills`);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

await main();
