/**
 * Consumes `panther-input-data-notifications-queue`: each message names an input object, the unit of work.
 *
 * A message is deleted only after one state transaction has made its unit's effects durable (events in the lake,
 * matches, alerts, kept records, counts). A unit that is already committed is skipped, so a repeat changes nothing.
 * Small objects share a commit; when one of them fails, each is tried alone, so that it cannot hold up the others.
 *
 * This file is long because the way of a message, from the queue to its commit, is read as one.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { ExternalError, errorMessage, UserError } from '../core/errors.ts';
import type { LogEvent } from '../core/event.ts';
import { unitId } from '../core/ids.ts';
import type { InputObject } from '../core/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import { INPUT_QUEUE, type Queue, type QueueMessage } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import { resolveAnnounced } from './announced.ts';
import { type Announced, type AnnouncedObject, parseNotification } from './notifications.ts';
import type { EventSink } from './process-unit.ts';
import { MAX_UNFIT_ROWS, type UnfitReasons, UnfitRows } from './unfit-rows.ts';
import {
  type CommittedUnit,
  commitUnits,
  type Effects,
  type ProcessorSource,
  type Unit,
  type UnitOutcome,
} from './unit-commit.ts';

export interface LogProcessorDeps {
  readonly queue: Queue;
  readonly state: State;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** How long a received message stays unseen by others unless it is renewed; 15 minutes without it. */
  readonly visibilityMs?: number;
  /** Random text that tells two attempts at the same units apart. */
  nonce(): string;
  findSource(id: string): Promise<ProcessorSource | undefined>;
  /** The input object of one that its store has announced, or why there is none. */
  claim(object: AnnouncedObject): Promise<InputObject | string>;
  /** Undefined when the object does not exist any more. */
  open(object: InputObject, source: ProcessorSource): Promise<Readable | undefined>;
  /** Streams one object through parsing. */
  process(unit: Unit, input: Readable, sink: EventSink, signal: AbortSignal): Promise<UnitOutcome>;
  createEffects(commitId: string): Promise<Effects>;
  /** Called after the commit: queue relays, deletion of spool objects. */
  afterCommit(units: readonly CommittedUnit[]): Promise<void>;
  /** Why no work can be taken now (disk full), if so. */
  blocked(): Promise<string | undefined>;
}

interface Work extends Unit {
  readonly message: QueueMessage;
}

/** Objects up to this size share a commit, up to this much together. */
const SMALL_BYTES = 8 * 1024 * 1024;
const GROUP_BYTES = 32 * 1024 * 1024;
const GROUP_MESSAGES = 100;
const VISIBILITY_MS = 900_000;

const inputObjectSchema = z.object({
  sourceId: z.string().min(1),
  bucket: z.string().min(1),
  key: z.string().min(1),
  sizeBytes: z.number().int().min(-1),
  version: z.string(),
  range: z.object({ start: z.number().int().nonnegative(), end: z.number().int().nonnegative() }).optional(),
});

/** Runs until the signal aborts; finishes the commit in progress first. */
export async function runLogProcessor(deps: LogProcessorDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const reason = await deps.blocked();
    if (reason !== undefined) {
      deps.log.error({ reason }, 'log processing is paused');
      await pause(5_000, signal);
      continue;
    }
    const messages = await receiveMessages(deps, signal);
    if (messages.length > 0) await processMessages(deps, messages, signal);
  }
}

async function receiveMessages(deps: LogProcessorDeps, signal: AbortSignal): Promise<readonly QueueMessage[]> {
  const messages = [...(await deps.queue.receive(INPUT_QUEUE, { maxMessages: 10, waitMs: 10_000, signal }))];
  while (messages.length > 0 && messages.length < GROUP_MESSAGES) {
    const more = await deps.queue.receive(INPUT_QUEUE, { maxMessages: 10, waitMs: 0, signal });
    if (more.length === 0) break;
    messages.push(...more);
  }
  return messages;
}

