/** Log sources, the records they kept, ingest; log types. */
import { z } from 'zod';
import {
  ColumnInfoSchema,
  ConfigSchema,
  CountsSchema,
  IdParams,
  list,
  PageQuery,
  page,
  Time,
  UnitTypeSchema,
} from './common.ts';
import { defineRoutes } from './route.ts';

const SourceName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, 'must be letters, digits, spaces, dots, dashes or underscores');

export const SourceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    logTypes: z.array(z.string()),
    /** Without secrets. */
    config: ConfigSchema,
    /** Names of the secret fields that have a value. */
    secretsSet: z.array(z.string()),
    enabled: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
    lastEventAt: Time.nullable(),
    health: z.object({ status: z.enum(['unknown', 'healthy', 'unhealthy']), message: z.string() }),
    counts: CountsSchema,
    /** Where to send logs; null for a source that fetches. A path is relative to the console's own address. */
    endpoint: z.string().nullable(),
  })
  .meta({ id: 'Source' });
export type Source = z.infer<typeof SourceSchema>;

/** A record that is kept instead of stored. */
export const KeptRecordSchema = z
  .object({
    objectKey: z.string(),
    kind: z.enum(['quarantined', 'rejected']),
    /** Bucket and key, or path, of the input. */
    file: z.string(),
    /** 0-based, among the records of the input. */
    position: z.int(),
    line: z.int().nullable(),
    byteOffset: z.int(),
    sizeBytes: z.int(),
    reason: z.string(),
    /** The record's beginning, as text; bytes that are not UTF-8 are replaced. */
    sample: z.string(),
    sampleTruncated: z.boolean(),
    keptAt: Time,
    reprocessedAt: Time.nullable(),
  })
  .meta({ id: 'KeptRecord' });
export type KeptRecord = z.infer<typeof KeptRecordSchema>;

export const LogTypeSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    referenceUrl: z.string().nullable(),
    table: z.string(),
    origin: z.enum(['built-in', 'custom']),
  })
  .meta({ id: 'LogType' });
export type LogType = z.infer<typeof LogTypeSchema>;

export const LogTypeDetailSchema = LogTypeSchema.extend({
  /** YAML. */
  schema: z.string(),
  columns: z.array(ColumnInfoSchema),
}).meta({ id: 'LogTypeDetail' });
export type LogTypeDetail = z.infer<typeof LogTypeDetailSchema>;

export const sourceRoutes = defineRoutes({
  listSourceTypes: {
    method: 'GET',
    path: '/source-types',
    summary: 'List the types of sources with the forms to configure them',
    role: 'read-only',
    response: list(UnitTypeSchema),
  },
  listSources: {
    method: 'GET',
    path: '/sources',
    summary: 'List sources with counts and health',
    role: 'read-only',
    response: list(SourceSchema),
  },
  createSource: {
    method: 'POST',
    path: '/sources',
    summary: 'Add a source',
    role: 'admin',
    body: z.object({
      name: SourceName,
      type: z.string().min(1).max(100),
      logTypes: z.array(z.string().min(1).max(200)).min(1).max(200),
      config: ConfigSchema,
      enabled: z.boolean().optional(),
    }),
    /** `generatedSecrets`: what the API made up for secret fields that were left out; shown this once. */
    response: z.object({ source: SourceSchema, generatedSecrets: z.record(z.string(), z.string()) }),
    status: 201,
    audit: 'source.create',
  },
  getSource: {
    method: 'GET',
    path: '/sources/:id',
    summary: 'Get a source with counts and health',
    role: 'read-only',
    params: IdParams,
    response: SourceSchema,
  },
  updateSource: {
    method: 'PATCH',
    path: '/sources/:id',
    summary: 'Change a source, disable or enable it',
    role: 'admin',
    params: IdParams,
    body: z.object({
      name: SourceName.optional(),
      logTypes: z.array(z.string().min(1).max(200)).min(1).max(200).optional(),
      /** Replaces the configuration; secret fields left out or empty keep their value. */
      config: ConfigSchema.optional(),
      enabled: z.boolean().optional(),
    }),
    response: SourceSchema,
    audit: 'source.update',
  },
  deleteSource: {
    method: 'DELETE',
    path: '/sources/:id',
    summary: 'Delete a source; its events stay in the lake',
    role: 'admin',
    params: IdParams,
    response: 'none',
    audit: 'source.delete',
  },
  listKeptRecords: {
    method: 'GET',
    path: '/sources/:id/kept',
    summary: 'List records that were rejected or quarantined, newest first',
    role: 'read-only',
    params: IdParams,
    query: z.object({ ...PageQuery, kind: z.enum(['quarantined', 'rejected']).optional() }),
    response: page(KeptRecordSchema),
  },
  reprocessSource: {
    method: 'POST',
    path: '/sources/:id/reprocess',
    summary: 'Process quarantined records again, after a schema or the log types have been fixed',
    role: 'analyst',
    params: IdParams,
    body: z.object({ objectKeys: z.array(z.string().max(1_024)).max(1_000).optional() }),
    response: z.object({ objects: z.int(), records: z.int() }),
    status: 202,
    audit: 'source.reprocess',
  },
  ingest: {
    method: 'POST',
    path: '/ingest/:source',
    summary: 'Send logs to an HTTP source (by id or name), with the source’s own bearer token or HMAC signature',
    role: 'public',
    params: z.object({ source: z.string().min(1).max(200) }),
    body: 'stream',
    response: 'stream',
  },
  listLogTypes: {
    method: 'GET',
    path: '/log-types',
    summary: 'List log types',
    role: 'read-only',
    response: list(LogTypeSchema),
  },
  getLogType: {
    method: 'GET',
    path: '/log-types/:name',
    summary: 'Get a log type with its schema and columns',
    role: 'read-only',
    params: z.object({ name: z.string().min(1).max(200) }),
    response: LogTypeDetailSchema,
  },
});
