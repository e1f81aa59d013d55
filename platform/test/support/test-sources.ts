/** Sources over real embedded stores in a temporary folder. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createS3Client } from '../../src/adapters/aws/aws-client.ts';
import { openS3Objects } from '../../src/adapters/aws/s3-objects.ts';
import { openFolderObjects } from '../../src/adapters/embedded/folder-objects.ts';
import { openKeyFileSecrets } from '../../src/adapters/embedded/key-file-secrets.ts';
import { openSqliteMetrics } from '../../src/adapters/embedded/sqlite-metrics.ts';
import { openSqliteQueue } from '../../src/adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../../src/adapters/embedded/sqlite-state.ts';
import { relayOutbox } from '../../src/alerts/outbox.ts';
import type { InputObject } from '../../src/core/unit.ts';
import { splitSecrets, type UnitConfig } from '../../src/core/unit-config.ts';
import { OctetSplitter } from '../../src/log-analysis/splitters/octet.ts';
import { BUCKETS } from '../../src/ports/buckets.ts';
import { QUEUES } from '../../src/ports/queue.ts';
import type { SourcesTable } from '../../src/ports/state/tables.ts';
import { createOpen, findSourceType, type SourcesDeps, sealSourceSecrets } from '../../src/sources/configured.ts';
import type { Pressure } from '../../src/sources/source.ts';

const INPUT_QUEUE = 'panther-input-data-notifications-queue';

const EMULATED = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

export interface TestSources {
  readonly dir: string;
  readonly deps: SourcesDeps;
  /** Answered to sources that ask whether they may take more. */
  pressure: Pressure | undefined;
  /** Adds an enabled source and gives its row. */
  add(type: string, config: UnitConfig): Promise<SourcesTable>;
  /** The row as it is now. */
  row(id: string): Promise<SourcesTable>;
  /** Takes everything off the input queue, in the order of the sends. */
  units(): Promise<InputObject[]>;
  /** The bytes of a unit, as the log processor gets them. */
  read(unit: InputObject): Promise<Buffer>;
  /** The text of every unit on the queue. */
  texts(): Promise<string[]>;
  /** The messages of every unit on the queue, split as the log processor does. */
  messages(): Promise<string[]>;
  /** Keys in the spool. */
  spool(): Promise<string[]>;
  close(): Promise<void>;
}

export async function makeTestSources(): Promise<TestSources> {
  const dir = await mkdtemp(join(tmpdir(), 'panther-sources-'));
  const clock = { now: () => new Date() };
  const state = openSqliteState(join(dir, 'state.db'));
  await state.migrate();
  const queue = await openSqliteQueue({ path: join(dir, 'queue.db'), clock });
  await queue.ensure(INPUT_QUEUE, QUEUES[INPUT_QUEUE]);
  const metrics = await openSqliteMetrics({ path: join(dir, 'metrics.db'), clock, flushEveryMs: 0 });
  const secrets = await openKeyFileSecrets(join(dir, 'secrets.key'));
  const objects = openFolderObjects(join(dir, 'objects'));
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const deps: SourcesDeps = {
    state,
    queue,
    secrets,
    objects,
    metrics,
    clock,
    log,
    newId: randomUUID,
    relayOutbox: async () => void (await relayOutbox({ state, queue, log })),
    pressure: async () => sources.pressure,
    openS3: async (access) => openS3Objects({ s3: await createS3Client({ ...EMULATED, ...access }), clock }),
  };
  const open = createOpen(deps);

  async function takeUnits(): Promise<InputObject[]> {
    const units: InputObject[] = [];
    for (;;) {
      const messages = await queue.receive(INPUT_QUEUE, { maxMessages: 10, waitMs: 0 });
      if (messages.length === 0) return units;
      units.push(...messages.map(({ body }) => JSON.parse(body) as InputObject));
      await queue.delete(
        INPUT_QUEUE,
        messages.map(({ receipt }) => receipt),
      );
    }
  }

  async function read(unit: InputObject): Promise<Buffer> {
    const stream: Readable | undefined = await open(unit, { id: unit.sourceId });
    if (stream === undefined) throw new Error(`${unit.key} is gone`);
    return buffer(stream);
  }

  const sources: TestSources = {
    dir,
    deps,
    pressure: undefined,
    add: async (type, given) => {
      const row = await sourceRow(deps, type, given);
      await state.db.insertInto('sources').values(row).execute();
      return row;
    },
    row: (id) => state.db.selectFrom('sources').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    units: takeUnits,
    read,
    texts: async () => {
      const texts: string[] = [];
      for (const unit of await takeUnits()) texts.push((await read(unit)).toString());
      return texts;
    },
    messages: async () => {
      const messages: string[] = [];
      for (const unit of await takeUnits()) messages.push(...split(unit.key, await read(unit)));
      return messages;
    },
    spool: async () => (await Array.fromAsync(objects.list(BUCKETS.inputData, ''))).map(({ key }) => key),
    close: async () => {
      await metrics.close();
      await queue.close();
      await state.close();
      await rm(dir, { recursive: true });
    },
  };
  return sources;
}

function split(key: string, bytes: Buffer): string[] {
  if (!key.endsWith('.octet')) return [bytes.toString()];
  const messages: string[] = [];
  const fail = () => assert.fail('a frame is damaged');
  const splitter = new OctetSplitter(
    { record: (text) => void messages.push(text), damaged: fail, oversize: fail },
    1 << 30,
    0,
  );
  splitter.push(bytes);
  splitter.end();
  return messages;
}

async function sourceRow(deps: SourcesDeps, type: string, given: UnitConfig): Promise<SourcesTable> {
  const id = randomUUID();
  const { config, secrets } = splitSecrets(findSourceType(type).config, given);
  const at = deps.clock.now().toISOString();
  const counts = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 };
  return {
    id,
    name: `${type} ${id.slice(0, 8)}`,
    type,
    log_types: '["Syslog.RFC5424"]',
    config: JSON.stringify(config),
    secrets: await sealSourceSecrets(deps.secrets, id, secrets),
    enabled: 1,
    created_at: at,
    updated_at: at,
    last_event_at: null,
    health: 'unknown',
    health_message: '',
    ...counts,
  };
}

/** Waits until a check gives something, however long it takes; the test runner's own limit ends it. */
export async function until<T>(check: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