/** One round: every message ends up deleted, given back with a reason, or in the dead-letter queue. */
export async function processMessages(
  deps: LogProcessorDeps,
  messages: readonly QueueMessage[],
  signal: AbortSignal,
): Promise<void> {
  const visibilityMs = deps.visibilityMs ?? VISIBILITY_MS;
  const heartbeat = setInterval(() => {
    for (const { receipt } of messages) deps.queue.extend(INPUT_QUEUE, receipt, visibilityMs).catch(() => {});
  }, visibilityMs / 3);
  try {
    const works = await admit(deps, messages);
    for (const group of inGroups(works)) await processGroup(deps, group, signal);
  } finally {
    clearInterval(heartbeat);
  }
}

/** Turns messages into work; what can never be work goes to the dead-letter queue, what is done is deleted. */
async function admit(deps: LogProcessorDeps, messages: readonly QueueMessage[]): Promise<readonly Work[]> {
  const works: Work[] = [];
  const seen = new Set<string>();
  for (const message of messages) {
    const work = await toWork(deps, message);
    if (work === undefined) continue;
    if (typeof work === 'string') {
      await reject(deps, message, work);
    } else if (seen.has(work.id) || (await isCommitted(deps.state, work.id))) {
      await deps.queue.delete(INPUT_QUEUE, [message.receipt]);
    } else {
      seen.add(work.id);
      works.push(work);
    }
  }
  return works;
}

/** Undefined for a message that is dealt with; the reason for one that cannot be work. */
async function toWork(deps: LogProcessorDeps, message: QueueMessage): Promise<Work | string | undefined> {
  const announced = parseNotification(message.body);
  const object =
    announced === undefined ? parseInputObject(message.body) : await announcedObject(deps, message, announced);
  if (typeof object !== 'object') return object;
  const source = await deps.findSource(object.sourceId);
  if (source === undefined) return `source ${object.sourceId} does not exist any more`;
  return { id: unitId(object), object, source, message };
}

/** Undefined for a message that is dealt with. */
async function announcedObject(
  deps: LogProcessorDeps,
  message: QueueMessage,
  announced: Announced,
): Promise<InputObject | string | undefined> {
  try {
    return await resolveAnnounced(deps, message, announced);
  } catch (error) {
    if (isPermanent(error)) return errorMessage(error);
    await release(deps, message, errorMessage(error));
    return undefined;
  }
}

function parseInputObject(body: string): InputObject | string {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'the message is not JSON';
  }
  const parsed = inputObjectSchema.safeParse(json);
  if (!parsed.success) return `the message is not an input object: ${z.prettifyError(parsed.error)}`;
  const { range, ...rest } = parsed.data;
  return range === undefined ? rest : { ...rest, range };
}

