/**
 * Consumes the alerts queue until told to stop. Each destination has a lane: a few deliveries at a time, a few waiting.
 * What does not fit into its lane goes back to the queue until its turn can have come, so that any number of alerts for
 * a destination that hangs takes neither memory nor time from the others.
 */
import type { QueueMessage } from '../ports/queue.ts';
import { QUEUES } from '../ports/queue.ts';
import { type DeliveryDeps, EARLIER_TRIES, handleAlertMessage, parseNotification, triesOf } from './delivery.ts';
import { ALERTS_QUEUE } from './life-cycle.ts';

export interface DeliveryOptions extends DeliveryDeps {
  /** Deliveries to one destination at the same time. */
  readonly concurrency: number;
}

interface Lane {
  active: number;
  readonly waiting: QueueMessage[];
  /** Of the last delivery; says how fast the lane moves. */
  lastDurationMs: number;
  /** When the next message that is put off should come back. */
  nextTurnAt: number;
}

const WAIT_MS = 20_000;
const VISIBILITY_MS = QUEUES[ALERTS_QUEUE].visibilityTimeoutMs;
/** Waiting in a lane, for each delivery that may be active. */
const WAITING_PER_ACTIVE = 4;
const MIN_DEFER_MS = 500;
/** A destination that works again should not have to wait for long. */
const MAX_DEFER_MS = 60_000;
const AFTER_FAILURE_MS = 1_000;

/** Runs until the signal aborts; then lets the deliveries in progress end, and gives back what waits. */
export async function runDelivery(options: DeliveryOptions, signal: AbortSignal): Promise<void> {
  const lanes = createLanes(options, signal);
  const heartbeat = setInterval(() => lanes.keepInvisible(), VISIBILITY_MS / 3);
  try {
    while (!signal.aborted) {
      const messages = await receive(options, signal);
      await Promise.all(messages.map((message) => lanes.add(message)));
    }
  } finally {
    await lanes.drain();
    clearInterval(heartbeat);
  }
}

async function receive(options: DeliveryOptions, signal: AbortSignal): Promise<readonly QueueMessage[]> {
  try {
    return await options.queue.receive(ALERTS_QUEUE, { maxMessages: 10, waitMs: WAIT_MS, signal });
  } catch (error) {
    options.log.error({ error }, 'alerts queue cannot be read; it is tried again');
    await new Promise((resolve) => setTimeout(resolve, AFTER_FAILURE_MS));
    return [];
  }
}

function createLanes(options: DeliveryOptions, signal: AbortSignal) {
  const lanes = new Map<string, Lane>();
  const held = new Set<QueueMessage>();
  const running = new Set<Promise<void>>();

  async function add(message: QueueMessage): Promise<void> {
    const { destinationId: name = '', alertId } = parseNotification(message.body) ?? { alertId: '' };
    const lane = lanes.get(name) ?? { active: 0, waiting: [], lastDurationMs: 0, nextTurnAt: 0 };
    lanes.set(name, lane);
    const isRepeat = held.values().some((other) => isSameDelivery(other, name, alertId));
    if (isRepeat) await putOff(lane, message);
    else if (lane.active < options.concurrency) start(name, lane, message);
    else if (lane.waiting.length < options.concurrency * WAITING_PER_ACTIVE) hold(lane, message);
    else await putOff(lane, message);
  }

  function putOff(lane: Lane, message: QueueMessage): Promise<void> {
    return defer(lane, message, options).catch((error) => lost(error, 'alert could not be put off'));
  }

  function hold(lane: Lane, message: QueueMessage): void {
    held.add(message);
    lane.waiting.push(message);
  }

  function start(name: string, lane: Lane, message: QueueMessage): void {
    held.add(message);
    lane.active++;
    const run = work(name, lane, message).finally(() => running.delete(run));
    running.add(run);
  }

  async function work(name: string, lane: Lane, message: QueueMessage): Promise<void> {
    const started = performance.now();
    // The message comes back by itself when its visibility ends, so nothing is lost by going on.
    await handleAlertMessage(message, options).catch((error) => lost(error, 'alert message could not be settled'));
    lane.lastDurationMs = performance.now() - started;
    held.delete(message);
    lane.active--;
    const next = signal.aborted ? undefined : lane.waiting.shift();
    if (next !== undefined) start(name, lane, next);
    else if (lane.active === 0 && lane.waiting.length === 0) lanes.delete(name);
  }

  function lost(error: unknown, message: string): void {
    options.log.error({ error }, message);
  }

  function keepInvisible(): void {
    for (const { receipt } of held) {
      options.queue.extend(ALERTS_QUEUE, receipt, VISIBILITY_MS).catch((error) => lost(error, 'lease not extended'));
    }
  }

  /** Those that wait go back as new messages: a stop is not an attempt. */
  async function drain(): Promise<void> {
    const back = [...lanes.values()].flatMap((lane) => lane.waiting.splice(0).map((message) => putOff(lane, message)));
    await Promise.allSettled([...back, ...running]);
  }

  return { add, keepInvisible, drain };
}

/** The queue may give a message twice; two attempts at once would both find that nothing is delivered yet. */
function isSameDelivery(message: QueueMessage, destinationId: string, alertId: string): boolean {
  const other = parseNotification(message.body);
  return other !== undefined && other.alertId === alertId && (other.destinationId ?? '') === destinationId;
}

/** Puts a message back as a new one, so that having had to wait does not count as an attempt. */
async function defer(lane: Lane, message: QueueMessage, options: DeliveryOptions): Promise<void> {
  const now = options.clock.now().getTime();
  const turnMs = Math.max(lane.lastDurationMs, 1) / options.concurrency;
  lane.nextTurnAt = Math.max(lane.nextTurnAt + turnMs, now + MIN_DEFER_MS);
  const delayMs = Math.round(Math.min(lane.nextTurnAt - now, MAX_DEFER_MS));
  const attributes = { ...message.attributes, [EARLIER_TRIES]: String(triesOf(message) - 1) };
  const refused = await options.queue.send(ALERTS_QUEUE, [{ body: message.body, attributes, delayMs }]);
  if (refused.length === 0) await options.queue.delete(ALERTS_QUEUE, [message.receipt]);
}
