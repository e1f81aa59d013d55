/** Scheduled queries and correlation rules: when they run, and what came of it. */
import { z } from 'zod';
import { IdParams, list, PageQuery, page, Time } from './common.ts';
import { defineRoutes } from './route.ts';

export const ScheduledRunSchema = z
  .object({
    id: z.string(),
    cause: z.enum(['schedule', 'user']),
    /** What the run is for; it may have begun later. */
    scheduledAt: Time,
    /** `skipped`: missed while Panther was down, and too long ago to be caught up. */
    state: z.enum(['queued', 'running', 'succeeded', 'failed', 'skipped']),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    attempts: z.int(),
    rows: z.int(),
    matches: z.int(),
    /** There were more rows than a run takes. */
    truncated: z.boolean(),
    /** Why it failed, or what is to be known about it; empty otherwise. */
    error: z.string(),
  })
  .meta({ id: 'ScheduledRun' });
export type ScheduledRun = z.infer<typeof ScheduledRunSchema>;

export const ScheduleSchema = z
  .object({
    /** Of the scheduled query or correlation rule. */
    id: z.string(),
    type: z.enum(['scheduled_query', 'correlation_rule']),
    enabled: z.boolean(),
    rateMinutes: z.int().nullable(),
    cron: z.string().nullable(),
    timeoutMinutes: z.int(),
    /** Null while it is switched off, or when its schedule is wrong. */
    nextRunAt: Time.nullable(),
    /** What is wrong with the schedule; empty when nothing is. */
    problem: z.string(),
    lastRun: ScheduledRunSchema.nullable(),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof ScheduleSchema>;

export const scheduleRoutes = defineRoutes({
  listSchedules: {
    method: 'GET',
    path: '/schedules',
    summary: 'List scheduled queries and correlation rules with their last and next runs',
    role: 'read-only',
    response: list(ScheduleSchema),
  },
  listScheduledRuns: {
    method: 'GET',
    path: '/schedules/:id/runs',
    summary: 'List the runs of a scheduled query or correlation rule, newest first',
    role: 'read-only',
    params: IdParams,
    query: z.object(PageQuery),
    response: page(ScheduledRunSchema),
  },
  runNow: {
    method: 'POST',
    path: '/schedules/:id/runs',
    summary: 'Run a scheduled query or correlation rule as soon as possible',
    role: 'analyst',
    params: IdParams,
    response: z.object({ runId: z.string() }),
    status: 202,
    limits: { perMinute: 30 },
    audit: 'schedule.run',
  },
});
