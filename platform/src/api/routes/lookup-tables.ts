/** Lookup tables. */
import type { DetectionsTable, LookupFilesTable } from '../../ports/state/tables.ts';
import type { LookupTable, lookupTableRoutes } from '../contract/lookup-tables.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';

/** Older than every period: it is due at once. */
const LONG_AGO = '1970-01-01T00:00:00.000Z';

export const lookupTableHandlers: Handlers<typeof lookupTableRoutes> = {
  async listLookupTables({ deps }) {
    const rows = await tables(deps).orderBy('id').execute();
    const files = await deps.state.db.selectFrom('lookup_files').selectAll().execute();
    return {
      items: rows.map((row) =>
        show(
          row,
          files.find(({ name }) => name === row.id),
        ),
      ),
    };
  },
  async uploadLookupTable({ deps, params, body, audit }) {
    const row = await requireTable(deps, params.id);
    const bytes = Buffer.from(body.data, 'base64');
    audit.details = { data: `${bytes.length} bytes` };
    await deps.storeLookup(row, { name: body.fileName, bytes });
    await deps.detections.reload();
    const file = await deps.state.db
      .selectFrom('lookup_files')
      .selectAll()
      .where('name', '=', row.id)
      .executeTakeFirst();
    return show(row, file);
  },
  async refreshLookupTable({ deps, params }) {
    await requireTable(deps, params.id);
    await deps.state.db
      .updateTable('lookup_files')
      .set({ checked_at: LONG_AGO })
      .where('name', '=', params.id)
      .execute();
    return undefined;
  },
};

function tables({ state }: ApiDeps) {
  return state.db.selectFrom('detections').selectAll().where('type', '=', 'lookup_table');
}

async function requireTable(deps: ApiDeps, id: string): Promise<DetectionsTable> {
  const row = await tables(deps).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('lookup table', id);
  return row;
}

interface Spec {
  readonly Description?: string | null;
  readonly Filename?: string;
  readonly LogTypeMap: {
    readonly PrimaryKey: string;
    readonly AssociatedLogTypes?:
      | readonly { readonly LogType: string; readonly Selectors?: readonly string[] }[]
      | null;
  };
}

function show(row: DetectionsTable, file: LookupFilesTable | undefined): LookupTable {
  const spec = JSON.parse(row.spec) as Spec;
  const isFetched = file !== undefined && file.object_key !== '';
  return {
    id: row.id,
    description: spec.Description ?? '',
    enabled: row.enabled === 1,
    primaryKey: spec.LogTypeMap.PrimaryKey,
    logTypes: (spec.LogTypeMap.AssociatedLogTypes ?? []).map(({ LogType: logType, Selectors }) => ({
      logType,
      selectors: [...(Selectors ?? [])],
    })),
    data: isFetched ? 'fetched' : row.body === '' ? 'none' : 'content',
    fileName: isFetched ? file.file_name : (spec.Filename ?? ''),
    rows: file?.row_count ?? null,
    sizeBytes: isFetched ? file.size_bytes : Buffer.byteLength(row.body),
    loadedAt: file?.loaded_at ?? null,
    checkedAt: file === undefined || file.checked_at === LONG_AGO ? null : file.checked_at,
    problem: file?.problem ?? '',
  };
}
