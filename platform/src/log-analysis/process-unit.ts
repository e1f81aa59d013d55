/** One unit of work: an input object through parsing, or kept records through it once more. */
import type { Readable } from 'node:stream';
import type { LogEvent } from '../core/event.ts';
import type { KeptRecord } from '../core/unit.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';
import type { CompiledLogType } from './compile.ts';
import { createKeptRecordWriter, type KeptRecordWriter, readKeptRecords } from './kept-records.ts';
import { processStream } from './process-stream.ts';
import { reprocess } from './reprocess.ts';
import type { Unit, UnitOutcome } from './unit-commit.ts';

export interface UnitDeps {
  readonly objects: Objects;
  readonly clock: Clock;
  readonly tmpDir: string;
  /** In the order of the source's own list. */
  logTypesOf(unit: Unit): readonly CompiledLogType[];
}

/** Where events go. */
export interface EventSink {
  take(event: LogEvent): void;
  /** Why the record of a row is kept instead, if so. */
  unfit?(rowId: string): string | undefined;
  pressure(): Promise<void> | undefined;
}

export async function processUnit(
  deps: UnitDeps,
  unit: Unit,
  input: Readable,
  sink: EventSink,
  signal: AbortSignal,
): Promise<UnitOutcome> {
  const isAgain = unit.object.bucket === BUCKETS.quarantine;
  const keptBy = isAgain ? keepingUnit(unit.object.key) : unit.id;
  const suffix = isAgain ? `.${unit.id.slice(0, 8)}` : '';
  const keyPrefix = `${unit.source.id}/${keptBy}${suffix}`;
  const kept = createKeptRecordWriter({ objects: deps.objects, tmpDir: deps.tmpDir, keyPrefix });
  try {
    const counts = isAgain
      ? await again(deps, unit, keptBy, input, kept, sink, signal)
      : await first(deps, unit, input, kept, sink, signal);
    const outcome = { counts, kept: await kept.finish() };
    return isAgain ? { ...outcome, supersedes: [unit.object.key] } : outcome;
  } catch (error) {
    await kept.abort();
    throw error;
  }
}

/** The unit in the name of an object of kept records: `<source id>/<unit id>[.<attempt>].ndjson.gz`. */
function keepingUnit(objectKey: string): string {
  return objectKey.slice(objectKey.lastIndexOf('/') + 1).split('.', 1)[0] ?? '';
}

function first(
  deps: UnitDeps,
  unit: Unit,
  input: Readable,
  kept: KeptRecordWriter,
  sink: EventSink,
  signal: AbortSignal,
): Promise<UnitOutcome['counts']> {
  return processStream(input, {
    logTypes: deps.logTypesOf(unit),
    unitId: unit.id,
    sourceId: unit.source.id,
    sourceLabel: unit.source.name,
    now: () => deps.clock.now(),
    fileName: unit.object.key,
    onEvent: (event) => sink.take(event),
    unfit: (rowId) => sink.unfit?.(rowId),
    onKept: (record) => kept.add(placeInFile(record, unit.object.range?.start ?? 0)),
    onOversize: (byteOffset) => kept.openRaw(byteOffset),
    betweenChunks: () => sink.pressure(),
    signal,
  });
}

/** Of a later part of a growing file nobody has counted the lines before it; where it starts is known. */
function placeInFile(record: KeptRecord, start: number): KeptRecord {
  if (start === 0) return record;
  const { line: _, ...rest } = record;
  return { ...rest, byteOffset: record.byteOffset + start };
}

function again(
  deps: UnitDeps,
  unit: Unit,
  keptBy: string,
  input: Readable,
  kept: KeptRecordWriter,
  sink: EventSink,
  signal: AbortSignal,
): Promise<UnitOutcome['counts']> {
  return reprocess(readKeptRecords(input), {
    logTypes: deps.logTypesOf(unit),
    unitId: keptBy,
    sourceId: unit.source.id,
    sourceLabel: unit.source.name,
    now: () => deps.clock.now(),
    onEvent: (event) => sink.take(event),
    unfit: (rowId) => sink.unfit?.(rowId),
    onKept: (record) => kept.add(record),
    betweenRecords: () => sink.pressure(),
    signal,
  });
}
