/** Exceptions of detections: which of their matches are no alerts, why, who says so and for how long. */
import { z } from 'zod';
import { IdParams, list, Time, TimeInput } from './common.ts';
import { defineRoutes } from './route.ts';

const DetectionId = z.string().min(1).max(300);

/** Match expressions as in `Detection` of a YAML rule: `{KeyPath: "userIdentity.arn", Condition: "Equals", Value: "…"}`. */
const Conditions = z.array(z.record(z.string(), z.unknown())).min(1).max(50);

const Reason = z.string().trim().min(1).max(2_000);

export const ExceptionSchema = z
  .object({
    id: z.string(),
    detectionId: z.string(),
    detectionName: z.string(),
    /** All of them must hold. */
    conditions: z.array(z.record(z.string(), z.unknown())),
    reason: z.string(),
    owner: z.string(),
    /** It hides nothing from then on. */
    expiresAt: Time.nullable(),
    /** `file`: it is kept with the detections (`AnalysisType: exception`) and is changed there. */
    origin: z.enum(['user', 'file']),
    state: z.enum(['live', 'expired', 'disabled']),
    /** Why it was made although it hides known true positives; empty when it hides none. */
    forceReason: z.string(),
    createdAt: Time,
    createdBy: z.string(),
    updatedAt: Time,
    /** Matches that it has hidden so far. */
    hiddenCount: z.int(),
    lastHiddenAt: Time.nullable(),
    /** The last ones that it hid, newest first, at most 50. */
    recent: z.array(z.object({ rowId: z.string(), logType: z.string(), eventTime: z.string(), at: Time })),
    /** Live, and it has hidden nothing for 30 days. */
    isStale: z.boolean(),
  })
  .meta({ id: 'Exception' });
export type Exception = z.infer<typeof ExceptionSchema>;

export const ExceptionCheckSchema = z
  .object({
    /** What is wrong with the conditions; nothing else is checked then. */
    issues: z.array(z.object({ field: z.string(), message: z.string() })),
    /** Known true positives that it would have hidden: unit tests that expect a match, and resolved alerts. */
    hides: z.array(
      z.object({
        kind: z.enum(['test', 'alert']),
        /** Name of the test, or id of the alert. */
        id: z.string(),
        title: z.string(),
        /** Of the events that were looked at. */
        events: z.int(),
      }),
    ),
    checked: z.object({ tests: z.int(), alerts: z.int(), events: z.int() }),
  })
  .meta({ id: 'ExceptionCheck' });
export type ExceptionCheck = z.infer<typeof ExceptionCheckSchema>;

export const ExceptionSuggestionSchema = z
  .object({
    /** Path of the field, e.g. `userIdentity.arn`. */
    field: z.string(),
    value: z.union([z.string(), z.number(), z.boolean()]),
    conditions: z.array(z.record(z.string(), z.unknown())),
    /** Share of the events of the detection's other alerts that have the value, from 0 to 1; null: there are none. */
    elsewhere: z.number().nullable(),
    /** Unit tests that expect a match and that it would hide. */
    hiddenTests: z.array(z.string()),
  })
  .meta({ id: 'ExceptionSuggestion' });
export type ExceptionSuggestion = z.infer<typeof ExceptionSuggestionSchema>;

const Force = {
  /** Make it although it hides known true positives. */
  force: z.boolean().optional(),
  /** Why; needed with `force`. */
  forceReason: Reason.optional(),
};

export const exceptionRoutes = defineRoutes({
  listExceptions: {
    method: 'GET',
    path: '/exceptions',
    summary: 'List exceptions of detections, newest first',
    role: 'read-only',
    query: z.object({
      detectionId: DetectionId.optional(),
      state: z.array(z.enum(['live', 'expired', 'disabled'])).optional(),
      /** True: only those that have hidden nothing for 30 days. */
      stale: z.boolean().optional(),
    }),
    response: list(ExceptionSchema),
  },
  getException: {
    method: 'GET',
    path: '/exceptions/:id',
    summary: 'Get an exception',
    role: 'read-only',
    params: IdParams,
    response: ExceptionSchema,
  },
  createException: {
    method: 'POST',
    path: '/exceptions',
    summary: 'Make an exception of a detection; refused when it would have hidden a known true positive',
    role: 'analyst',
    body: z.object({
      detectionId: DetectionId,
      conditions: Conditions,
      reason: Reason,
      /** The caller's name unless given. */
      owner: z.string().trim().min(1).max(200).optional(),
      expiresAt: TimeInput.nullable().optional(),
      ...Force,
    }),
    response: ExceptionSchema,
    status: 201,
    limits: { perMinute: 60 },
    audit: 'exception.create',
  },
  updateException: {
    method: 'PATCH',
    path: '/exceptions/:id',
    summary: 'Change an exception, disable or enable it',
    role: 'analyst',
    params: IdParams,
    body: z.object({
      conditions: Conditions.optional(),
      reason: Reason.optional(),
      owner: z.string().trim().min(1).max(200).optional(),
      expiresAt: TimeInput.nullable().optional(),
      enabled: z.boolean().optional(),
      ...Force,
    }),
    response: ExceptionSchema,
    limits: { perMinute: 60 },
    audit: 'exception.update',
  },
  deleteException: {
    method: 'DELETE',
    path: '/exceptions/:id',
    summary: 'Delete an exception',
    role: 'analyst',
    params: IdParams,
    response: 'none',
    audit: 'exception.delete',
  },
  checkException: {
    method: 'POST',
    path: '/exceptions/check',
    summary: 'Check conditions of an exception against known true positives, without making it',
    role: 'analyst',
    body: z.object({ detectionId: DetectionId, conditions: Conditions }),
    response: ExceptionCheckSchema,
    limits: { perMinute: 60 },
    audit: 'exception.check',
  },
  suggestExceptions: {
    method: 'POST',
    path: '/exceptions/suggest',
    summary: 'Suggest conditions that fit the events of an alert and few others of its detection',
    role: 'analyst',
    body: z.object({ alertId: z.string().min(1).max(100) }),
    response: z.object({
      detectionId: z.string(),
      /** Events of the alert that were looked at. */
      events: z.int(),
      otherEvents: z.int(),
      suggestions: z.array(ExceptionSuggestionSchema),
    }),
    limits: { perMinute: 30 },
    audit: 'exception.suggest',
  },
});
