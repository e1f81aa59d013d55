/** Lookup tables as SQL reads them: those that are installed, whether enabled or not, with their newest data. */
import { storedDetection } from '../../detections/detection.ts';
import type { LakeLookups } from '../../lake/sql-lookups.ts';
import { type LookupStores, readFiles, readRows } from './lookup-store.ts';

export function lookupsForSql(stores: LookupStores): LakeLookups {
  const names = async () => {
    const rows = await stores.state.db
      .selectFrom('detections')
      .select('id')
      .where('type', '=', 'lookup_table')
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  };
  return {
    names,
    async rows(name) {
      const id = (await names()).find((one) => one.toLowerCase() === name.toLowerCase());
      if (id === undefined) return undefined;
      const row = await stores.state.db
        .selectFrom('detections')
        .select(['id', 'spec', 'body', 'enabled'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return readRows(stores, storedDetection(row), (await readFiles(stores)).get(id));
    },
  };
}
