/** Log sources, what they kept, and ingest. */
import type { SourcesTable } from '../../ports/state/tables.ts';
import { randomId, randomToken } from '../auth/tokens.ts';
import type { Source, sourceRoutes } from '../contract/sources.ts';
import type { ApiDeps } from '../deps.ts';
import { conflict, invalid, notFound, unauthenticated } from '../http/errors.ts';
import type { SomeHandlers } from '../http/handler.ts';
import { toCounts } from './counts.ts';
import { listKeptRecords } from './kept-records.ts';
import { keepSecrets, requireType, showConfig, storeConfig, toUnitType } from './units.ts';

type Operation = Exclude<keyof typeof sourceRoutes, 'listLogTypes' | 'getLogType'>;

export const sourceHandlers: SomeHandlers<typeof sourceRoutes, Operation> = {
  async listSourceTypes({ deps }) {
    return { items: deps.sourceTypes.map(toUnitType) };
  },
  async listSources({ deps }) {
    const rows = await deps.state.db.selectFrom('sources').selectAll().orderBy('name').orderBy('id').execute();
    return { items: await Promise.all(rows.map((row) => toSource(deps, row))) };
  },
  async createSource({ deps, body, audit }) {
    const unit = requireType(deps.sourceTypes, body.type);
    checkLogTypes(deps, body.logTypes);
    const id = randomId(deps.randomBytes);
    audit.target = id;
    const generatedSecrets = generateSecrets(deps, unit.generatedSecrets ?? [], body.config);
    const config = { ...body.config, ...generatedSecrets };
    const at = deps.clock.now().toISOString();
    const row: SourcesTable = {
      ...NEW_SOURCE,
      id,
      name: body.name,
      type: unit.id,
      log_types: JSON.stringify([...new Set(body.logTypes)]),
      ...(await storeConfig(deps.secrets, unit, config, `source:${id}`)),
      enabled: body.enabled === false ? 0 : 1,
      created_at: at,
      updated_at: at,
    };
    await insert(deps, row);
    await deps.sourcesChanged();
    return { source: await toSource(deps, row), generatedSecrets };
  },
  async getSource({ deps, params }) {
    return toSource(deps, await requireSource(deps, params.id));
  },
  async updateSource({ deps, params, body }) {
    const before = await requireSource(deps, params.id);
    if (body.logTypes !== undefined) checkLogTypes(deps, body.logTypes);
    const changes = {
      ...(body.config !== undefined && (await changedConfig(deps, before, body.config))),
      ...(body.name !== undefined && { name: body.name }),
      ...(body.logTypes !== undefined && { log_types: JSON.stringify([...new Set(body.logTypes)]) }),
      ...(body.enabled !== undefined && { enabled: body.enabled ? (1 as const) : (0 as const) }),
      updated_at: deps.clock.now().toISOString(),
    };
    await update(deps, params.id, changes);
    await deps.sourcesChanged();
    return toSource(deps, await requireSource(deps, params.id));
  },
  async deleteSource({ deps, params }) {
    await deps.state.db.deleteFrom('sources').where('id', '=', params.id).execute();
    await deps.sourcesChanged();
    return undefined;
  },
  async listKeptRecords({ deps, params, query }) {
    await requireSource(deps, params.id);
    return listKeptRecords(deps, params.id, query);
  },
  async reprocessSource({ deps, params, body }) {
    await requireSource(deps, params.id);
    return deps.reprocess(params.id, body.objectKeys);
  },
  async ingest({ deps, params, request }) {
    const source = await findForIngest(deps, params.source);
    // The same answer as for wrong credentials: nobody learns which sources there are.
    if (source === undefined) throw unauthenticated('there is no such source, or its credentials are wrong');
    const { status, headers = {}, body } = await deps.intake(source, request);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
    return { status, headers: { ...type, ...headers }, body: text };
  },
};

const NEW_SOURCE = {
  last_event_at: null,
  health: 'unknown',
  health_message: '',
  received: 0,
  stored: 0,
  quarantined: 0,
  rejected: 0,
  events: 0,
  bytes: 0,
};

export async function requireSource({ state }: ApiDeps, id: string): Promise<SourcesTable> {
  const row = await state.db.selectFrom('sources').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('source', id);
  return row;
}

async function findForIngest({ state }: ApiDeps, idOrName: string): Promise<SourcesTable | undefined> {
  const rows = await state.db
    .selectFrom('sources')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', idOrName), eb(eb.fn('lower', ['name']), '=', idOrName.toLowerCase())]))
    .execute();
  return rows.find((row) => row.id === idOrName) ?? rows[0];
}

function checkLogTypes({ logTypes }: ApiDeps, names: readonly string[]): void {
  for (const name of names) {
    if (logTypes.get(name) === undefined) throw invalid(`there is no log type ${name}`, 'logTypes');
  }
}

function generateSecrets(deps: ApiDeps, names: readonly string[], config: Record<string, unknown>) {
  const missing = names.filter((name) => config[name] === undefined || config[name] === '');
  return Object.fromEntries(missing.map((name) => [name, randomToken(deps.randomBytes)]));
}

async function changedConfig(deps: ApiDeps, before: SourcesTable, config: Record<string, unknown>) {
  const unit = requireType(deps.sourceTypes, before.type);
  const context = `source:${before.id}`;
  const complete = await keepSecrets(deps.secrets, unit, config, before, context);
  return storeConfig(deps.secrets, unit, complete, context);
}

function insert({ state }: ApiDeps, row: SourcesTable): Promise<void> {
  return state.transaction(async (tx) => {
    await requireFreeName(tx, row.name, row.id);
    await tx.insertInto('sources').values(row).execute();
  });
}

function update({ state }: ApiDeps, id: string, changes: Partial<SourcesTable>): Promise<void> {
  return state.transaction(async (tx) => {
    if (changes.name !== undefined) await requireFreeName(tx, changes.name, id);
    await tx.updateTable('sources').set(changes).where('id', '=', id).execute();
  });
}

async function requireFreeName(tx: Pick<ApiDeps['state']['db'], 'selectFrom'>, name: string, id: string) {
  const same = await tx
    .selectFrom('sources')
    .select('id')
    .where((eb) => eb(eb.fn('lower', ['name']), '=', name.toLowerCase()))
    .where('id', '!=', id)
    .executeTakeFirst();
  if (same !== undefined) throw conflict(`there is a source called ${name} already`, 'name');
}

async function toSource(deps: ApiDeps, row: SourcesTable): Promise<Source> {
  const shown = await showConfig(deps.secrets, row, `source:${row.id}`);
  const unit = deps.sourceTypes.find((type) => type.id === row.type);
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    logTypes: JSON.parse(row.log_types) as string[],
    ...shown,
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastEventAt: row.last_event_at,
    health: { status: row.health as Source['health']['status'], message: row.health_message },
    counts: toCounts(row),
    endpoint: unit?.endpoint?.({ id: row.id, name: row.name, config: shown.config }) ?? null,
  };
}
