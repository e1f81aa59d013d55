/** The lookup tables of a running log processor, replaced when one of them changes. */
import type { LogEvent } from '../../core/event.ts';
import type { Detection } from '../../detections/detection.ts';
import { lookupUseOf } from '../../detections/lookup-use.ts';
import { compileEnrichment, type Enrich, type TableUse } from '../../enrichment/enrich.ts';
import type { LookupRow } from '../../enrichment/rows.ts';
import type { LookupTable } from '../../enrichment/table.ts';
import { readDetections } from '../detections/detection-store.ts';
import type { Log } from '../log.ts';
import { type LookupStores, readFiles, readTable } from './lookup-store.ts';

export interface LiveEnrichment {
  enrich(event: LogEvent): void;
  /** The row of an enabled table. */
  lookup(table: string, key: string): LookupRow | undefined;
  /** Looks for changes. */
  reload(): Promise<void>;
  close(): void;
}

/** Other processes fetch tables too; this is how long their news take. */
const LOOK_EVERY_MS = 30_000;

export async function openLiveEnrichment(stores: LookupStores, log: Log): Promise<LiveEnrichment> {
  let enrichers: ReadonlyMap<string, Enrich> = new Map();
  const loaded = new Map<string, { readonly version: string; readonly table: LookupTable | undefined }>();
  let working: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    const tables = await readTables();
    const files = tables.length === 0 ? new Map() : await readFiles(stores);
    const uses: TableUse[] = [];
    for (const detection of tables) {
      const version = `${detection.version} ${files.get(detection.id)?.version ?? ''}`;
      const table = await tableOf(detection, version, files.get(detection.id));
      if (table !== undefined) uses.push({ name: detection.id, table, logTypes: lookupUseOf(detection).logTypes });
    }
    for (const id of loaded.keys()) if (!tables.some((one) => one.id === id)) loaded.delete(id);
    enrichers = compileEnrichment(uses);
  }

  async function readTables(): Promise<readonly Detection[]> {
    const some = await stores.state.db
      .selectFrom('detections')
      .select('id')
      .where('type', '=', 'lookup_table')
      .where('enabled', '=', 1)
      .executeTakeFirst();
    if (some === undefined) return [];
    return (await readDetections(stores.state, log)).filter((one) => one.type === 'lookup_table' && one.isEnabled);
  }

  /** One that cannot be loaded stays as it was. */
  async function tableOf(
    detection: Detection,
    version: string,
    file: Parameters<typeof readTable>[2],
  ): Promise<LookupTable | undefined> {
    const known = loaded.get(detection.id);
    if (known?.version === version) return known.table;
    try {
      const table = await readTable(stores, detection, file);
      loaded.set(detection.id, { version, table });
      return table;
    } catch (error) {
      log.error({ lookupTable: detection.id, error }, 'lookup table cannot be loaded');
      return known?.table;
    }
  }

  function reload(): Promise<void> {
    working = working.then(load).catch((error: unknown) => log.error({ error }, 'lookup tables cannot be read'));
    return working;
  }

  await reload();
  const looking = setInterval(reload, LOOK_EVERY_MS);
  looking.unref();
  return {
    enrich: (event) => enrichers.get(event.p_log_type)?.(event),
    lookup: (table, key) => loaded.get(table)?.table?.find(key),
    reload,
    close: () => clearInterval(looking),
  };
}
