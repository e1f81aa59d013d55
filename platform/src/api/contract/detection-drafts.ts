/** Detections that are not saved: what is wrong with them, when they would run, and their tests. */
import { z } from 'zod';
import { list, SeveritySchema } from './common.ts';
import { TestRunSchema } from './detections.ts';
import { defineRoutes } from './route.ts';

const MAX_TEXT = 500_000;
const MAX_EVENT = 1_000_000;
const BODY_BYTES = 2 << 20;

export const DetectionDraftSchema = z
  .object({
    /** The specification in YAML, or a Sigma rule. */
    yaml: z.string().max(MAX_TEXT),
    /** The code; empty for what has none. */
    body: z.string().max(MAX_TEXT),
  })
  .meta({ id: 'DetectionDraft' });
export type DetectionDraft = z.infer<typeof DetectionDraftSchema>;

export const DraftMessageSchema = z
  .object({
    severity: z.enum(['error', 'warning']),
    file: z.enum(['yaml', 'body']),
    /** From 1. */
    line: z.int(),
    message: z.string(),
  })
  .meta({ id: 'DraftMessage' });
export type DraftMessage = z.infer<typeof DraftMessageSchema>;

export const DraftCheckSchema = z
  .object({
    /** Null while there is no valid specification. */
    id: z.string().nullable(),
    logTypes: z.array(z.string()),
    testNames: z.array(z.string()),
    /** What an event must have for the code to be run on it, in words; null: it is run on every event of its log types. */
    condition: z.string().nullable(),
    messages: z.array(DraftMessageSchema),
  })
  .meta({ id: 'DraftCheck' });
export type DraftCheck = z.infer<typeof DraftCheckSchema>;

const FailureSchema = z.object({
  message: z.string(),
  /** From 1, in the code of the draft; null: it is not there, or not known. */
  line: z.int().nullable(),
});

export const DraftRunSchema = z
  .object({
    /** Whether the detection says that the event matches; null: it failed. */
    matched: z.boolean().nullable(),
    error: FailureSchema.nullable(),
    /** The match, as live events make it; null when there is none. */
    match: z
      .object({
        title: z.string(),
        dedup: z.string(),
        severity: SeveritySchema,
        description: z.string(),
        reference: z.string(),
        runbook: z.string(),
        /** What `destinations()` or `OutputIds` name; null: severity decides. */
        destinations: z.array(z.string()).nullable(),
        /** Names of the destinations that an alert would go to, as they are now. */
        receivers: z.array(z.string()),
        alertContext: z.unknown(),
        /** What the threshold counts distinct values of; null: it counts events. */
        unique: z.string().nullable(),
      })
      .nullable(),
    /** Alert functions that failed, by their names. */
    failures: z.record(z.string(), FailureSchema),
    /** What would keep the match from becoming an alert, or the event from being looked at. */
    notes: z.array(z.string()),
    /** What it printed, at most some 10,000 characters; empty for nothing. */
    output: z.string(),
    durationMs: z.number(),
  })
  .meta({ id: 'DraftRun' });
export type DraftRun = z.infer<typeof DraftRunSchema>;

export const detectionDraftRoutes = defineRoutes({
  checkDraft: {
    method: 'POST',
    path: '/detection-drafts/check',
    summary: 'Check a detection that is not saved, as `panther validate` does',
    role: 'analyst',
    body: DetectionDraftSchema,
    response: DraftCheckSchema,
    limits: { perMinute: 240, bodyBytes: BODY_BYTES },
  },
  testDraft: {
    method: 'POST',
    path: '/detection-drafts/test',
    summary: 'Run the tests of a detection that is not saved',
    role: 'analyst',
    body: DetectionDraftSchema.extend({
      /** All tests unless given. */
      names: z.array(z.string().max(300)).max(200).optional(),
    }),
    response: TestRunSchema,
    limits: { perMinute: 60, bodyBytes: BODY_BYTES },
    audit: 'detection-draft.test',
  },
  runDraftOnEvent: {
    method: 'POST',
    path: '/detection-drafts/run-on-event',
    summary: 'Run a detection that is not saved on one event',
    role: 'analyst',
    body: DetectionDraftSchema.extend({
      /** An event as the lake has it; as a text of JSON, long numbers keep their digits. */
      event: z.union([z.record(z.string(), z.unknown()), z.string().max(MAX_EVENT)]),
    }),
    response: DraftRunSchema,
    limits: { perMinute: 60, bodyBytes: BODY_BYTES },
    audit: 'detection-draft.run',
  },
  listDraftEvents: {
    method: 'GET',
    path: '/detection-drafts/events',
    summary: 'List some of the newest events of a log type, to run a detection on',
    role: 'analyst',
    query: z.object({ logType: z.string().max(200), limit: z.int().min(1).max(50).optional() }),
    response: list(z.record(z.string(), z.unknown())),
    limits: { perMinute: 60 },
  },
});
