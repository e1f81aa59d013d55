/** Events of the lake as detections were given them, for what looks back: replays, correlations. */
import { join } from 'node:path';
import type { LogEvent } from '../../core/event.ts';
import type { LakeTable } from '../../core/table.ts';
import type { Catalog } from '../../lake/catalog.ts';
import type { Duckdb } from '../../lake/duckdb.ts';
import type { LakeFiles } from '../../lake/lake-files.ts';
import { readStoredEvents } from '../../lake/stored-events.ts';
import { parsePrecisely } from '../../log-analysis/json-values.ts';

export interface LakeEventsDeps {
  readonly catalog: Pick<Catalog, 'liveFiles'>;
  readonly files: LakeFiles;
  readonly duckdb: Duckdb;
  /** Scratch space on the disk of the lake's files. */
  readonly tmpDir: string;
  /** A name for scratch files. */
  nonce(): string;
}

export interface LakeEventsQuery {
  /** `where`: SQL over the columns; every event without it. */
  readonly tables: readonly { readonly table: LakeTable; readonly where: string | undefined }[];
  /** Included; `to` is not. */
  readonly from: Date;
  readonly to: Date;
  /** `YYYY-MM-DDTHH`: the only hours that are read; those of the time without them. */
  readonly fromHour?: string;
  readonly toHour?: string;
  readonly signal: AbortSignal;
}

/** Batches, in no order. Files are asked for now: those that a merge has replaced earlier may be gone. */
export async function* readLakeEvents(
  deps: LakeEventsDeps,
  { tables, from, to, fromHour = lakeHour(from), toHour = lakeHour(to), signal }: LakeEventsQuery,
): AsyncGenerator<readonly LogEvent[]> {
  const held = deps.files.hold(join(deps.tmpDir, `events-${deps.nonce()}`));
  try {
    const selected = await Promise.all(
      tables.map(async ({ table, where }) => {
        const { database, name } = table;
        return { table, where, files: await deps.catalog.liveFiles({ database, table: name, fromHour, toHour }) };
      }),
    );
    const files = selected.flatMap((one) => one.files);
    await held.add(files, signal);
    const withPaths = selected.map(({ files: own, ...rest }) => ({
      ...rest,
      paths: own.map(({ objectKey }) => held.pathOf(objectKey)),
    }));
    const query = { tables: withPaths, from: lakeTime(from), to: lakeTime(to), signal };
    yield* readStoredEvents({ duckdb: deps.duckdb, parse: parseStored }, query);
  } finally {
    await held.release();
  }
}

/** As the catalog names hours. */
export function lakeHour(time: Date): string {
  return time.toISOString().slice(0, 13);
}

function lakeTime(time: Date): string {
  return time.toISOString().replace('T', ' ').slice(0, 23);
}

/** Behind what may come before a number in JSON. */
const LONG_NUMBER = /[:[,]-?\d{16}/;

/** JSON of the lake; integers that a double does not hold are `bigint`. */
export function parseStored(text: string): unknown {
  return LONG_NUMBER.test(text) ? parsePrecisely(text) : JSON.parse(text);
}
