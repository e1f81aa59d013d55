/** Health, metrics, audit log, settings. */
import { z } from 'zod';
import { list, Name, PageQuery, page, Time, TimeInput } from './common.ts';
import { QueueSchema } from './queues.ts';
import { defineRoutes } from './route.ts';

export const SystemSchema = z
  .object({
    version: z.string(),
    startedAt: Time,
    uptimeMs: z.number(),
    memoryBytes: z.int(),
    components: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['ok', 'degraded', 'failed', 'stopped']),
        message: z.string(),
      }),
    ),
    queues: z.array(QueueSchema),
    storage: z.array(z.object({ name: z.string(), bytes: z.int(), objects: z.int().nullable() })),
    /** Free space where Panther stores; null when unknown. */
    freeBytes: z.int().nullable(),
  })
  .meta({ id: 'System' });
export type System = z.infer<typeof SystemSchema>;

const STATISTICS = ['sum', 'count', 'avg', 'min', 'max', 'last', 'p50', 'p90', 'p95', 'p99'] as const;

export const MetricSeriesSchema = z
  .object({
    dimensions: z.record(z.string(), z.string()),
    points: z.array(z.object({ at: Time, value: z.number() })),
  })
  .meta({ id: 'MetricSeries' });
export type MetricSeries = z.infer<typeof MetricSeriesSchema>;

export const AuditEntrySchema = z
  .object({
    id: z.int(),
    at: Time,
    /** User id, `token:<id>`, `anonymous` or `system`. */
    actor: z.string(),
    actorName: z.string(),
    /** Verb and noun, e.g. `source.create`. */
    action: z.string(),
    target: z.string(),
    ip: z.string(),
    /** HTTP status of the answer. */
    status: z.int(),
    /** What was asked for, secrets redacted. */
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntrySchema>;

export const SettingsSchema = z
  .object({
    organizationName: z.string(),
    /** Address under which users reach the console, for links in alerts; empty: the address it listens on. */
    consoleUrl: z.string(),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof SettingsSchema>;

export const systemRoutes = defineRoutes({
  getHealth: {
    method: 'GET',
    path: '/health',
    summary: 'Tell whether Panther is up: 200, else 503',
    role: 'public',
    response: z.object({ status: z.enum(['ok', 'starting', 'failing']) }),
  },
  getSystem: {
    method: 'GET',
    path: '/system',
    summary: 'Get components, queues, storage, version',
    role: 'read-only',
    response: SystemSchema,
  },
  listMetrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'List metrics with data since a time (24 hours ago unless given)',
    role: 'read-only',
    query: z.object({ from: TimeInput.optional() }),
    response: list(z.object({ name: z.string(), unit: z.string(), dimensions: z.record(z.string(), z.string()) })),
  },
  queryMetrics: {
    method: 'GET',
    path: '/metrics/query',
    summary: 'Get time series of a metric',
    role: 'read-only',
    query: z.object({
      name: z.string().min(1).max(200),
      statistic: z.enum(STATISTICS),
      from: TimeInput,
      to: TimeInput,
      periodMs: z
        .int()
        .min(1_000)
        .max(31 * 86_400_000),
      /** `name=value`, repeated. */
      dimension: z
        .array(
          z
            .string()
            .regex(/^[^=]+=.*$/s, 'must be name=value')
            .max(500),
        )
        .optional(),
      groupBy: z.array(z.string().max(100)).optional(),
    }),
    response: list(MetricSeriesSchema),
  },
  listAudit: {
    method: 'GET',
    path: '/audit',
    summary: 'List the audit log, newest first',
    role: 'admin',
    query: z.object({
      ...PageQuery,
      actor: z.string().max(100).optional(),
      /** An action, or its beginning: `source.` */
      action: z.string().max(100).optional(),
      target: z.string().max(300).optional(),
      from: TimeInput.optional(),
      to: TimeInput.optional(),
    }),
    response: page(AuditEntrySchema),
  },
  getSettings: {
    method: 'GET',
    path: '/settings',
    summary: 'Get the settings',
    role: 'read-only',
    response: SettingsSchema,
  },
  updateSettings: {
    method: 'PATCH',
    path: '/settings',
    summary: 'Change the settings',
    role: 'admin',
    body: z.object({
      organizationName: Name.optional(),
      consoleUrl: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(500)]).optional(),
    }),
    response: SettingsSchema,
    audit: 'settings.update',
  },
});
