/** Runs text through the whole of log analysis, for tests. */
import { Readable } from 'node:stream';
import type { LogEvent } from '../core/event.ts';
import type { KeptRecord, UnitCounts } from '../core/unit.ts';
import { compileLogType } from './compile.ts';
import { processStream, type StreamOptions } from './process-stream.ts';
import type { LogType } from './schema.ts';

export interface Processed {
  readonly events: readonly LogEvent[];
  readonly kept: readonly KeptRecord[];
  readonly counts: UnitCounts;
}

export async function processChunks(
  chunks: readonly (string | Buffer)[],
  logTypes: readonly LogType[],
  options: Partial<StreamOptions> = {},
): Promise<Processed> {
  const events: LogEvent[] = [];
  const kept: KeptRecord[] = [];
  const counts = await processStream(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), {
    logTypes: logTypes.map(compileLogType),
    unitId: 'unit',
    fileName: 'test.log',
    now: () => new Date('2026-01-15T00:00:00Z'),
    onEvent: (event) => void events.push(event),
    onKept: (record) => void kept.push(record),
    ...options,
  });
  return { events, kept, counts };
}
