/** Destinations of alerts. */
import { ALERT_TYPES, type AlertType } from '../../core/alert.ts';
import type { Severity } from '../../core/detection.ts';
import type { DestinationsTable } from '../../ports/state/tables.ts';
import { randomId } from '../auth/tokens.ts';
import type { Destination, destinationRoutes } from '../contract/destinations.ts';
import type { ApiDeps } from '../deps.ts';
import { conflict, notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { keepSecrets, requireType, showConfig, storeConfig, toUnitType } from './units.ts';

export const destinationHandlers: Handlers<typeof destinationRoutes> = {
  async listDestinationTypes({ deps }) {
    return { items: deps.destinationTypes.map(toUnitType) };
  },
  async listDestinations({ deps }) {
    const rows = await deps.state.db.selectFrom('destinations').selectAll().orderBy('name').orderBy('id').execute();
    return { items: await toDestinations(deps, rows) };
  },
  async createDestination({ deps, body, audit }) {
    const unit = requireType(deps.destinationTypes, body.type);
    const id = randomId(deps.randomBytes);
    audit.target = id;
    const at = deps.clock.now().toISOString();
    const row: DestinationsTable = {
      id,
      name: body.name,
      type: unit.id,
      ...(await storeConfig(deps.secrets, unit, body.config, `destination:${id}`)),
      severities: JSON.stringify(body.severities ?? []),
      alert_types: JSON.stringify(body.alertTypes?.length ? body.alertTypes : ALERT_TYPES),
      enabled: body.enabled === false ? 0 : 1,
      created_at: at,
      updated_at: at,
    };
    await save(deps, row, true);
    return toDestination(deps, row);
  },
  async getDestination({ deps, params }) {
    return toDestination(deps, await requireDestination(deps, params.id));
  },
  async updateDestination({ deps, params, body }) {
    const before = await requireDestination(deps, params.id);
    const row: DestinationsTable = {
      ...before,
      ...(body.config !== undefined && (await changedConfig(deps, before, body.config))),
      name: body.name ?? before.name,
      severities: body.severities === undefined ? before.severities : JSON.stringify(body.severities),
      alert_types: body.alertTypes?.length ? JSON.stringify(body.alertTypes) : before.alert_types,
      enabled: body.enabled === undefined ? before.enabled : body.enabled ? 1 : 0,
      updated_at: deps.clock.now().toISOString(),
    };
    await save(deps, row, false);
    return toDestination(deps, row);
  },
  async deleteDestination({ deps, params }) {
    await deps.state.db.deleteFrom('destinations').where('id', '=', params.id).execute();
    return undefined;
  },
  async testDestination({ deps, params }) {
    const { success, statusCode, message, durationMs } = await deps.sendTestAlert(
      await requireDestination(deps, params.id),
    );
    return { success, statusCode, message, durationMs };
  },
};

async function requireDestination({ state }: ApiDeps, id: string): Promise<DestinationsTable> {
  const row = await state.db.selectFrom('destinations').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('destination', id);
  return row;
}

async function changedConfig(deps: ApiDeps, before: DestinationsTable, config: Record<string, unknown>) {
  const unit = requireType(deps.destinationTypes, before.type);
  const context = `destination:${before.id}`;
  const complete = await keepSecrets(deps.secrets, unit, config, before, context);
  return storeConfig(deps.secrets, unit, complete, context);
}

/** Rules may name a destination, so names are unique, ignoring case. */
async function save({ state }: ApiDeps, row: DestinationsTable, isNew: boolean): Promise<void> {
  await state.transaction(async (tx) => {
    const same = await tx
      .selectFrom('destinations')
      .select('id')
      .where((eb) => eb(eb.fn('lower', ['name']), '=', row.name.toLowerCase()))
      .where('id', '!=', row.id)
      .executeTakeFirst();
    if (same !== undefined) throw conflict(`there is a destination called ${row.name} already`, 'name');
    if (isNew) await tx.insertInto('destinations').values(row).execute();
    else await tx.updateTable('destinations').set(row).where('id', '=', row.id).execute();
  });
}

async function toDestination(deps: ApiDeps, row: DestinationsTable): Promise<Destination> {
  const [item] = await toDestinations(deps, [row]);
  if (item === undefined) throw new Error(`destination ${row.id} is not shown`);
  return item;
}

async function toDestinations(deps: ApiDeps, rows: readonly DestinationsTable[]): Promise<Destination[]> {
  const attempts = await recentAttempts(deps);
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      name: row.name,
      type: row.type,
      ...(await showConfig(deps.secrets, row, `destination:${row.id}`)),
      severities: JSON.parse(row.severities) as Severity[],
      alertTypes: JSON.parse(row.alert_types) as AlertType[],
      enabled: row.enabled === 1,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      last24Hours: { delivered: attempts(row.id, 1), failed: attempts(row.id, 0) },
    })),
  );
}

async function recentAttempts({ state, clock }: ApiDeps): Promise<(id: string, success: 0 | 1) => number> {
  const since = new Date(clock.now().getTime() - 86_400_000).toISOString();
  const rows = await state.db
    .selectFrom('delivery_attempts')
    .select(['destination_id', 'success', (eb) => eb.fn.countAll().as('n')])
    .where('at', '>=', since)
    .groupBy(['destination_id', 'success'])
    .execute();
  return (id, success) => Number(rows.find((row) => row.destination_id === id && row.success === success)?.n ?? 0);
}
