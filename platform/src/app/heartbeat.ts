/**
 * Is it still working? Every few minutes a record is sent on the way that all logs take, and its match is waited for.
 * When it does not come, the health page says so and an alert goes to the destinations: the one failure that would
 * otherwise be noticed by nobody.
 */
import { randomBytes } from 'node:crypto';
import { commitAlerts, resolveAlerts } from '../alerts/life-cycle.ts';
import type { RuleError, RuleInfo } from '../core/detection.ts';
import { BUCKETS } from '../ports/buckets.ts';
import { INPUT_QUEUE } from '../ports/queue.ts';
import type { MaintenanceTask } from './maintenance.ts';
import type { Runtime } from './runtime.ts';
import type { Component } from './system.ts';

const SOURCE = { id: 'panther-heartbeat', name: 'Panther heartbeat', logTypes: ['Panther.Heartbeat'] };
const RULE_ID = 'Panther.Heartbeat';

const RULE: RuleInfo = {
  id: RULE_ID,
  version: '1',
  displayName: 'Panther heartbeat',
  severity: 'HIGH',
  logTypes: SOURCE.logTypes,
  dedupPeriodMinutes: 60,
  threshold: 1,
  createAlert: true,
  description: '',
  reference: '',
  runbook: 'Open the health page: look at the log processor, the dead-letter queues and the free disk space.',
  tags: [],
  reports: {},
  outputIds: [],
};

export interface Heartbeat {
  readonly task: MaintenanceTask;
  readonly component: Component;
}

export interface HeartbeatOptions {
  readonly everyMs: number;
  /** A beat that has no match after this is missing. */
  readonly timeoutMs: number;
}

export function createHeartbeat(runtime: Runtime, { everyMs, timeoutMs }: HeartbeatOptions): Heartbeat {
  let status: ReturnType<Component['state']> = { status: 'ok', message: '' };

  async function beat(signal: AbortSignal): Promise<void> {
    await ensureSource(runtime);
    const sentAt = runtime.clock.now();
    await send(runtime, sentAt);
    const tookMs = await waitForMatch(runtime, sentAt, timeoutMs, signal);
    if (signal.aborted) return;
    if (tookMs === undefined) {
      status = { status: 'failed', message: `a test record sent at ${sentAt.toISOString()} did not become a match` };
      runtime.adapters.metrics.count('heartbeats_missed', 1);
      await raise(runtime, sentAt, timeoutMs);
    } else {
      status = { status: 'ok', message: '' };
      runtime.adapters.metrics.observe('heartbeat_latency', tookMs, {}, 'ms');
    }
  }

  return { task: { name: 'heartbeat', everyMs, run: beat }, component: { name: 'heartbeat', state: () => status } };
}

async function ensureSource({ adapters, clock }: Runtime): Promise<void> {
  const now = clock.now().toISOString();
  await adapters.state.db
    .insertInto('sources')
    .values({
      id: SOURCE.id,
      name: SOURCE.name,
      type: 'http',
      log_types: JSON.stringify(SOURCE.logTypes),
      config: '{}',
      secrets: '',
      enabled: 1,
      created_at: now,
      updated_at: now,
      last_event_at: null,
      health: 'healthy',
      health_message: '',
      received: 0,
      stored: 0,
      quarantined: 0,
      rejected: 0,
      events: 0,
      bytes: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function send({ adapters }: Runtime, sentAt: Date): Promise<void> {
  const id = randomBytes(8).toString('hex');
  const body = Buffer.from(JSON.stringify({ id, sentAt: sentAt.toISOString() }));
  const key = `heartbeat/${id}.json`;
  const info = await adapters.objects.put(BUCKETS.inputData, key, body);
  if (info === undefined) return;
  const object = { sourceId: SOURCE.id, bucket: BUCKETS.inputData, key, sizeBytes: body.length, version: info.version };
  await adapters.queue.send(INPUT_QUEUE, [{ body: JSON.stringify(object) }]);
}

const POLL_MS = 250;

/** Looks for the match's row in the catalog: it is there from the commit on. Undefined when the time is over. */
async function waitForMatch(
  { adapters, clock }: Runtime,
  sentAt: Date,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const startedAt = performance.now();
  while (!signal.aborted && performance.now() - startedAt < timeoutMs) {
    const row = await adapters.state.db
      .selectFrom('lake_files')
      .select('object_key')
      .where('database', '=', 'panther_rule_matches')
      .where('table_name', '=', 'panther_heartbeat')
      .where('created_at', '>=', sentAt.toISOString())
      .where('status', '=', 'live')
      .executeTakeFirst();
    if (row !== undefined) return clock.now().getTime() - sentAt.getTime();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return undefined;
}

async function raise({ adapters, clock }: Runtime, sentAt: Date, timeoutMs: number): Promise<void> {
  const time = sentAt.toISOString().replace('T', ' ').replace('Z', '000000');
  const result: RuleError = {
    kind: 'error',
    ruleId: RULE_ID,
    ruleVersion: RULE.version,
    event: { p_log_type: 'Panther.Heartbeat', p_row_id: '', p_event_time: time, p_parse_time: time },
    dedup: 'missing',
    title: 'Panther does not turn logs into alerts',
    message: `A test record did not become a match within ${timeoutMs / 1_000} s. Logs are kept, but not evaluated.`,
  };
  const resolution = await resolveAlerts(adapters.state, [result], new Map([[RULE_ID, RULE]]), clock.now());
  await adapters.state.transaction((tx) => commitAlerts(tx, resolution));
}
