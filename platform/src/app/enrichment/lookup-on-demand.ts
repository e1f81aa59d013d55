/**
 * Rows of lookup tables for rules that run outside of a log processor: in the editor, over the rows of a query, in a
 * replay. A table is loaded when it is first asked for, and looked after while it is.
 */
import { type Detection, storedDetection } from '../../detections/detection.ts';
import type { FindRow } from '../../detections/state/key-values.ts';
import type { LookupTable } from '../../enrichment/table.ts';
import { type LookupStores, readTable } from './lookup-store.ts';

/** How long a change of a table takes to be seen. */
const FRESH_MS = 10_000;

interface Loaded {
  /** Of the specification and of the file. */
  readonly version: string;
  readonly table: LookupTable | undefined;
  lookedAt: number;
}

export function lookupOnDemand(stores: LookupStores): FindRow {
  const loaded = new Map<string, Promise<Loaded>>();
  return async (name, key) => {
    const known = await loaded.get(name);
    if (known !== undefined && performance.now() - known.lookedAt < FRESH_MS) return known.table?.find(key);
    const next = load(stores, name, known);
    loaded.set(name, next);
    next.catch(() => loaded.delete(name));
    return (await next).table?.find(key);
  };
}

async function load(stores: LookupStores, name: string, known: Loaded | undefined): Promise<Loaded> {
  const detection = await tableNamed(stores, name);
  const file = await stores.state.db.selectFrom('lookup_files').selectAll().where('name', '=', name).executeTakeFirst();
  const version = detection === undefined ? '' : `${detection.version} ${file?.version ?? ''}`;
  const lookedAt = performance.now();
  if (known?.version === version) return { ...known, lookedAt };
  const table = detection === undefined ? undefined : await readTable(stores, detection, file);
  return { version, table, lookedAt };
}

async function tableNamed({ state }: LookupStores, name: string): Promise<Detection | undefined> {
  const row = await state.db
    .selectFrom('detections')
    .selectAll()
    .where('id', '=', name)
    .where('type', '=', 'lookup_table')
    .where('enabled', '=', 1)
    .executeTakeFirst();
  return row === undefined ? undefined : storedDetection(row);
}
