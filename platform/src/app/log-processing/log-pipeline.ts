/** Wires the log processor: sources, parsing, the lake, detections and alerts, over one set of adapters. */

import type { Readable } from 'node:stream';
import { relayOutbox } from '../../alerts/outbox.ts';
import type { RuleInfo, RuleResult } from '../../core/detection.ts';
import type { LogEvent } from '../../core/event.ts';
import type { LakeTable } from '../../core/table.ts';
import type { InputObject } from '../../core/unit.ts';
import { createCatalog } from '../../lake/catalog.ts';
import { createChunkPool } from '../../lake/chunk-pool.ts';
import { createDuckdb } from '../../lake/duckdb.ts';
import { logTable, ruleErrorTable, ruleMatchTable } from '../../lake/tables.ts';
import { createLakeWriter } from '../../lake/writer.ts';
import { lakeColumns } from '../../log-analysis/columns.ts';
import { type CompiledLogType, compileLogType } from '../../log-analysis/compile.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import type { LogProcessorDeps } from '../../log-analysis/log-processor.ts';
import { processUnit } from '../../log-analysis/process-unit.ts';
import type { LogTypes } from '../../log-analysis/schema.ts';
import type { CommittedUnit, ProcessorSource, Unit } from '../../log-analysis/unit-commit.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Adapters } from '../adapters.ts';
import type { DataDir } from '../data-dir.ts';
import type { Log } from '../log.ts';
import { createAnnounce } from '../topics.ts';
import { createEffects, type DetectionChanges } from './effects.ts';
import { freeDiskBytes } from './sources.ts';

/** Detections as the pipeline needs them. */
export interface PipelineDetections {
  offer(event: LogEvent, json: string): void;
  readonly pendingCount: number;
  drain(): Promise<readonly RuleResult[]>;
  ruleInfo(ruleId: string): RuleInfo | undefined;
  /** What detections change in the state; absent where there is none. */
  readonly changes?: DetectionChanges;
}

export interface PipelineDeps {
  readonly dir: DataDir;
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  readonly logTypes: LogTypes;
  readonly detections: PipelineDetections;
  /** Adds what lookup tables know to an event. */
  enrich?(event: LogEvent): void;
  readonly minFreeDiskBytes: number;
  /** Random text, unique; names commits. */
  nonce(): string;
  /** How long a message stays unseen by others without a sign of life; 15 minutes without it. */
  readonly visibilityMs?: number;
  /** The input object of one that a store has announced, or why there is none. */
  claim(object: Pick<InputObject, 'bucket' | 'key'>): Promise<InputObject | string>;
  openFromSource(object: InputObject, source: ProcessorSource): Promise<Readable | undefined>;
}

export interface LogPipeline {
  readonly deps: LogProcessorDeps;
  close(): Promise<void>;
}

/** For DuckDB while it writes Parquet; what is larger goes to disk. */
const DUCKDB_BYTES = 512 << 20;

export function createLogPipeline(options: PipelineDeps): LogPipeline {
  const { adapters, clock, dir, log, detections } = options;
  const { state, queue, objects, metrics } = adapters;
  const catalog = createCatalog({ state, objects, clock });
  const duckdb = createDuckdb({ tmpDir: dir.tmp, memoryBytes: DUCKDB_BYTES, threads: 1 });
  const tables = createTables(options.logTypes);
  const chunks = createChunkPool();
  const { lakeTopic } = adapters;
  const announce = lakeTopic && createAnnounce(lakeTopic.bucket, options.logTypes.keys(), clock);

  function effects(commitId: string) {
    return createEffects(
      {
        state,
        clock,
        metrics,
        tmpDir: dir.tmp,
        detections,
        ruleInfo: detections.ruleInfo,
        stringify: stringifyEvent,
        ...(options.enrich && { enrich: options.enrich }),
        logTable: tables.log,
        resultTable: tables.result,
        createWriter: (id, refuse) =>
          createLakeWriter({
            objects,
            catalog,
            duckdb,
            tmpDir: dir.tmp,
            commitId: id,
            chunks,
            ...(refuse && { refuse }),
          }),
        promote: catalog.promote,
        ...(announce && { announce }),
      },
      commitId,
    );
  }

  return {
    deps: {
      queue,
      state,
      metrics,
      clock,
      log,
      nonce: options.nonce,
      ...(options.visibilityMs === undefined ? {} : { visibilityMs: options.visibilityMs }),
      findSource: (id) => findSource(options, id),
      claim: options.claim,
      open: (object, source) => openObject(options, object, source),
      process: (unit, input, sink, signal) =>
        processUnit({ objects, clock, tmpDir: dir.tmp, logTypesOf: tables.compiled }, unit, input, sink, signal),
      createEffects: async (commitId) => effects(commitId),
      afterCommit: (units) => afterCommit(options, units),
      blocked: () => diskFull(dir, options.minFreeDiskBytes),
    },
    close: () => duckdb.close(),
  };
}

function createTables(logTypes: LogTypes) {
  const byLogType = new Map<string, Record<'log' | RuleResult['kind'], LakeTable>>();

  function tablesOf(name: string) {
    const known = byLogType.get(name);
    if (known !== undefined) return known;
    const logType = logTypes.get(name);
    if (logType === undefined) throw new Error(`no schema for the log type ${name}`);
    const log = logTable(name, lakeColumns(logType));
    const tables = { log, match: ruleMatchTable(log), error: ruleErrorTable(log) };
    byLogType.set(name, tables);
    return tables;
  }

  return {
    log: (name: string) => tablesOf(name).log,
    result: (name: string, kind: RuleResult['kind']) => tablesOf(name)[kind],
    compiled: (unit: Unit): readonly CompiledLogType[] =>
      unit.source.logTypes.flatMap((name) => {
        const logType = logTypes.get(name);
        return logType === undefined ? [] : [compileLogType(logType)];
      }),
  };
}

async function findSource({ adapters }: PipelineDeps, id: string): Promise<ProcessorSource | undefined> {
  const row = await adapters.state.db
    .selectFrom('sources')
    .select(['id', 'name', 'type', 'log_types'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { id: row.id, name: row.name, type: row.type, logTypes: JSON.parse(row.log_types) as string[] };
}

const OWN_BUCKETS: readonly string[] = [BUCKETS.inputData, BUCKETS.quarantine];

async function openObject(
  options: PipelineDeps,
  object: InputObject,
  source: ProcessorSource,
): Promise<Readable | undefined> {
  if (!OWN_BUCKETS.includes(object.bucket)) return options.openFromSource(object, source);
  return (await options.adapters.objects.get(object.bucket, object.key, object.range))?.stream;
}

/** The spool's copy has served its purpose, unless records were kept: then it is the evidence. */
async function afterCommit({ adapters, log }: PipelineDeps, units: readonly CommittedUnit[]): Promise<void> {
  await relayOutbox({ state: adapters.state, queue: adapters.queue, log });
  for (const { object, outcome } of units) {
    if (object.bucket !== BUCKETS.inputData || outcome.kept !== undefined) continue;
    await adapters.objects.delete(object.bucket, object.key);
  }
}

async function diskFull(dir: DataDir, minFreeBytes: number): Promise<string | undefined> {
  const free = await freeDiskBytes(dir.root);
  if (free >= minFreeBytes) return undefined;
  return `${Math.round(free / 1e6)} MB are free on the disk of ${dir.root}; free at least ${Math.round(minFreeBytes / 1e6)} MB`;
}
