/** What the tests of alerting share: rules, results, and a real state and queue in a folder of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import type { RuleError, RuleInfo, RuleMatch } from '../core/detection.ts';
import type { Queue } from '../ports/queue.ts';
import { QUEUES } from '../ports/queue.ts';
import type { State } from '../ports/state/state.ts';
import { ALERTS_QUEUE } from './life-cycle.ts';

export function ruleInfo(change: Partial<RuleInfo> = {}): RuleInfo {
  return {
    id: 'R',
    version: 'v1',
    displayName: 'A rule',
    severity: 'MEDIUM',
    logTypes: ['T'],
    dedupPeriodMinutes: 60,
    threshold: 1,
    createAlert: true,
    description: 'rule description',
    reference: 'rule reference',
    runbook: 'rule runbook',
    tags: ['tag'],
    reports: {},
    outputIds: [],
    ...change,
  };
}

/** An event of a time, `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`. */
export function logEvent(at = '2026-01-02 03:00:00.000000000', logType = 'T') {
  return { p_log_type: logType, p_row_id: 'row', p_event_time: at, p_parse_time: at };
}

export function ruleMatch(change: Partial<RuleMatch> = {}): RuleMatch {
  return { kind: 'match', ruleId: 'R', ruleVersion: 'v1', event: logEvent(), dedup: 'd', severity: 'HIGH', ...change };
}

export const ruleError: RuleError = {
  kind: 'error',
  ruleId: 'R',
  ruleVersion: 'v1',
  event: logEvent(),
  dedup: 'KeyError',
  title: "KeyError('x')",
  message: "'x': R.py, line 3, in rule",
};

export interface Store {
  readonly state: State;
  readonly queue: Queue;
  /** Another connection to the same state. */
  openState(): State;
  close(): Promise<void>;
}

export async function openStore(now: () => Date = () => new Date()): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'panther-alerts-'));
  const path = join(folder, 'state.db');
  const state = openSqliteState(path);
  await state.migrate();
  const queue = await openSqliteQueue({ path: join(folder, 'queues.db'), clock: { now } });
  await queue.ensure(ALERTS_QUEUE, QUEUES[ALERTS_QUEUE]);
  const others: State[] = [];
  return {
    state,
    queue,
    openState() {
      const other = openSqliteState(path);
      others.push(other);
      return other;
    },
    async close() {
      await Promise.all([state, queue, ...others].map((resource) => resource.close()));
      await rm(folder, { recursive: true });
    },
  };
}
