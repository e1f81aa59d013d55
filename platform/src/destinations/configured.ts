/** Destinations as they are configured: their secrets sealed in the state, opened for a delivery. */
import type { DeliverableAlert, DeliveryResult } from '../core/alert.ts';
import { UserError } from '../core/errors.ts';
import type { UnitConfig } from '../core/unit-config.ts';
import type { HttpClient } from '../ports/http-client.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { DestinationsTable } from '../ports/state/tables.ts';
import type { Destination, DestinationContext } from './destination.ts';
import { DESTINATIONS } from './index.ts';

/** @throws UserError when there is no such type of destination. */
export function findDestinationType(id: string): Destination {
  const found = DESTINATIONS.find((destination) => destination.id === id);
  if (found !== undefined) return found;
  const known = DESTINATIONS.map((destination) => destination.id).join(', ');
  throw new UserError(`there is no destination of type "${id}"; there are: ${known}`, { field: 'type' });
}

/** What the column `secrets` holds for a destination. */
export function sealDestinationSecrets(secrets: Secrets, id: string, values: UnitConfig): Promise<string> {
  return secrets.seal(JSON.stringify(values), `destination:${id}`);
}

export async function openDestinationSecrets(secrets: Secrets, id: string, sealed: string): Promise<UnitConfig> {
  if (sealed === '') return {};
  return JSON.parse(await secrets.open(sealed, `destination:${id}`)) as UnitConfig;
}

/** The function that alert delivery calls: finds a row's unit, opens its configuration, delivers. */
export function createDeliver(deps: { readonly secrets: Secrets; readonly http: HttpClient }) {
  return async function deliver(
    row: DestinationsTable,
    alert: DeliverableAlert,
    context: Omit<DestinationContext, 'http'>,
  ): Promise<DeliveryResult> {
    const unit = findDestinationType(row.type);
    const opened = await openDestinationSecrets(deps.secrets, row.id, row.secrets);
    const config = unit.config.safeParse({ ...(JSON.parse(row.config) as UnitConfig), ...opened });
    if (config.success) return unit.deliver(alert, config.data, { ...context, http: deps.http });
    const fields = config.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new UserError(`destination ${row.name} is not configured correctly: ${fields}`, { field: 'config' });
  };
}
