/** Sources as they are configured: started, stopped and restarted as their rows change; asked for their objects. */
import type { Readable } from 'node:stream';
import { UserError } from '../core/errors.ts';
import type { InputObject } from '../core/unit.ts';
import type { UnitConfig } from '../core/unit-config.ts';
import { BUCKETS } from '../ports/buckets.ts';
import { INPUT_QUEUE, type Queue } from '../ports/queue.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { SourcesTable } from '../ports/state/tables.ts';
import { SOURCES } from './index.ts';
import type { AnnouncedObject, IntakeRequest, IntakeResponse, Source, SourceContext, SourceHealth } from './source.ts';

export interface SourcesDeps extends Omit<SourceContext, 'source' | 'enqueue' | 'reportHealth'> {
  readonly queue: Queue;
  readonly secrets: Secrets;
}

const SEND = 10;

/** @throws UserError when there is no such type of source. */
export function findSourceType(id: string): Source {
  const found = SOURCES.find((source) => source.id === id);
  if (found !== undefined) return found;
  const known = SOURCES.map((source) => source.id).join(', ');
  throw new UserError(`there is no source of type "${id}"; there are: ${known}`, { field: 'type' });
}

/** What the column `secrets` holds for a source. */
export function sealSourceSecrets(secrets: Secrets, id: string, values: UnitConfig): Promise<string> {
  return secrets.seal(JSON.stringify(values), `source:${id}`);
}

/** @throws UserError when the stored configuration does not fit the source's type. */
export async function openSourceConfig(unit: Source, secrets: Secrets, row: SourcesTable): Promise<UnitConfig> {
  const sealed = row.secrets === '' ? '{}' : await secrets.open(row.secrets, `source:${row.id}`);
  const stored = { ...(JSON.parse(row.config) as UnitConfig), ...(JSON.parse(sealed) as UnitConfig) };
  const parsed = unit.config.safeParse(stored);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new UserError(`source ${row.name} is not configured correctly: ${fields}`, { field: 'config' });
}

export function sourceContext(deps: SourcesDeps, row: SourcesTable): SourceContext {
  const logTypes = JSON.parse(row.log_types) as string[];
  let reported = { status: row.health, message: row.health_message };
  return {
    ...deps,
    source: { id: row.id, name: row.name, logTypes },
    enqueue: (objects) => enqueue(deps.queue, objects),
    reportHealth: async (health) => {
      if (health.status === reported.status && health.message === reported.message) return;
      reported = health;
      await writeHealth(deps, row.id, health);
    },
  };
}

async function enqueue(queue: Queue, objects: readonly InputObject[]): Promise<void> {
  for (let start = 0; start < objects.length; start += SEND) {
    const messages = objects.slice(start, start + SEND).map((object) => ({ body: JSON.stringify(object) }));
    const [refused] = await queue.send(INPUT_QUEUE, messages);
    if (refused) throw new Error(`${INPUT_QUEUE} refused a message: ${refused.reason}`);
  }
}

async function writeHealth({ state }: SourcesDeps, id: string, { status, message }: SourceHealth): Promise<void> {
  await state.db.updateTable('sources').set({ health: status, health_message: message }).where('id', '=', id).execute();
}

/** Strangers learn neither which sources there are nor which of them are enabled. */
const UNAVAILABLE: IntakeResponse = {
  status: 401,
  body: {
    error: { code: 'unauthenticated', message: 'there is no such enabled source, or its credentials are wrong' },
  },
};

/** The API's intake: an HTTP request to a source. */
export function createIntake(deps: SourcesDeps) {
  return async function intake(row: SourcesTable, request: IntakeRequest): Promise<IntakeResponse> {
    const unit = findSourceType(row.type);
    if (unit.receive === undefined || row.enabled === 0) return UNAVAILABLE;
    return unit.receive(request, await openSourceConfig(unit, deps.secrets, row), sourceContext(deps, row));
  };
}

/** The log processor's way to an input object's bytes. Undefined when it is gone. */
export function createOpen(deps: SourcesDeps) {
  return async function open(object: InputObject, source: { readonly id: string }): Promise<Readable | undefined> {
    const row = await deps.state.db.selectFrom('sources').selectAll().where('id', '=', source.id).executeTakeFirst();
    const unit = row && findSourceType(row.type);
    if (row === undefined || unit?.open === undefined || object.bucket === BUCKETS.inputData) {
      return (await deps.objects.get(object.bucket, object.key, object.range))?.stream;
    }
    return unit.open(object, await openSourceConfig(unit, deps.secrets, row), sourceContext(deps, row));
  };
}

/** Finds the source of an object that its store has announced, and makes it an input object; or says why not. */
export function createClaim(deps: SourcesDeps) {
  return async function claim(object: AnnouncedObject): Promise<InputObject | string> {
    const address = `${object.bucket}/${object.key}`;
    const found = await claimant(deps, object);
    if (found === undefined) return `no enabled source takes ${address}: add one, then redrive the message`;
    const { row, unit, config } = found;
    const info = await unit.describe?.(object, config, sourceContext(deps, row));
    if (info === undefined) return `${address} does not exist any more`;
    return { sourceId: row.id, ...object, sizeBytes: info.sizeBytes, version: info.version };
  };
}

async function claimant(deps: SourcesDeps, object: AnnouncedObject) {
  const types = SOURCES.filter(({ claims }) => claims !== undefined).map(({ id }) => id);
  const rows = await deps.state.db
    .selectFrom('sources')
    .selectAll()
    .where('type', 'in', types)
    .where('enabled', '=', 1)
    .orderBy('id')
    .execute();
  let best: { row: SourcesTable; unit: Source; config: UnitConfig; rank: number } | undefined;
  for (const row of rows) {
    const unit = findSourceType(row.type);
    const config = await openSourceConfig(unit, deps.secrets, row);
    const rank = unit.claims?.(object, config);
    if (rank !== undefined && (best === undefined || rank > best.rank)) best = { row, unit, config, rank };
  }
  return best;
}
