/** Lookup tables that events are enriched from. */
import { z } from 'zod';
import { IdParams, list, Time } from './common.ts';
import { defineRoutes } from './route.ts';

export const LookupTableSchema = z
  .object({
    id: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    primaryKey: z.string(),
    logTypes: z.array(z.object({ logType: z.string(), selectors: z.array(z.string()) })),
    /** `none`: there is no data yet. `content`: the file that came with the table. */
    data: z.enum(['none', 'content', 'fetched']),
    fileName: z.string(),
    /** Null where it is not known, as of a MaxMind database. */
    rows: z.int().nullable(),
    sizeBytes: z.int(),
    /** When the data changed last. */
    loadedAt: Time.nullable(),
    checkedAt: Time.nullable(),
    /** Why it could not be fetched the last time; the data before is still used. Empty when it could. */
    problem: z.string(),
  })
  .meta({ id: 'LookupTable' });
export type LookupTable = z.infer<typeof LookupTableSchema>;

const MAX_UPLOAD_BYTES = 128 * 1024 * 1024;

export const lookupTableRoutes = defineRoutes({
  listLookupTables: {
    method: 'GET',
    path: '/lookup-tables',
    summary: 'List lookup tables with the state of their data',
    role: 'read-only',
    response: list(LookupTableSchema),
  },
  uploadLookupTable: {
    method: 'PUT',
    path: '/lookup-tables/:id/data',
    summary: 'Replace the data of a lookup table',
    role: 'analyst',
    params: IdParams,
    body: z.object({
      /** Its ending tells the format: csv, json, jsonl, ndjson, mmdb, each may be followed by .gz. */
      fileName: z
        .string()
        .regex(
          /^[^/\\]+\.(csv|json|jsonl|ndjson|mmdb)(\.gz)?$/i,
          'must be a .csv, .json, .jsonl, .ndjson or .mmdb file, or one of them as .gz',
        ),
      /** The file in base64. */
      data: z.base64(),
    }),
    response: LookupTableSchema,
    limits: { bodyBytes: MAX_UPLOAD_BYTES, perMinute: 10 },
    audit: 'lookup-table.upload',
  },
  refreshLookupTable: {
    method: 'POST',
    path: '/lookup-tables/:id/refresh',
    summary: 'Fetch the data of a lookup table within half a minute',
    role: 'analyst',
    params: IdParams,
    response: 'none',
    limits: { perMinute: 30 },
    audit: 'lookup-table.refresh',
  },
});
