/** The first page. */
import { z } from 'zod';
import { AlertSummarySchema } from './alerts.ts';
import { CountsSchema, SeriesSchema, SeveritySchema, Time, TimeInput } from './common.ts';
import { QueueSchema } from './queues.ts';
import { defineRoutes } from './route.ts';

export const OverviewSchema = z
  .object({
    generatedAt: Time,
    from: Time,
    to: Time,
    periodMs: z.int(),
    records: z.object({ total: CountsSchema, last24Hours: CountsSchema }),
    /** Events in the lake, most first. */
    eventsByLogType: z.array(z.object({ logType: z.string(), events: z.int(), bytes: z.int() })),
    openAlerts: z.record(SeveritySchema, z.int()),
    sources: z.object({
      total: z.int(),
      healthy: z.int(),
      unhealthy: z.int(),
      unknown: z.int(),
      disabled: z.int(),
    }),
    detections: z.object({ total: z.int(), enabled: z.int() }),
    destinations: z.object({ total: z.int(), enabled: z.int() }),
    queues: z.array(QueueSchema),
    /** One series per log type: events per period. */
    events: z.array(SeriesSchema),
    /** One series per severity: alerts per period. */
    alerts: z.array(SeriesSchema),
    /** Open and triaged, newest first, at most 10. */
    recentAlerts: z.array(AlertSummarySchema),
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof OverviewSchema>;

export const overviewRoutes = defineRoutes({
  getOverview: {
    method: 'GET',
    path: '/overview',
    summary: 'Get live counts and charts',
    role: 'read-only',
    /** The last 24 hours unless given; at most 31 days. The period is 5 minutes, or longer so that a chart has at most 400 points. */
    query: z.object({ from: TimeInput.optional(), to: TimeInput.optional() }),
    response: OverviewSchema,
  },
});
