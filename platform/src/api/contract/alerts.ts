/** Alerts and what happens to them. */
import { z } from 'zod';
import {
  AlertStatusSchema,
  AlertTypeSchema,
  IdParams,
  PageQuery,
  page,
  SeveritySchema,
  Time,
  TimeInput,
} from './common.ts';
import { defineRoutes } from './route.ts';

const Person = z.object({ id: z.string(), name: z.string() });

export const AlertSummarySchema = z
  .object({
    id: z.string(),
    type: AlertTypeSchema,
    ruleId: z.string(),
    ruleName: z.string(),
    title: z.string(),
    severity: SeveritySchema,
    status: AlertStatusSchema,
    dedup: z.string(),
    createdAt: Time,
    updatedAt: Time,
    firstEventAt: Time,
    lastEventAt: Time,
    eventCount: z.int(),
    logTypes: z.array(z.string()),
    assignee: Person.nullable(),
    /** Number of destinations by state of delivery. */
    deliveries: z.object({ pending: z.int(), delivered: z.int(), failed: z.int() }),
  })
  .meta({ id: 'AlertSummary' });
export type AlertSummary = z.infer<typeof AlertSummarySchema>;

export const DeliverySchema = z
  .object({
    destinationId: z.string(),
    /** The id, when the destination has been deleted. */
    destinationName: z.string(),
    status: z.enum(['pending', 'delivered', 'failed']),
    lastAttemptAt: Time.nullable(),
    deliveredAt: Time.nullable(),
    /** Newest first. */
    attempts: z.array(
      z.object({
        at: Time,
        success: z.boolean(),
        /** HTTP status; 0 when there was no answer. */
        statusCode: z.int(),
        message: z.string(),
        durationMs: z.number(),
      }),
    ),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof DeliverySchema>;

export const CommentSchema = z
  .object({ id: z.string(), author: Person, body: z.string(), createdAt: Time })
  .meta({ id: 'Comment' });
export type Comment = z.infer<typeof CommentSchema>;

export const AlertDetailSchema = AlertSummarySchema.extend({
  ruleVersion: z.string(),
  description: z.string(),
  reference: z.string(),
  runbook: z.string(),
  tags: z.array(z.string()),
  context: z.record(z.string(), z.unknown()),
  statusBy: Person.nullable(),
  statusAt: Time.nullable(),
  deliveryDetails: z.array(DeliverySchema),
  /** Oldest first. */
  comments: z.array(CommentSchema),
}).meta({ id: 'AlertDetail' });
export type AlertDetail = z.infer<typeof AlertDetailSchema>;

export const AlertFilter = z.object({
  severity: z.array(SeveritySchema).optional(),
  status: z.array(AlertStatusSchema).optional(),
  type: z.array(AlertTypeSchema).optional(),
  ruleId: z.string().max(300).optional(),
  logType: z.array(z.string().max(200)).optional(),
  /** In title, rule name or rule id, ignoring case. */
  text: z.string().max(300).optional(),
  createdAfter: TimeInput.optional(),
  createdBefore: TimeInput.optional(),
  eventCountMin: z.int().min(0).optional(),
  eventCountMax: z.int().min(0).optional(),
  /** A user id, `me` or `none`. */
  assignee: z.string().max(100).optional(),
});

export const ListAlertsQuery = AlertFilter.extend({
  ...PageQuery,
  /** `createdAt` unless given. */
  sort: z.enum(['createdAt', 'updatedAt', 'severity', 'eventCount']).optional(),
  /** `descending` unless given. */
  direction: z.enum(['ascending', 'descending']).optional(),
});
export type ListAlertsQuery = z.input<typeof ListAlertsQuery>;

export const AlertPageSchema = page(AlertSummarySchema).extend({
  /** Number of alerts that the filter matches. */
  total: z.int(),
});
export type AlertPage = z.infer<typeof AlertPageSchema>;

export const EventPageSchema = page(z.record(z.string(), z.unknown()));
export type EventPage = z.infer<typeof EventPageSchema>;

export const alertRoutes = defineRoutes({
  listAlerts: {
    method: 'GET',
    path: '/alerts',
    summary: 'List alerts',
    role: 'read-only',
    query: ListAlertsQuery,
    response: AlertPageSchema,
  },
  getAlert: {
    method: 'GET',
    path: '/alerts/:id',
    summary: 'Get an alert with deliveries and comments',
    role: 'read-only',
    params: IdParams,
    response: AlertDetailSchema,
  },
  listAlertEvents: {
    method: 'GET',
    path: '/alerts/:id/events',
    summary: 'List the events of an alert, newest first',
    role: 'read-only',
    params: IdParams,
    query: z.object(PageQuery),
    response: EventPageSchema,
  },
  updateAlert: {
    method: 'PATCH',
    path: '/alerts/:id',
    summary: 'Set status or assignee of an alert',
    role: 'analyst',
    params: IdParams,
    body: z.object({
      status: AlertStatusSchema.optional(),
      /** A user id; null for nobody. */
      assignee: z.string().max(100).nullable().optional(),
    }),
    response: AlertSummarySchema,
    audit: 'alert.update',
  },
  updateAlerts: {
    method: 'POST',
    path: '/alerts/bulk',
    summary: 'Set status or assignee of several alerts',
    role: 'analyst',
    body: z.object({
      ids: z.array(z.string().min(1).max(100)).min(1).max(1_000),
      status: AlertStatusSchema.optional(),
      assignee: z.string().max(100).nullable().optional(),
    }),
    /** `missing`: ids that are no alerts. */
    response: z.object({ updated: z.int(), missing: z.array(z.string()) }),
    limits: { bodyBytes: 256 * 1024 },
    audit: 'alert.update',
  },
  commentAlert: {
    method: 'POST',
    path: '/alerts/:id/comments',
    summary: 'Comment on an alert',
    role: 'analyst',
    params: IdParams,
    body: z.object({ body: z.string().trim().min(1).max(10_000) }),
    response: CommentSchema,
    status: 201,
    audit: 'alert.comment',
  },
  resendAlert: {
    method: 'POST',
    path: '/alerts/:id/resend',
    summary: 'Send an alert to destinations (again)',
    role: 'analyst',
    params: IdParams,
    body: z.object({ destinationIds: z.array(z.string().min(1).max(100)).min(1).max(50) }),
    response: z.object({ queued: z.int() }),
    status: 202,
    audit: 'alert.resend',
  },
});
