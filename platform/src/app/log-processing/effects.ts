/**
 * The effects of a commit of the log processor: events become rows of the lake and candidates of detections, their
 * results become match rows and alerts. The only place where lake, detections and alerts meet.
 */
import { join } from 'node:path';
import type { Transaction } from 'kysely';
import { type AlertGroups, type GroupDecision, groupKey, groupResults } from '../../alerts/grouping.ts';
import { AlertConflict, type AlertResolution, commitAlerts, resolveGroups } from '../../alerts/life-cycle.ts';
import type { RuleInfo, RuleResult } from '../../core/detection.ts';
import type { LogEvent } from '../../core/event.ts';
import type { LakeTable } from '../../core/table.ts';
import { hourOf, type LakeFile } from '../../lake/layout.ts';
import { createMatchSpool, type MatchRow } from '../../lake/match-spool.ts';
import type { RefusedRow } from '../../lake/part.ts';
import type { LakeWriter } from '../../lake/writer.ts';
import { createUnfitRowCollector } from '../../log-analysis/unfit-rows.ts';
import { CommitConflict, type Effects } from '../../log-analysis/unit-commit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';
import { createErrorRows } from './error-rows.ts';

/** What detections change besides giving results: values of the stateful helpers, rules that are switched off. */
export interface DetectionChanges {
  apply(tx: Transaction<Tables>): Promise<void>;
  /** The commit is over. If it failed, its units are processed again. */
  settle(isCommitted: boolean): void;
}

export interface EffectsDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tmpDir: string;
  readonly detections: {
    offer(event: LogEvent, json: string): void;
    readonly pendingCount: number;
    drain(): Promise<readonly RuleResult[]>;
    /** What detections changed in the state: part of the commit. */
    readonly changes?: DetectionChanges | undefined;
  };
  ruleInfo(ruleId: string): RuleInfo | undefined;
  /** Adds what lookup tables know to an event, before it is given away. */
  enrich?(event: LogEvent): void;
  stringify(event: LogEvent): string;
  logTable(logType: string): LakeTable;
  resultTable(logType: string, kind: RuleResult['kind']): LakeTable;
  /** Without `refuse` a row that does not fit its table fails the commit. */
  createWriter(commitId: string, refuse?: (table: LakeTable, row: RefusedRow) => void): LakeWriter;
  promote(tx: Transaction<Tables>, commitId: string, expected: number): Promise<void>;
  /** Tells others of new files of the lake. */
  announce?(tx: Transaction<Tables>, files: readonly LakeFile[]): Promise<void>;
}

/** Candidates are evaluated in batches of this many. */
const PENDING_EVENTS = 2_000;

export function createEffects(deps: EffectsDeps, commitId: string): Effects {
  const { detections } = deps;
  const groups: AlertGroups = new Map();
  const spool = createMatchSpool(join(deps.tmpDir, `${commitId}.matches`), deps.ruleInfo);
  const unfit = createUnfitRowCollector();
  const events = deps.createWriter(commitId, (_, row) => unfit.add(row));
  const rules = new Map<string, RuleInfo>();
  let results: LakeWriter | undefined;
  let attempt = 0;
  let resolution: AlertResolution | undefined;
  const eventCounts = new Map<string, number>();
  /** Files that each writer has registered. */
  let eventFiles: readonly LakeFile[] | undefined;
  let resultFiles: readonly LakeFile[] = [];
  let decisions: readonly GroupDecision[] = [];
  /** JSON of the events that wait for their detections. */
  const texts = new Map<LogEvent, string>();
  const errorRows = createErrorRows();

  async function drain(): Promise<void> {
    const found = await detections.drain();
    groupResults(found, groups);
    for (const result of found) {
      remember(result.ruleId);
      if (errorRows.isKept(result)) keep(result);
    }
    texts.clear();
    await spool.pressure();
  }

  function keep(result: RuleResult): void {
    spool.add(result, groupKey(result), texts.get(result.event) ?? deps.stringify(result.event));
  }

  /** As it is now: a rule that is changed or removed meanwhile still explains its results. */
  function remember(ruleId: string): void {
    const info = rules.has(ruleId) ? undefined : deps.ruleInfo(ruleId);
    if (info !== undefined) rules.set(ruleId, info);
  }

  async function writeResults(now: Date): Promise<void> {
    await results?.abort();
    attempt += 1;
    results = deps.createWriter(`${commitId}-r${attempt}`);
    for await (const row of spool.rows(alertOf, now)) {
      appendRow(results, row);
      await results.pressure();
    }
    resultFiles = await results.finish();
  }

  function alertOf(key: string): { alertId: string | undefined; openedAt: string } {
    const decision = resolution?.decisions.get(key);
    if (decision === undefined) throw new Error(`no decision about the group ${key}`);
    return decision;
  }

  function appendRow(writer: LakeWriter, row: MatchRow): void {
    writer.append(deps.resultTable(row.logType, row.kind), row.hour, row.json);
  }

  return {
    take(event) {
      eventCounts.set(event.p_log_type, (eventCounts.get(event.p_log_type) ?? 0) + 1);
      deps.enrich?.(event);
      const json = deps.stringify(event);
      events.append(deps.logTable(event.p_log_type), hourOf(event.p_event_time), json);
      const { pendingCount } = detections;
      detections.offer(event, json);
      if (detections.pendingCount > pendingCount) texts.set(event, json);
    },
    pressure() {
      return detections.pendingCount >= PENDING_EVENTS ? drain().then(() => events.pressure()) : events.pressure();
    },
    async prepare() {
      if (eventFiles === undefined) {
        await drain();
        for (const summary of errorRows.summaries()) keep(summary);
        const files = await events.finish();
        unfit.check();
        eventFiles = files;
      }
      const now = deps.clock.now();
      resolution = await resolveGroups(deps.state, groups, rules, now);
      if (spool.count > 0) await writeResults(now);
    },
    async apply(tx) {
      await deps.promote(tx, commitId, eventFiles?.length ?? 0);
      if (results !== undefined) await deps.promote(tx, `${commitId}-r${attempt}`, resultFiles.length);
      await deps.announce?.(tx, [...(eventFiles ?? []), ...resultFiles]);
      await detections.changes?.apply(tx);
      if (resolution === undefined) return;
      decisions = await commitAlerts(tx, resolution).catch((cause: unknown) => {
        throw cause instanceof AlertConflict ? new CommitConflict(cause.message, { cause }) : cause;
      });
    },
    committed() {
      detections.changes?.settle(true);
      for (const [logType, count] of eventCounts) deps.metrics.count('stored_events', count, { log_type: logType });
      for (const { group, outcome } of decisions) {
        const name = group.isError ? 'rule_errors' : 'rule_matches';
        deps.metrics.count(name, group.eventCount, { rule: group.ruleId });
        if (outcome.kind === 'new-alert') deps.metrics.count('alerts_created', 1, { rule: group.ruleId });
      }
    },
    async abort() {
      await detections.drain().catch(() => {});
      detections.changes?.settle(false);
      await Promise.allSettled([events.abort(), results?.abort()]);
    },
    close: () => spool.close(),
  };
}
