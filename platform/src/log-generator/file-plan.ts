/** Which files are made: for every hour and log type some, of a number of rows or of bytes each. */
import { ACCOUNT, REGION } from './cast.ts';
import { createRandom } from './random.ts';

export interface PlanOptions {
  readonly seed: string;
  readonly logTypes: readonly string[];
  /** Starts of hours, both included. */
  readonly startMs: number;
  readonly endMs: number;
  /** Log types whose files are `{"Records":[…]}` documents. */
  readonly documents: ReadonlySet<string>;
  /** For each hour and log type. */
  filesPerHour(logType: string): number;
  fileSize(logType: string): PlannedFile['size'];
}

export interface PlannedFile {
  readonly logType: string;
  /** `2026-01-02T03` */
  readonly hour: string;
  /** Without `.gz`. */
  readonly name: string;
  readonly seed: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly size: { readonly rows: number } | { readonly bytes: number };
  readonly isDocument: boolean;
}

export const HOUR_MS = 3_600_000;

export function hoursOf({ startMs, endMs }: Pick<PlanOptions, 'startMs' | 'endMs'>): number {
  return Math.floor((endMs - startMs) / HOUR_MS) + 1;
}

/** In order of time. */
export function* planFiles(options: PlanOptions): Generator<PlannedFile, void, unknown> {
  for (let hourMs = options.startMs; hourMs <= options.endMs; hourMs += HOUR_MS) {
    for (const logType of options.logTypes) {
      const count = options.filesPerHour(logType);
      for (let index = 0; index < count; index += 1) {
        const fromMs = hourMs + Math.floor((index * HOUR_MS) / count);
        const toMs = hourMs + Math.floor(((index + 1) * HOUR_MS) / count);
        yield planFile(options, logType, fromMs, toMs, options.fileSize(logType));
      }
    }
  }
}

/** A file of its own; its seed follows from its log type and time. */
export function planFile(
  { seed, documents }: Pick<PlanOptions, 'seed' | 'documents'>,
  logType: string,
  fromMs: number,
  toMs: number,
  size: PlannedFile['size'],
): PlannedFile {
  const hour = new Date(fromMs).toISOString().slice(0, 13);
  const fileSeed = `${seed}/${logType}/${fromMs}`;
  const isDocument = documents.has(logType);
  const random = createRandom(`${fileSeed}/name`);
  const name = isDocument ? documentName(fromMs, random.hex(32)) : `${random.uuid()}.log`;
  return { logType, hour, name, seed: fileSeed, fromMs, toMs: Math.max(toMs, fromMs + 1), size, isDocument };
}

/** As CloudTrail names what it delivers. */
function documentName(timeMs: number, unique: string): string {
  const time = new Date(timeMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 13);
  return `${ACCOUNT}_CloudTrail_${REGION}_${time}Z_${unique}.json`;
}