async function isCommitted(state: State, id: string): Promise<boolean> {
  return (await state.db.selectFrom('units').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

function inGroups(works: readonly Work[]): readonly (readonly Work[])[] {
  const groups: Work[][] = [];
  let small: Work[] = [];
  let bytes = 0;
  for (const work of works) {
    const { sizeBytes } = work.object;
    if (sizeBytes < 0 || sizeBytes > SMALL_BYTES) {
      groups.push([work]);
      continue;
    }
    if (bytes + sizeBytes > GROUP_BYTES) {
      groups.push(small);
      [small, bytes] = [[], 0];
    }
    small.push(work);
    bytes += sizeBytes;
  }
  return small.length > 0 ? [small, ...groups] : groups;
}

async function processGroup(deps: LogProcessorDeps, group: readonly Work[], signal: AbortSignal): Promise<void> {
  try {
    await commitFitting(deps, group, signal);
  } catch (error) {
    // Not the message's fault: it stays in flight, and comes back by recovery at the next start or by its time-out.
    if (signal.aborted) return;
    const [only] = group;
    if (group.length === 1 && only !== undefined) return fail(deps, only, error);
    for (const work of group) await processGroup(deps, [work], signal);
  }
}

/** Once more without the rows that turned out not to fit their tables. */
async function commitFitting(
  deps: LogProcessorDeps,
  group: readonly Work[],
  signal: AbortSignal,
  unfit: UnfitReasons = new Map(),
): Promise<void> {
  try {
    await commitGroup(deps, group, unfit, signal);
  } catch (error) {
    if (!(error instanceof UnfitRows)) throw error;
    const all = new Map([...unfit, ...error.reasons]);
    if (all.size === unfit.size || all.size > MAX_UNFIT_ROWS) throw error;
    deps.log.warn({ rows: error.reasons.size, reason: error.message }, 'rows do not fit; their records are kept');
    await commitFitting(deps, group, signal, all);
  }
}

async function commitGroup(
  deps: LogProcessorDeps,
  group: readonly Work[],
  unfit: UnfitReasons,
  signal: AbortSignal,
): Promise<void> {
  const commitId = `${hashOf(group.map((work) => work.id))}-${deps.nonce()}`;
  const effects = await deps.createEffects(commitId);
  const startedAt = performance.now();
  try {
    const units: CommittedUnit[] = [];
    const sink = sinkOf(effects, unfit);
    for (const work of group) units.push({ ...work, outcome: await processUnit(deps, work, sink, signal) });
    await commitUnits(deps.state, { id: commitId, units, effects }, () => deps.clock.now());
    effects.committed();
    emitMetrics(deps.metrics, units, performance.now() - startedAt);
    await deps.queue.delete(
      INPUT_QUEUE,
      group.map((work) => work.message.receipt),
    );
    await deps.afterCommit(units);
  } catch (error) {
    await effects.abort();
    throw error;
  } finally {
    await effects.close();
  }
}

function sinkOf(effects: Effects, unfit: UnfitReasons): EventSink {
  const sink = { take: (event: LogEvent) => effects.take(event), pressure: () => effects.pressure() };
  return unfit.size === 0 ? sink : { ...sink, unfit: (rowId) => unfit.get(rowId) };
}

async function processUnit(
  deps: LogProcessorDeps,
  unit: Unit,
  sink: EventSink,
  signal: AbortSignal,
): Promise<UnitOutcome> {
  const input = await deps.open(unit.object, unit.source);
  if (input === undefined) {
    throw new UserError(`${unit.object.key} does not exist any more: put it back, then redrive the message`);
  }
  try {
    return await deps.process(unit, input, sink, signal);
  } finally {
    input.destroy();
  }
}

function emitMetrics(metrics: Metrics, units: readonly CommittedUnit[], elapsedMs: number): void {
  for (const { source, outcome } of units) {
    const dimensions = { source: source.name };
    metrics.count('received_records', outcome.counts.received, dimensions);
    metrics.count('stored_records', outcome.counts.stored, dimensions);
    metrics.count('quarantined_records', outcome.counts.quarantined, dimensions);
    metrics.count('rejected_records', outcome.counts.rejected, dimensions);
    metrics.count('input_bytes', outcome.counts.bytes, dimensions, 'bytes');
  }
  metrics.count('input_objects', units.length);
  metrics.observe('commit_duration', elapsedMs, {}, 'ms');
}

/** A failure that a later attempt cannot mend goes to the dead-letter queue at once, with its reason. */
async function fail(deps: LogProcessorDeps, work: Work, error: unknown): Promise<void> {
  if (await isCommitted(deps.state, work.id)) return deps.queue.delete(INPUT_QUEUE, [work.message.receipt]);
  const reason = errorMessage(error);
  deps.metrics.count('failed_objects', 1, { source: work.source.name });
  deps.log.error({ source: work.source.name, key: work.object.key, error }, 'input object failed');
  if (isPermanent(error)) return reject(deps, work.message, reason);
  await release(deps, work.message, reason);
}

function isPermanent(error: unknown): boolean {
  return error instanceof UserError || (error instanceof ExternalError && !error.retryable);
}

async function release({ queue }: LogProcessorDeps, message: QueueMessage, reason: string): Promise<void> {
  const delayMs = Math.min(5_000 * 2 ** (message.receiveCount - 1), 300_000);
  await queue.release(INPUT_QUEUE, message.receipt, { error: reason, delayMs });
}

async function reject(deps: LogProcessorDeps, message: QueueMessage, reason: string): Promise<void> {
  deps.log.warn({ reason }, 'message moved to the dead-letter queue');
  await deps.queue.reject(INPUT_QUEUE, message.receipt, reason);
}

function hashOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.toSorted().join('\n')).digest('hex').slice(0, 24);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
