/** Processes quarantined records again: what a log type accepts now becomes an event, the rest is kept again. */
import type { LogEvent } from '../core/event.ts';
import { rowId } from '../core/ids.ts';
import { formatDate } from '../core/time.ts';
import type { KeptRecord, UnitCounts } from '../core/unit.ts';
import { createClassifier } from './classifier.ts';
import type { CompiledLogType } from './compile.ts';
import { SKIP } from './parsers/parser.ts';

export interface ReprocessOptions {
  readonly logTypes: readonly CompiledLogType[];
  /** The unit that kept the records; with their positions it gives the `p_row_id` that they would have had. */
  readonly unitId: string;
  readonly sourceId: string;
  readonly sourceLabel: string;
  now(): Date;
  onEvent(event: LogEvent): void;
  /** Why the event of a row is kept again instead of given to `onEvent`, if so. */
  unfit?(rowId: string): string | undefined;
  onKept(record: KeptRecord): Promise<void>;
  betweenRecords(): Promise<void> | undefined;
  readonly signal: AbortSignal;
}

/**
 * The counts are differences: nothing is received, and what is stored is not quarantined any more, so that
 * `received = stored + quarantined + rejected` still holds for the sums.
 */
export async function reprocess(records: AsyncIterable<KeptRecord>, options: ReprocessOptions): Promise<UnitCounts> {
  const classifier = createClassifier(options.logTypes, () => options.now().getTime());
  let stored = 0;
  for await (const record of records) {
    options.signal.throwIfAborted();
    const event = record.raw === undefined ? undefined : classify(record, record.raw);
    const unfit = event && options.unfit?.(event.p_row_id);
    if (event === undefined || unfit !== undefined) {
      await options.onKept(unfit === undefined ? record : { ...record, reason: unfit });
      continue;
    }
    stored += 1;
    options.onEvent(event);
    const pressure = options.betweenRecords();
    if (pressure !== undefined) await pressure;
  }
  return { received: 0, stored, quarantined: -stored, rejected: 0, events: stored, bytes: 0 };

  function classify(record: KeptRecord, raw: Uint8Array): LogEvent | undefined {
    const now = options.now();
    const result = classifier.classify(new TextDecoder().decode(raw).trim(), {
      rowId: rowId(options.unitId, record.position),
      parseTime: formatDate(now),
      nowMs: now.getTime(),
      sourceId: options.sourceId,
      sourceLabel: options.sourceLabel,
    });
    return typeof result === 'string' || result === SKIP ? undefined : result;
  }
}
