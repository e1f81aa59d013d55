/** One pass over one input object: bytes → decompressed → records → classified → normalised events. */
import type { Readable, Writable } from 'node:stream';
import type { LogEvent } from '../core/event.ts';
import { rowId } from '../core/ids.ts';
import { formatDate } from '../core/time.ts';
import type { KeptRecord, UnitCounts } from '../core/unit.ts';
import { createClassifier } from './classifier.ts';
import type { CompiledLogType, RecordContext } from './compile.ts';
import { DEFAULT_DECOMPRESS_LIMITS, type DecompressLimits, decompress } from './decompress.ts';
import { SKIP } from './parsers/parser.ts';
import { createSplitter, type Framing } from './split.ts';
import type { OversizeRecord, RecordSink } from './splitters/splitter.ts';

export interface StreamLimits extends DecompressLimits {
  /** A longer record is rejected; its bytes go to `onOversize` and are never held. */
  readonly maxRecordBytes: number;
}

export const DEFAULT_LIMITS: StreamLimits = { ...DEFAULT_DECOMPRESS_LIMITS, maxRecordBytes: 16 * 1024 * 1024 };

export interface StreamOptions {
  /** Tried in this order until the classifier knows better. */
  readonly logTypes: readonly CompiledLogType[];
  /** First part of every `p_row_id`. */
  readonly unitId: string;
  readonly sourceId?: string;
  readonly sourceLabel?: string;
  now(): Date;
  /** Only its suffix counts: `.octet` names the framing. */
  readonly fileName: string;
  readonly framing?: Framing;
  /** In order of position. */
  onEvent(event: LogEvent, logType: string): void;
  /** Why the event of a row is kept instead of given to `onEvent`, if so. */
  unfit?(rowId: string): string | undefined;
  /** In order of position; when it returns a promise, reading goes on after it. */
  onKept(record: KeptRecord): void | Promise<void>;
  /** Where the bytes of a record over the limit go; without it they are dropped. */
  onOversize?(byteOffset: number): { readonly objectKey: string; readonly sink: Writable };
  /** Something to wait for before more is read. */
  betweenChunks?(): Promise<void> | undefined;
  readonly limits?: Partial<StreamLimits>;
  readonly signal?: AbortSignal;
}

/**
 * Resolves to the counts, for which `received = stored + quarantined + rejected` holds. Rejects when the input fails, a
 * callback throws, or the signal aborts.
 *
 * @example await processStream(createReadStream('x.log.gz'), { logTypes: [compileLogType(nginx)], unitId: '0', now: () => new Date(), fileName: 'x.log.gz', onEvent: console.log, onKept: console.error })
 */
export async function processStream(input: Readable, options: StreamOptions): Promise<UnitCounts> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const reader = new RecordReader(options);
  const splitter = createSplitter(reader, {
    framing: options.framing,
    fileName: options.fileName,
    maxRecordBytes: limits.maxRecordBytes,
  });
  let bytes = 0;
  let problem: { reason: string; byteOffset: number } | undefined;
  const chunks = decompress(input, limits, (found) => {
    problem = found;
  });
  for await (const chunk of chunks) {
    options.signal?.throwIfAborted();
    bytes += chunk.length;
    reader.tick();
    splitter.push(chunk);
    await reader.settle();
    const pressure = options.betweenChunks?.();
    if (pressure !== undefined) await pressure;
  }
  options.signal?.throwIfAborted();
  reader.tick();
  splitter.end();
  if (problem !== undefined) reader.reject(problem.byteOffset, problem.reason);
  await reader.settle();
  return { ...reader.counts, bytes };
}

/** Takes records from the splitter, in order. */
class RecordReader implements RecordSink {
  readonly counts = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0 };
  readonly #options: StreamOptions;
  readonly #classifier: ReturnType<typeof createClassifier>;
  readonly #context: RecordContext;
  #waits: (Promise<void> | void)[] = [];

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#context = {
      rowId: '',
      parseTime: '',
      nowMs: 0,
      sourceId: options.sourceId,
      sourceLabel: options.sourceLabel,
    };
    this.#classifier = createClassifier(options.logTypes, () => this.#context.nowMs);
    this.tick();
  }

  /** Reads the clock: the records of a chunk share their parse time. */
  tick(): void {
    const now = this.#options.now();
    this.#context.nowMs = now.getTime();
    this.#context.parseTime = formatDate(now);
  }

  /** Waits for what was kept to be on its way. */
  async settle(): Promise<void> {
    if (this.#waits.length === 0) return;
    const waits = this.#waits;
    this.#waits = [];
    await Promise.all(waits);
  }

  record(text: string, byteOffset: number, line: number): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    const context = this.#context;
    context.rowId = rowId(this.#options.unitId, this.counts.received);
    const result = this.#classifier.classify(trimmed, context);
    if (result === SKIP) return;
    const reason = typeof result === 'string' ? result : this.#options.unfit?.(context.rowId);
    if (reason !== undefined || typeof result === 'string') {
      this.damaged(Buffer.from(text), byteOffset, line, reason ?? '');
      return;
    }
    this.counts.received += 1;
    this.counts.stored += 1;
    this.counts.events += 1;
    this.#options.onEvent(result, this.#classifier.logType);
  }

  damaged(raw: Buffer, byteOffset: number, line: number, reason: string): void {
    this.#keep({ kind: 'quarantined', ...this.#place(byteOffset, line), sizeBytes: raw.length, reason, raw });
  }

  /** A part of the input that is not a record and cannot be read. */
  reject(byteOffset: number, reason: string): void {
    this.#keep({ kind: 'rejected', ...this.#place(byteOffset, 0), sizeBytes: 0, reason });
  }

  oversize(byteOffset: number, line: number): OversizeRecord {
    const target = this.#options.onOversize?.(byteOffset);
    const maxBytes = this.#options.limits?.maxRecordBytes ?? DEFAULT_LIMITS.maxRecordBytes;
    let sizeBytes = 0;
    let isFull = false;
    return {
      write: (bytes) => {
        sizeBytes += bytes.length;
        if (target?.sink.write(bytes) !== false || isFull) return;
        isFull = true;
        const wait = drained(target.sink).then(() => {
          isFull = false;
        });
        this.#waits.push(wait);
      },
      end: () => {
        target?.sink.end();
        const reason = `the record is longer than ${maxBytes} bytes`;
        const place = this.#place(byteOffset, line);
        this.#keep({
          kind: 'rejected',
          ...place,
          sizeBytes,
          reason,
          ...(target === undefined ? {} : { objectKey: target.objectKey }),
        });
      },
    };
  }

  #place(byteOffset: number, line: number): Pick<KeptRecord, 'position' | 'byteOffset' | 'line'> {
    const position = this.counts.received;
    return line === 0 ? { position, byteOffset } : { position, byteOffset, line };
  }

  #keep(record: KeptRecord): void {
    this.counts.received += 1;
    this.counts[record.kind] += 1;
    const wait = this.#options.onKept(record);
    if (wait !== undefined) this.#waits.push(wait);
  }
}

/** Resolves when the stream takes more, or never will: its owner learns of the failure. */
function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'error', 'finish'] as const;
    const done = () => {
      for (const event of events) sink.off(event, done);
      resolve();
    };
    for (const event of events) sink.on(event, done);
  });
}
