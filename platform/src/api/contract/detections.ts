/** Detections, their tests and what they see. */
import { z } from 'zod';
import { AlertSummarySchema } from './alerts.ts';
import { IdParams, PageQuery, page, SeveritySchema, Time } from './common.ts';
import { defineRoutes } from './route.ts';

const StatCounts = z.object({
  /** Events of the detection's log types. */
  events: z.int(),
  /** Events the detection was run on. */
  candidates: z.int(),
  matches: z.int(),
  errors: z.int(),
  /** Time spent in its code. */
  micros: z.int(),
});

export const DetectionSummarySchema = z
  .object({
    id: z.string(),
    /** The format's `AnalysisType`: `rule`, `global`, `datamodel`, … */
    type: z.string(),
    language: z.enum(['python', 'typescript', 'sigma', 'yaml']),
    displayName: z.string(),
    /** Null for what raises no alerts (a global, a data model). */
    severity: SeveritySchema.nullable(),
    logTypes: z.array(z.string()),
    tags: z.array(z.string()),
    /** Framework to ids, e.g. `MITRE ATT&CK` → `TA0001:T1078`. */
    reports: z.record(z.string(), z.array(z.string())),
    enabled: z.boolean(),
    /** Why Panther has disabled it: it kept failing. Enable it to try again. */
    fault: z.object({ reason: z.string(), at: Time }).nullable().optional(),
    version: z.string(),
    /** `pack:<name>`, `folder:<path>` or `user:<id>`. */
    origin: z.string(),
    /** Fields of the pack's specification that are overridden here. */
    overridden: z.array(z.string()),
    updatedAt: Time,
    testCount: z.int(),
    last7Days: StatCounts,
  })
  .meta({ id: 'DetectionSummary' });
export type DetectionSummary = z.infer<typeof DetectionSummarySchema>;

export const DetectionTestSchema = z
  .object({
    name: z.string(),
    expectedResult: z.boolean(),
    /** The event. */
    log: z.unknown(),
  })
  .meta({ id: 'DetectionTest' });
export type DetectionTest = z.infer<typeof DetectionTestSchema>;

export const DetectionDetailSchema = DetectionSummarySchema.extend({
  description: z.string(),
  reference: z.string(),
  runbook: z.string(),
  dedupPeriodMinutes: z.int(),
  threshold: z.int(),
  createAlert: z.boolean(),
  outputIds: z.array(z.string()),
  /** The normalised specification. */
  spec: z.record(z.string(), z.unknown()),
  body: z.string(),
  tests: z.array(DetectionTestSchema),
  /** What an event must have for the code to be run on it, in words; null: it is run on every event of its log types. */
  condition: z.string().nullable(),
  /** Of a query: its SQL as the lake would run it now, or why it cannot; null: it is no query. */
  query: z.object({ sql: z.string().nullable(), error: z.string() }).nullable(),
  /** Oldest first, at most 30 days; days without events are left out. */
  stats: z.array(StatCounts.extend({ day: z.string() })),
  /** Newest first, at most 10. */
  recentAlerts: z.array(AlertSummarySchema),
}).meta({ id: 'DetectionDetail' });
export type DetectionDetail = z.infer<typeof DetectionDetailSchema>;

export const TestRunSchema = z
  .object({
    passed: z.int(),
    failed: z.int(),
    results: z.array(
      z.object({
        name: z.string(),
        passed: z.boolean(),
        expectedResult: z.boolean(),
        /** Null when the detection failed. */
        actualResult: z.boolean().nullable(),
        error: z.string().nullable(),
        /** What the alert functions returned (`title`, `dedup`, `severity`, …) when the detection matched. */
        outputs: z.record(z.string(), z.unknown()),
        /** What it printed, at most some 10,000 characters; empty for nothing. */
        output: z.string(),
        durationMs: z.number(),
      }),
    ),
  })
  .meta({ id: 'TestRun' });
export type TestRun = z.infer<typeof TestRunSchema>;

export const ListDetectionsQuery = z.object({
  ...PageQuery,
  type: z.array(z.string().max(50)).optional(),
  language: z.array(z.enum(['python', 'typescript', 'sigma', 'yaml'])).optional(),
  severity: z.array(SeveritySchema).optional(),
  logType: z.array(z.string().max(200)).optional(),
  tag: z.array(z.string().max(200)).optional(),
  enabled: z.boolean().optional(),
  /** True: only those that Panther has disabled because they kept failing. */
  faulty: z.boolean().optional(),
  /** In an id of its reports, e.g. `T1078`, ignoring case. */
  report: z.string().max(300).optional(),
  /** In id, name or description, ignoring case. */
  text: z.string().max(300).optional(),
  /** `displayName` unless given. */
  sort: z.enum(['displayName', 'id', 'severity', 'updatedAt', 'matches']).optional(),
  direction: z.enum(['ascending', 'descending']).optional(),
});
export type ListDetectionsQuery = z.input<typeof ListDetectionsQuery>;

export const DetectionPageSchema = page(DetectionSummarySchema).extend({ total: z.int() });
export type DetectionPage = z.infer<typeof DetectionPageSchema>;

export const detectionRoutes = defineRoutes({
  listDetections: {
    method: 'GET',
    path: '/detections',
    summary: 'List detections',
    role: 'read-only',
    query: ListDetectionsQuery,
    response: DetectionPageSchema,
  },
  getDetection: {
    method: 'GET',
    path: '/detections/:id',
    summary: 'Get a detection with code, tests, statistics and recent alerts',
    role: 'read-only',
    params: IdParams,
    response: DetectionDetailSchema,
  },
  updateDetection: {
    method: 'PATCH',
    path: '/detections/:id',
    summary: 'Enable or disable a detection',
    role: 'analyst',
    params: IdParams,
    body: z.object({ enabled: z.boolean() }),
    response: DetectionSummarySchema,
    audit: 'detection.update',
  },
  testDetection: {
    method: 'POST',
    path: '/detections/:id/test',
    summary: 'Run the tests of a detection',
    role: 'analyst',
    params: IdParams,
    body: z.object({
      /** All tests unless given. */
      names: z.array(z.string().max(300)).max(200).optional(),
    }),
    response: TestRunSchema,
    limits: { perMinute: 60 },
    audit: 'detection.test',
  },
});
