/**
 * Where the Panther of the crash test keeps what it knows: in its data folder, or on S3, SQS and PostgreSQL. What the
 * latter hold is brought into a data folder at the end, so that both are read and judged by the same code.
 */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { createS3Client, createSqsClient } from '../../src/adapters/aws/aws-client.ts';
import { openS3Objects } from '../../src/adapters/aws/s3-objects.ts';
import { openSqsQueue } from '../../src/adapters/aws/sqs-queue.ts';
import { openFolderObjects } from '../../src/adapters/embedded/folder-objects.ts';
import { openSqliteQueue } from '../../src/adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../../src/adapters/embedded/sqlite-state.ts';
import { dataDir } from '../../src/app/data-dir.ts';
import { BUCKETS } from '../../src/ports/buckets.ts';
import { deadLetterQueue, QUEUES } from '../../src/ports/queue.ts';
import { startEmulator } from './emulators.ts';

type Row = Readonly<Record<string, unknown>>;

export interface CrashStores {
  /** Parts of the configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /**
   * A kill can leave objects in the spool: put, but not yet sent and so not acknowledged; or stored, but not yet deleted.
   * The next start looks after them; where processes share the spool, the sweep that comes later.
   */
  readonly isSpoolSweptLater: boolean;
  /** Remembers everything as it is now; Panther does not run. */
  keep(): Promise<void>;
  /** As it was when it was kept. */
  restore(): Promise<void>;
  /** Of the state. */
  query(sql: string): Promise<readonly Row[]>;
  /** The same after a kill: the next start finds what the killed process has left, and nothing else. */
  queryAfterKill(sql: string): Promise<readonly Row[]>;
  /** In all queues but the dead-letter queues. */
  countMessages(): Promise<number>;
  /** Makes the data folder hold everything; Panther does not run. */
  bring(): Promise<void>;
  close(): Promise<void>;
}

/** `home` is for scratch files, `root` the data folder of the runs, `template` the one of the first. */
export interface Folders {
  readonly home: string;
  readonly root: string;
  readonly template: string;
}

export function embeddedStores({ home, root, template }: Folders): CrashStores {
  let current = template;
  return {
    config: {},
    env: {},
    isSpoolSweptLater: false,
    async keep() {
      current = root;
    },
    async restore() {
      rmSync(root, { recursive: true, force: true });
      cpSync(template, root, { recursive: true });
    },
    query: async (sql) => select(dataDir(current).stateFile, sql),
    async queryAfterKill(sql) {
      const copy = join(home, 'copy');
      mkdirSync(copy, { recursive: true });
      for (const suffix of ['', '-wal']) cpSync(`${dataDir(root).stateFile}${suffix}`, join(copy, `state.db${suffix}`));
      const rows = select(join(copy, 'state.db'), sql);
      rmSync(copy, { recursive: true });
      return rows;
    },
    async countMessages() {
      const sql = "SELECT count(*) AS n FROM messages WHERE queue NOT LIKE '%-dlq'";
      return Number(select(dataDir(current).queueFile, sql)[0]?.n);
    },
    bring: async () => undefined,
    close: async () => undefined,
  };
}

function select(file: string, sql: string): readonly Row[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** A message whose receiver was killed is given out again after this time. */
const VISIBILITY_SECONDS = 5;

/** `server` is the URL of a PostgreSQL where databases can be made. */
export async function awsStores(server: string, { root, template }: Folders): Promise<CrashStores> {
  const emulator = await startEmulator('fauxqs');
  const database = `panther_crash_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = database;
  const clock = { now: () => new Date() };
  const objects = await openS3Objects({ s3: await createS3Client(emulator.settings), clock });
  const queue = await openSqsQueue({ sqs: await createSqsClient(emulator.settings), clock });
  const query = (sql: string) => run(url.href, sql);
  await run(server, `CREATE DATABASE ${database}`);

  async function emptyStores(): Promise<void> {
    for (const bucket of Object.values(BUCKETS)) {
      for await (const { key } of objects.list(bucket, '')) await objects.delete(bucket, key);
    }
    for (const name of queueNames()) await queue.purge(name);
  }

  async function bringState(): Promise<void> {
    const state = openSqliteState(dataDir(root).stateFile);
    await state.migrate();
    await state.close();
    const target = new DatabaseSync(dataDir(root).stateFile);
    for (const { table } of await query(TABLES_WITH_ROWS)) {
      for (const row of await query(`SELECT * FROM "${table}"`)) insert(target, String(table), row);
    }
    target.close();
  }

  async function bringObjects(): Promise<void> {
    const target = openFolderObjects(dataDir(root).objects);
    for (const bucket of Object.values(BUCKETS)) {
      for await (const { key } of objects.list(bucket, '')) {
        const found = await objects.get(bucket, key);
        if (found !== undefined) await target.put(bucket, key, found.stream);
      }
    }
  }

  /** Only how many there are can be seen. */
  async function bringMessages(): Promise<void> {
    const target = await openSqliteQueue({ path: dataDir(root).queueFile, clock });
    for (const name of queueNames()) {
      const left = await countIn(name);
      if (left === 0) continue;
      await target.ensure(name, QUEUES[name as keyof typeof QUEUES] ?? {});
      await target.send(name, [{ body: `${left} messages` }]);
    }
    await target.close();
  }

  async function countIn(name: string): Promise<number> {
    const { visible, inFlight, delayed } = await queue.counts(name);
    return visible + inFlight + delayed;
  }

  return {
    config: {
      aws: {
        region: 'us-east-1',
        endpoint: emulator.endpoint,
        use: ['objects', 'queue'],
        inputVisibilitySeconds: VISIBILITY_SECONDS,
      },
      state: { postgres: url.href },
      leaseSeconds: 2,
    },
    env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    isSpoolSweptLater: true,
    async keep() {
      await run(server, `CREATE DATABASE ${database}_kept TEMPLATE ${database}`);
    },
    async restore() {
      rmSync(root, { recursive: true, force: true });
      cpSync(template, root, { recursive: true });
      await emptyStores();
      await run(server, `DROP DATABASE ${database} WITH (FORCE)`);
      await run(server, `CREATE DATABASE ${database} TEMPLATE ${database}_kept`);
    },
    query,
    queryAfterKill: query,
    async countMessages() {
      const names = Object.keys(QUEUES);
      const counts = await Promise.all(names.map(countIn));
      return counts.reduce((sum, each) => sum + each, 0);
    },
    async bring() {
      await bringState();
      await bringObjects();
      await bringMessages();
    },
    async close() {
      await queue.close();
      for (const name of [database, `${database}_kept`])
        await run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await emulator.stop();
    },
  };
}

function queueNames(): readonly string[] {
  return Object.keys(QUEUES).flatMap((name) => [name, deadLetterQueue(name)]);
}

/** What the migrations keep about themselves is there already. */
const TABLES_WITH_ROWS = `SELECT tablename AS table FROM pg_tables
  WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%'`;

function insert(target: DatabaseSync, table: string, row: Row): void {
  const names = Object.keys(row);
  const columns = names.map((name) => `"${name}"`).join(', ');
  const values = names.map(() => '?').join(', ');
  const given = Object.values(row) as (string | number | null)[];
  target.prepare(`INSERT OR REPLACE INTO "${table}" (${columns}) VALUES (${values})`).run(...given);
}

async function run(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
