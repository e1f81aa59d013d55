/** SQL over the lake. */
import { z } from 'zod';
import { ColumnInfoSchema } from './common.ts';
import { defineRoutes } from './route.ts';

const Sql = z.string().trim().min(1).max(100_000);

export const QueryResultSchema = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    /** Values in the order of the columns, as JSON; integers beyond 2^53, decimals and times are text. */
    rows: z.array(z.array(z.unknown())),
    /** True: there were more rows than `maxRows`. */
    truncated: z.boolean(),
    stats: z.object({ elapsedMs: z.number(), rowCount: z.int() }),
  })
  .meta({ id: 'QueryResult' });
export type QueryResult = z.infer<typeof QueryResultSchema>;

export const LakeSchemaSchema = z
  .object({
    databases: z.array(
      z.object({
        name: z.string(),
        tables: z.array(
          z.object({ name: z.string(), logType: z.string().nullable(), columns: z.array(ColumnInfoSchema) }),
        ),
      }),
    ),
  })
  .meta({ id: 'LakeSchema' });
export type LakeSchema = z.infer<typeof LakeSchemaSchema>;

export const searchRoutes = defineRoutes({
  query: {
    method: 'POST',
    path: '/query',
    summary: 'Run one SELECT over the lake',
    role: 'read-only',
    body: z.object({
      sql: Sql,
      /** 1,000 unless given. */
      maxRows: z.int().min(1).max(10_000).optional(),
    }),
    response: QueryResultSchema,
    limits: { bodyBytes: 256 * 1024, perMinute: 120 },
    audit: 'query.run',
  },
  getLakeSchema: {
    method: 'GET',
    path: '/query/schema',
    summary: 'List databases, tables and columns',
    role: 'read-only',
    response: LakeSchemaSchema,
  },
  exportQuery: {
    method: 'POST',
    path: '/query/export',
    summary: 'Run one SELECT over the lake and download every row',
    role: 'read-only',
    query: z.object({ format: z.enum(['csv', 'json', 'parquet']) }),
    body: z.object({ sql: Sql }),
    response: 'stream',
    limits: { bodyBytes: 256 * 1024, perMinute: 30 },
    audit: 'query.export',
  },
});
