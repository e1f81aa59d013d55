/** Asks the state of a Panther which input objects it has processed. */
import { unitId } from '../../core/ids.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import type { State } from '../../ports/state/state.ts';

/** Databases have limits for the values of one statement. */
const MAX_IDS = 5_000;

/** Those of the units that are committed. */
export async function findUnits(state: State, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let index = 0; index < ids.length; index += MAX_IDS) {
    const some = ids.slice(index, index + MAX_IDS);
    const rows = await state.db.selectFrom('units').select('id').where('id', 'in', some).execute();
    for (const { id } of rows) found.add(id);
  }
  return found;
}

/** Keys, of objects of a bucket, that any source has processed in their present version. */
export async function findProcessed(
  state: State,
  bucket: string,
  objects: readonly ObjectInfo[],
): Promise<ReadonlySet<string>> {
  const sources = await state.db.selectFrom('sources').select('id').execute();
  const keys = new Map<string, string>();
  for (const { id: sourceId } of sources) {
    for (const { key, version } of objects) keys.set(unitId({ sourceId, bucket, key, version }), key);
  }
  const found = await findUnits(state, [...keys.keys()]);
  return new Set([...found].map((id) => keys.get(id) ?? ''));
}
