/** Runs the configured sources: starts and stops them as they are changed, gives each what it needs. */
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { relayOutbox } from '../alerts/outbox.ts';
import type { ApiDeps } from '../api/deps.ts';
import { ExternalError, errorMessage, UserError } from '../core/errors.ts';
import type { InputObject } from '../core/unit.ts';
import type { UnitConfig } from '../core/unit-config.ts';
import { INPUT_QUEUE } from '../log-analysis/log-processor.ts';
import type { Clock } from '../ports/clock.ts';
import type { SourcesTable } from '../ports/state/tables.ts';
import { SOURCES } from '../sources/index.ts';
import type { Pressure, RunningSource, Source, SourceContext } from '../sources/source.ts';
import type { Config } from './config.ts';
import type { Adapters } from './embedded.ts';
import type { Log } from './log.ts';

export interface SourceHostDeps {
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  readonly root: string;
  readonly config: Pick<Config, 'minFreeDiskMb' | 'maxBacklogObjects'>;
}

export interface SourceHost {
  /** Starts what is new or changed, stops what is gone or disabled. */
  refresh(): Promise<void>;
  readonly intake: ApiDeps['intake'];
  stop(): Promise<void>;
}

interface Running {
  readonly updatedAt: string;
  readonly handle: RunningSource;
}

/** A source that could not be started is tried again after this. */
const RETRY_MS = 30_000;
const SEND_BATCH = 10;

export function createSourceHost(deps: SourceHostDeps): SourceHost {
  const running = new Map<string, Running>();
  let turn: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function reconcile(): Promise<void> {
    if (isStopped) return;
    const rows = await deps.adapters.state.db.selectFrom('sources').selectAll().where('enabled', '=', 1).execute();
    const wanted = new Map(rows.map((row) => [row.id, row]));
    for (const [id, { updatedAt, handle }] of running) {
      if (wanted.get(id)?.updated_at === updatedAt) continue;
      running.delete(id);
      await handle
        .stop()
        .catch((error: unknown) => deps.log.error({ source: id, error }, 'source did not stop cleanly'));
    }
    for (const row of rows) if (!running.has(row.id)) await start(row);
  }

  async function start(row: SourcesTable): Promise<void> {
    const unit = findSource(row.type);
    if (unit?.start === undefined) return;
    const context = contextFor(deps, row);
    try {
      const handle = await unit.start(await openConfig(deps, unit, row), context);
      running.set(row.id, { updatedAt: row.updated_at, handle });
    } catch (error) {
      deps.log.error({ source: row.name, error }, 'source cannot be started');
      await context.reportHealth({ status: 'unhealthy', message: errorMessage(error) });
      retry ??= setTimeout(() => {
        retry = undefined;
        void refresh();
      }, RETRY_MS);
    }
  }

  /** One after the other, so that two changes cannot start a source twice. */
  function refresh(): Promise<void> {
    turn = turn.then(reconcile).catch((error: unknown) => deps.log.error({ error }, 'sources cannot be refreshed'));
    return turn;
  }

  return {
    refresh,
    async intake(row, request) {
      const unit = findSource(row.type);
      if (unit?.receive === undefined || row.enabled === 0) {
        return { status: 404, body: { error: `source ${row.name} takes no logs over HTTP, or is disabled` } };
      }
      return unit.receive(request, await openConfig(deps, unit, row), contextFor(deps, row));
    },
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      await turn;
      await Promise.allSettled([...running.values()].map(({ handle }) => handle.stop()));
    },
  };
}

/** Opens an input object that is not in the object store, by the source's own means. */
export async function openFromSource(
  deps: SourceHostDeps,
  object: InputObject,
  sourceId: string,
): Promise<Readable | undefined> {
  const row = await deps.adapters.state.db
    .selectFrom('sources')
    .selectAll()
    .where('id', '=', sourceId)
    .executeTakeFirst();
  const unit = row === undefined ? undefined : findSource(row.type);
  if (row === undefined || unit?.open === undefined) {
    throw new UserError(`the source of ${object.key} cannot open it: it was deleted or changed its type`);
  }
  return unit.open(object, await openConfig(deps, unit, row), contextFor(deps, row));
}

function findSource(type: string): Source | undefined {
  return SOURCES.find(({ id }) => id === type);
}

async function openConfig(
  { adapters }: SourceHostDeps,
  unit: Source,
  row: SourcesTable,
): Promise<Record<string, unknown>> {
  const opened = row.secrets === '' ? '{}' : await adapters.secrets.open(row.secrets, `source:${row.id}`);
  const config = unit.config.safeParse({
    ...(JSON.parse(row.config) as UnitConfig),
    ...(JSON.parse(opened) as UnitConfig),
  });
  if (config.success) return config.data;
  const fields = config.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new UserError(`source ${row.name} is not configured correctly: ${fields}`, { field: 'config' });
}

function contextFor(deps: SourceHostDeps, row: SourcesTable): SourceContext {
  const { state, queue, objects, metrics } = deps.adapters;
  return {
    source: { id: row.id, name: row.name, logTypes: JSON.parse(row.log_types) as string[] },
    state,
    objects,
    metrics,
    clock: deps.clock,
    log: deps.log,
    newId: () => randomUUID(),
    enqueue: (inputs) => enqueue(deps, inputs),
    async relayOutbox() {
      await relayOutbox({ state, queue, log: deps.log });
    },
    pressure: () => pressureOf(deps),
    async reportHealth({ status, message }) {
      const values = { health: status, health_message: message };
      await state.db.updateTable('sources').set(values).where('id', '=', row.id).execute();
    },
  };
}

async function enqueue({ adapters }: SourceHostDeps, inputs: readonly InputObject[]): Promise<void> {
  for (let start = 0; start < inputs.length; start += SEND_BATCH) {
    const messages = inputs.slice(start, start + SEND_BATCH).map((input) => ({ body: JSON.stringify(input) }));
    const [refused] = await adapters.queue.send(INPUT_QUEUE, messages);
    if (refused) throw new ExternalError(`the input queue refused an object: ${refused.reason}`, { retryable: true });
  }
}

async function pressureOf({ adapters, config, root }: SourceHostDeps): Promise<Pressure | undefined> {
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize < config.minFreeDiskMb * 1e6) {
    return { kind: 'full', message: 'the disk is nearly full: free some space', retryAfterSeconds: 60 };
  }
  const { visible, delayed } = await adapters.queue.counts(INPUT_QUEUE);
  if (visible + delayed < config.maxBacklogObjects) return undefined;
  return { kind: 'busy', message: `${visible + delayed} objects wait to be processed`, retryAfterSeconds: 10 };
}
