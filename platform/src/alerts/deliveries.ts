/** Deliveries in the state: which destinations an alert goes to, and what each attempt gave. */
import type { Transaction } from 'kysely';
import type { AlertType, DeliveryResult } from '../core/alert.ts';
import type { Severity } from '../core/detection.ts';
import { UserError } from '../core/errors.ts';
import type { State } from '../ports/state/state.ts';
import type { AlertsTable, DestinationsTable, Tables } from '../ports/state/tables.ts';
import { notification } from './life-cycle.ts';
import { type RoutableDestination, type Route, routeAlert } from './routing.ts';

/** One alert for one destination. */
export interface Delivery {
  readonly alertId: string;
  readonly destinationId: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  /** Undefined when the delivery was never recorded. */
  readonly idempotencyKey: string | undefined;
  /** Undefined when it was deleted. */
  readonly destination: DestinationsTable | undefined;
}

export interface Attempt {
  readonly result: DeliveryResult;
  readonly at: Date;
  readonly durationMs: number;
  /** No other attempt follows by itself. */
  readonly isLast: boolean;
}

/** Messages of attempts are cut to this many characters. */
const MAX_MESSAGE = 1_000;

export function idempotencyKey(alertId: string, destinationId: string): string {
  return `${alertId}-${destinationId}`;
}

export function findAlert(state: State, id: string): Promise<AlertsTable | undefined> {
  return state.db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function findDelivery(state: State, alertId: string, destinationId: string): Promise<Delivery> {
  const [row, destination] = await Promise.all([
    state.db
      .selectFrom('deliveries')
      .select(['status', 'idempotency_key'])
      .where('alert_id', '=', alertId)
      .where('destination_id', '=', destinationId)
      .executeTakeFirst(),
    state.db.selectFrom('destinations').selectAll().where('id', '=', destinationId).executeTakeFirst(),
  ]);
  const status = (row?.status ?? 'pending') as Delivery['status'];
  return { alertId, destinationId, status, idempotencyKey: row?.idempotency_key, destination };
}

/** Routes an alert and, with the same commit, owes the queue one message for each destination that is new to it. */
export function routeToDestinations(state: State, alert: AlertsTable, now: Date): Promise<Route> {
  return state.transaction(async (tx) => {
    const available = (await tx.selectFrom('destinations').selectAll().execute()).map(toRoutable);
    const route = routeAlert(toRoutableAlert(alert), available);
    for (const destinationId of route.destinationIds) {
      const added = await tx
        .insertInto('deliveries')
        .values(newDelivery(alert.id, destinationId))
        .onConflict((conflict) => conflict.columns(['alert_id', 'destination_id']).doNothing())
        .returning('alert_id')
        .executeTakeFirst();
      // Routed before: its message is on its way or done, and a second one would be a second delivery.
      if (added === undefined) continue;
      await tx
        .insertInto('outbox')
        .values(notification({ alertId: alert.id, destinationId }, now))
        .execute();
    }
    return route;
  });
}

function newDelivery(alertId: string, destinationId: string): Tables['deliveries'] {
  return {
    alert_id: alertId,
    destination_id: destinationId,
    status: 'pending',
    attempts: 0,
    idempotency_key: idempotencyKey(alertId, destinationId),
    last_attempt_at: null,
    delivered_at: null,
  };
}

export function toRoutable(row: DestinationsTable): RoutableDestination {
  return {
    id: row.id,
    name: row.name,
    enabled: row.enabled === 1,
    severities: JSON.parse(row.severities) as Severity[],
    alertTypes: JSON.parse(row.alert_types) as AlertType[],
  };
}

function toRoutableAlert(row: AlertsTable): Parameters<typeof routeAlert>[0] {
  return {
    type: row.type as AlertType,
    severity: row.severity as Severity,
    destinations: JSON.parse(row.destinations) as string[] | null,
    outputIds: JSON.parse(row.output_ids) as string[],
  };
}

/** Adds an attempt and moves the delivery's status along. */
export function recordAttempt(state: State, delivery: Delivery, attempt: Attempt): Promise<void> {
  const { alertId, destinationId } = delivery;
  const at = attempt.at.toISOString();
  const { success, statusCode, message } = attempt.result;
  return state.transaction(async (tx) => {
    await tx
      .insertInto('delivery_attempts')
      .values({
        alert_id: alertId,
        destination_id: destinationId,
        at,
        success: success ? 1 : 0,
        status_code: statusCode,
        message: message.slice(0, MAX_MESSAGE),
        duration_ms: Math.round(attempt.durationMs),
      })
      .execute();
    await updateDelivery(tx, delivery, attempt, at);
  });
}

async function updateDelivery(
  tx: Transaction<Tables>,
  delivery: Delivery,
  attempt: Attempt,
  at: string,
): Promise<void> {
  const { alertId, destinationId } = delivery;
  const status = attempt.result.success ? 'delivered' : attempt.isLast ? 'failed' : 'pending';
  const delivered_at = attempt.result.success ? at : null;
  await tx
    .insertInto('deliveries')
    .values({ ...newDelivery(alertId, destinationId), status, attempts: 1, last_attempt_at: at, delivered_at })
    .onConflict((conflict) =>
      conflict.columns(['alert_id', 'destination_id']).doUpdateSet((eb) => ({
        status,
        delivered_at,
        last_attempt_at: at,
        attempts: eb('deliveries.attempts', '+', 1),
      })),
    )
    .execute();
}

/**
 * Sends an alert to destinations (again), whatever became of earlier deliveries; receivers see a new idempotency key.
 * Call `relayOutbox` afterwards, so that it starts at once. Returns the number of deliveries.
 *
 * @throws UserError when the alert or a destination does not exist, or the destination is disabled.
 */
export function resendAlert(
  state: State,
  alertId: string,
  destinationIds: readonly string[],
  now: Date,
): Promise<number> {
  const ids = [...new Set(destinationIds)];
  return state.transaction(async (tx) => {
    const alert = await tx.selectFrom('alerts').select('id').where('id', '=', alertId).executeTakeFirst();
    if (alert === undefined) throw new UserError(`there is no alert ${alertId}`, { field: 'id' });
    for (const id of ids) await resendTo(tx, alertId, id, now);
    return ids.length;
  });
}

async function resendTo(tx: Transaction<Tables>, alertId: string, destinationId: string, now: Date): Promise<void> {
  const destination = await tx
    .selectFrom('destinations')
    .select(['name', 'enabled'])
    .where('id', '=', destinationId)
    .executeTakeFirst();
  const field = 'destinationIds';
  if (destination === undefined) throw new UserError(`there is no destination ${destinationId}`, { field });
  if (destination.enabled === 0) throw new UserError(`destination ${destination.name} is disabled`, { field });
  const earlier = await tx
    .selectFrom('deliveries')
    .select('attempts')
    .where('alert_id', '=', alertId)
    .where('destination_id', '=', destinationId)
    .executeTakeFirst();
  const key = `${idempotencyKey(alertId, destinationId)}-${earlier?.attempts ?? 0}`;
  const again = { status: 'pending', delivered_at: null, idempotency_key: key };
  await tx
    .insertInto('deliveries')
    .values({ ...newDelivery(alertId, destinationId), ...again })
    .onConflict((conflict) => conflict.columns(['alert_id', 'destination_id']).doUpdateSet(again))
    .execute();
  await tx
    .insertInto('outbox')
    .values(notification({ alertId, destinationId, isResent: true }, now))
    .execute();
}
