/** Lookup tables as they are installed, and the newest file of each: its bytes in the object store, its name in the state. */
import { buffer } from 'node:stream/consumers';
import { errorMessage, UserError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import type { Detection } from '../../detections/detection.ts';
import { lookupUseOf } from '../../detections/lookup-use.ts';
import { formatOf, type LookupRow, parseRows, unpacked } from '../../enrichment/rows.ts';
import { type LookupTable, loadTable } from '../../enrichment/table.ts';
import { BUCKETS } from '../../ports/buckets.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LookupFilesTable } from '../../ports/state/tables.ts';
import type { Adapters } from '../adapters.ts';

export type LookupStores = Pick<Adapters, 'state' | 'objects'>;

export async function readFiles({ state }: LookupStores): Promise<ReadonlyMap<string, LookupFilesTable>> {
  const rows = await state.db.selectFrom('lookup_files').selectAll().execute();
  return new Map(rows.map((row) => [row.name, row]));
}

/** The table in memory: of what was fetched or uploaded last, else of the file that its content brought along. */
export async function readTable(
  stores: LookupStores,
  detection: Detection,
  file: LookupFilesTable | undefined,
): Promise<LookupTable | undefined> {
  const read = await bytesOf(stores, detection, file);
  return read === undefined ? undefined : loadTable({ ...read, primaryKey: lookupUseOf(detection).primaryKey });
}

/** Every row, for SQL. @throws UserError for a MaxMind database */
export async function readRows(
  stores: LookupStores,
  detection: Detection,
  file: LookupFilesTable | undefined,
): Promise<readonly LookupRow[]> {
  const read = await bytesOf(stores, detection, file);
  if (read === undefined) return [];
  const { name, bytes } = read;
  if (/\.mmdb(\.gz)?$/i.test(name)) {
    throw new UserError(`${detection.id} is a MaxMind database: it finds addresses, and has no rows for SQL`);
  }
  const text = new TextDecoder().decode(unpacked(bytes));
  return parseRows(text, formatOf(name, text));
}

async function bytesOf(
  { objects }: LookupStores,
  detection: Detection,
  file: LookupFilesTable | undefined,
): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined> {
  if (file !== undefined && file.object_key !== '') {
    const object = await objects.get(BUCKETS.lookups, file.object_key);
    if (object === undefined) throw new UserError(`the data of the lookup table ${detection.id} is gone`);
    return { name: file.file_name, bytes: await buffer(object.stream) };
  }
  return detection.body === '' ? undefined : { name: detection.file, bytes: Buffer.from(detection.body) };
}

/**
 * Makes bytes the table's data, if they can be read; nothing changes otherwise.
 * @throws UserError when they cannot.
 */
export async function storeFile(
  stores: LookupStores,
  clock: Clock,
  detection: Detection,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
): Promise<{ readonly rowCount: number | undefined; readonly isNew: boolean }> {
  const { rowCount } = loadTable({ name, bytes, primaryKey: lookupUseOf(detection).primaryKey });
  const version = sha256Hex(bytes).slice(0, 32);
  const before = (await readFiles(stores)).get(detection.id);
  const at = clock.now().toISOString();
  const isNew = before?.version !== version;
  const object_key = `${sha256Hex(detection.id).slice(0, 32)}/${version}`;
  if (isNew) await stores.objects.put(BUCKETS.lookups, object_key, bytes);
  const row = { version, object_key, file_name: name, row_count: rowCount ?? null, size_bytes: bytes.length };
  const times = { checked_at: at, problem: '', ...(isNew ? { loaded_at: at } : {}) };
  await stores.state.db
    .insertInto('lookup_files')
    .values({ name: detection.id, ...row, checked_at: at, loaded_at: at, problem: '' })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ ...row, ...times }))
    .execute();
  const isReplaced = isNew && before !== undefined && before.object_key !== '';
  if (isReplaced) await stores.objects.delete(BUCKETS.lookups, before.object_key);
  return { rowCount, isNew };
}

/** What could not be fetched: the data stays as it was. */
export async function noteProblem({ state }: LookupStores, clock: Clock, name: string, error: unknown): Promise<void> {
  const checked_at = clock.now().toISOString();
  const problem = errorMessage(error).replaceAll('\0', '\ufffd').slice(0, 2_000);
  const none = { version: '', object_key: '', file_name: '', row_count: null, size_bytes: 0, loaded_at: null };
  await state.db
    .insertInto('lookup_files')
    .values({ name, ...none, checked_at, problem })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ checked_at, problem }))
    .execute();
}
