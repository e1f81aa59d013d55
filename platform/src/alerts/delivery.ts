/**
 * One step of alert delivery: an alert is routed into one message per destination, and each such message is one
 * delivery with its own retries, so that a slow destination neither delays nor repeats what goes to another.
 */
import { z } from 'zod';
import type { DeliverableAlert, DeliveryResult } from '../core/alert.ts';
import { ExternalError, errorMessage, UserError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import { QUEUES, type Queue, type QueueMessage } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { AlertsTable, DestinationsTable } from '../ports/state/tables.ts';
import { retryDelayMs } from './backoff.ts';
import { deliverableAlert } from './deliverable.ts';
import {
  type Delivery,
  findAlert,
  findDelivery,
  idempotencyKey,
  recordAttempt,
  routeToDestinations,
} from './deliveries.ts';
import { ALERTS_QUEUE } from './life-cycle.ts';
import { relayOutbox } from './outbox.ts';

export interface AttemptContext {
  /** The same for every attempt of a delivery; receivers use it to drop repeats. */
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Hands an alert to one destination; the application opens its secrets and calls its unit. */
export type Deliver = (
  destination: DestinationsTable,
  alert: DeliverableAlert,
  context: AttemptContext,
) => Promise<DeliveryResult>;

export interface DeliveryDeps {
  readonly state: State;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** In [0, 1). */
  random(): number;
  /** Address of the console, for links. */
  readonly consoleUrl: string;
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly deliver: Deliver;
}

/** Of a message: attempts that were made under earlier messages, before the delivery was put off. */
export const EARLIER_TRIES = 'earlierTries';

const MAX_TRIES = QUEUES[ALERTS_QUEUE].maxReceiveCount;

const notificationSchema = z.object({
  alertId: z.string().min(1),
  destinationId: z.string().min(1).optional(),
  isResent: z.boolean().optional(),
});

export type Notification = z.infer<typeof notificationSchema>;

/** The notification in a message; undefined when it is not one. */
export function parseNotification(body: string): Notification | undefined {
  try {
    return notificationSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** How often a delivery has been tried, this time included. */
export function triesOf(message: QueueMessage): number {
  return message.receiveCount + Number(message.attributes[EARLIER_TRIES] ?? 0);
}

/** Handles one message of the alerts queue to its end: deleted, given back for a later attempt, or dead-lettered. */
export async function handleAlertMessage(message: QueueMessage, deps: DeliveryDeps): Promise<void> {
  const body = parseNotification(message.body);
  if (body === undefined) return deps.queue.reject(ALERTS_QUEUE, message.receipt, 'not an alert notification');
  try {
    const alert = await findAlert(deps.state, body.alertId);
    if (alert === undefined) return await acknowledge(message, deps);
    if (body.destinationId === undefined) await route(alert, message, deps);
    else await attemptDelivery(alert, body.destinationId, body.isResent ?? false, message, deps);
  } catch (error) {
    deps.log.error({ alert: body.alertId, destination: body.destinationId, error }, 'alert message failed');
    await giveBack(message, deps, { message: errorMessage(error) });
  }
}

function acknowledge(message: QueueMessage, deps: DeliveryDeps): Promise<void> {
  return deps.queue.delete(ALERTS_QUEUE, [message.receipt]);
}

async function giveBack(
  message: QueueMessage,
  deps: DeliveryDeps,
  failure: Pick<DeliveryResult, 'message' | 'retryAfterMs'>,
): Promise<void> {
  const delayMs = retryDelayMs(triesOf(message), failure, deps.random());
  await deps.queue.release(ALERTS_QUEUE, message.receipt, { error: failure.message, delayMs });
}

async function route(alert: AlertsTable, message: QueueMessage, deps: DeliveryDeps): Promise<void> {
  const { destinationIds, unknown } = await routeToDestinations(deps.state, alert, deps.clock.now());
  if (unknown.length > 0) deps.log.warn({ rule: alert.rule_id, unknown }, 'rule names destinations that do not exist');
  if (destinationIds.length === 0) deps.metrics.count('alerts_without_destination', 1, { severity: alert.severity });
  await relayOutbox(deps);
  await acknowledge(message, deps);
}

async function attemptDelivery(
  alert: AlertsTable,
  destinationId: string,
  isResent: boolean,
  message: QueueMessage,
  deps: DeliveryDeps,
): Promise<void> {
  const delivery = await findDelivery(deps.state, alert.id, destinationId);
  if (delivery.status === 'delivered') return acknowledge(message, deps);
  if (delivery.destination === undefined) return abandon(delivery, message, deps);
  const started = performance.now();
  const at = deps.clock.now();
  const result = await tryDelivery(alert, delivery, delivery.destination, isResent, deps);
  const durationMs = performance.now() - started;
  const isLast = !result.success && (!result.retryable || triesOf(message) >= MAX_TRIES);
  await recordAttempt(deps.state, delivery, { result, at, durationMs, isLast });
  report(alert, delivery.destination, result, durationMs, deps);
  if (result.success) return acknowledge(message, deps);
  if (!isLast) return giveBack(message, deps, result);
  await deps.queue.reject(ALERTS_QUEUE, message.receipt, result.message);
}

/** The destination was deleted: there is nobody to give the alert to, now or later. */
async function abandon(delivery: Delivery, message: QueueMessage, deps: DeliveryDeps): Promise<void> {
  const result = { success: false, statusCode: 0, message: 'the destination was deleted', retryable: false };
  await recordAttempt(deps.state, delivery, { result, at: deps.clock.now(), durationMs: 0, isLast: true });
  await acknowledge(message, deps);
}

async function tryDelivery(
  alert: AlertsTable,
  delivery: Delivery,
  destination: DestinationsTable,
  isResent: boolean,
  deps: DeliveryDeps,
): Promise<DeliveryResult> {
  if (destination.enabled === 0) return failure('the destination is disabled', false);
  const key = delivery.idempotencyKey ?? idempotencyKey(alert.id, destination.id);
  return callDestination(destination, deliverableAlert(alert, deps.consoleUrl, isResent), key, deps);
}

/** Gives a destination an alert and waits for no longer than the timeout, even if its unit ignores the signal. */
export async function callDestination(
  destination: DestinationsTable,
  alert: DeliverableAlert,
  key: string,
  deps: Pick<DeliveryDeps, 'deliver' | 'timeoutMs' | 'log'>,
): Promise<DeliveryResult> {
  const { timeoutMs } = deps;
  const abort = new AbortController();
  const { promise: timeout, resolve } = Promise.withResolvers<DeliveryResult>();
  const timer = setTimeout(() => {
    resolve(failure(`no answer within ${timeoutMs / 1_000} s`, true));
    abort.abort();
  }, timeoutMs);
  try {
    const context = { idempotencyKey: key, timeoutMs, signal: abort.signal };
    return await Promise.race([deps.deliver(destination, alert, context), timeout]);
  } catch (error) {
    const isBug = !(error instanceof ExternalError || error instanceof UserError);
    if (isBug) deps.log.error({ destination: destination.name, error }, 'destination failed unexpectedly');
    return failure(errorMessage(error), isBug || (error instanceof ExternalError && error.retryable));
  } finally {
    clearTimeout(timer);
  }
}

function failure(message: string, retryable: boolean): DeliveryResult {
  return { success: false, statusCode: 0, message, retryable };
}

function report(
  alert: AlertsTable,
  destination: DestinationsTable,
  result: DeliveryResult,
  durationMs: number,
  deps: DeliveryDeps,
): void {
  const dimensions = { destination: destination.name };
  deps.metrics.count(result.success ? 'deliveries_succeeded' : 'deliveries_failed', 1, dimensions);
  deps.metrics.observe('delivery_duration', durationMs, dimensions, 'ms');
  const sinceAlert = deps.clock.now().getTime() - Date.parse(alert.created_at);
  if (result.success) deps.metrics.observe('delivery_latency', Math.max(0, sinceAlert), dimensions, 'ms');
  if (result.success) return;
  const fields = { alert: alert.id, destination: destination.name, status: result.statusCode, reason: result.message };
  deps.log.warn(fields, 'alert was not delivered');
}
